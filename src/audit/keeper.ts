/**
 * Follows the journal: hashes its records into files beside the store, and signs what they come to every minute or thousand records.
 * The journal itself stays an append without any index, so that audited reads stay fast.
 */
import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { systemCode } from '../core/system-code.js';
import type { Store } from '../store/store.js';
import { readCheckpoints, signCheckpoint, type AuditKey, type Checkpoint } from './checkpoint.js';
import { openHashFile, type HashFile } from './hash-file.js';
import { Frontier, leafHash, makeRangeHash, type RangeHash } from './tree.js';

/** Records whose root is kept: proofs look at these instead of at every record. */
export const tileSize = 1_024;
/** Records between two checkpoints, and milliseconds, whichever comes first. */
const checkpointRecords = 1_000;
const checkpointMs = 60_000;

export interface KeeperOptions {
  /** Where the hashes are kept. */
  readonly folder: string;
  /** The second place of checkpoints: a file that is only appended to. */
  readonly checkpointFile: string;
  readonly key: AuditKey;
  readonly store: Pick<Store, 'records'>;
  readonly clock: Clock;
  readonly origin: () => string;
  /** Told of each checkpoint, for the log, and of hashes that had to be made anew. */
  readonly tell: (news: Checkpoint | 'restarted') => void;
}

export interface Keeper {
  /** Hashes what is new and signs when it is due; `force`: signs whatever is not signed yet. */
  follow(force?: boolean): Promise<void>;
  /** The last checkpoint; undefined when nothing was recorded yet. */
  last(): Checkpoint | undefined;
  readonly range: RangeHash;
  readonly size: number;
  /** The hashes there are now; what is added later does not count. */
  hashes(): Pick<HashFile, 'count' | 'readBytes'>;
  /** Signs that the first `size` records are removed. */
  expired(size: number): void;
  close(): void;
}

/** Names of the files of hashes. */
export const hashFiles = { leaves: 'audit-leaves', tiles: 'audit-tiles' } as const;

/** Returns the checkpoints of a file; none when it is absent. Throws an Error for a line that is none. */
export const loadCheckpoints = (file: string): Checkpoint[] => {
  try {
    return readCheckpoints(readFileSync(file, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/** Returns the keeper of a journal; one at a time may have its files. */
export const openKeeper = (options: KeeperOptions): Keeper => new FileKeeper(options);

const page = 1_000;

class FileKeeper implements Keeper {
  readonly range: RangeHash;
  readonly #options: KeeperOptions;
  #leaves: HashFile;
  #tiles: HashFile;
  #frontier: Frontier;
  #last: Checkpoint | undefined;
  #signedAt: number;
  #following: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#leaves = openHashFile(join(options.folder, hashFiles.leaves));
    this.#tiles = openHashFile(join(options.folder, hashFiles.tiles));
    this.#frontier = this.#frontierOf();
    this.#last = loadCheckpoints(options.checkpointFile).filter(({ kind }) => kind === 'tree').at(-1);
    this.#signedAt = options.clock.now();
    this.range = makeRangeHash((index) => this.#leaf(index), (from, size) => (size === tileSize ? this.#tiles.read(from / tileSize, 1)[0] : undefined));
  }

  get size(): number {
    return this.#frontier.size;
  }

  last(): Checkpoint | undefined {
    return this.#last;
  }

  hashes(): Pick<HashFile, 'count' | 'readBytes'> {
    const leaves = this.#leaves;
    return { count: leaves.count, readBytes: (from, count) => leaves.readBytes(from, count) };
  }

  follow(force = false): Promise<void> {
    const run = (this.#following ?? Promise.resolve()).then(() => this.#catchUp(force));
    const settled = run.catch(() => undefined).finally(() => { if (this.#following === settled) this.#following = undefined; });
    this.#following = settled;
    return run;
  }

  expired(size: number): void {
    this.#write({ kind: 'expired', size, root: this.range(0, size) });
  }

  close(): void {
    this.#leaves.close();
    this.#tiles.close();
  }

  #leaf(index: number): Buffer {
    const [leaf] = this.#leaves.read(index, 1);
    if (leaf === undefined) throw new Error(`there is no hash of record ${String(index + 1)}`);
    return leaf;
  }

  /** Tiles first, then what is behind the last of them; a tile that a crash has kept from being written is made up for. */
  #frontierOf(): Frontier {
    const frontier = new Frontier();
    const whole = Math.floor(this.#leaves.count / tileSize);
    if (this.#tiles.count > whole) this.#tiles.cut(whole);
    for (const tile of this.#tiles.read(0, whole)) frontier.add(tile, tileSize);
    for (let from = frontier.size; from < this.#leaves.count; from += tileSize) this.#addTo(frontier, this.#leaves.read(from, tileSize));
    return frontier;
  }

  #addTo(frontier: Frontier, leaves: readonly Buffer[]): void {
    let tile = new Frontier();
    if (frontier.size % tileSize !== 0) for (const leaf of this.#leaves.read(frontier.size - (frontier.size % tileSize), frontier.size % tileSize)) tile.add(leaf);
    for (const leaf of leaves) {
      frontier.add(leaf);
      tile.add(leaf);
      if (tile.size < tileSize) continue;
      if (this.#tiles.count * tileSize < frontier.size) this.#tiles.append([tile.root()]);
      tile = new Frontier();
    }
  }

  async #catchUp(force: boolean): Promise<void> {
    const { store } = this.#options;
    if (this.size > 0) await this.#checkEnd();
    for (let more = true; more;) {
      const records = await store.records('audit', this.size, page);
      const [first] = records;
      if (first !== undefined && first.number !== this.size + 1) throw new Error(`the journal goes on with record ${String(first.number)}, and the hashes beside it end at ${String(this.size)}`);
      const leaves = records.map(({ text }) => leafHash(text));
      this.#addTo(this.#frontier, leaves);
      this.#leaves.append(leaves);
      more = records.length === page;
      if (this.size - this.#signedSize() >= checkpointRecords) this.#sign();
    }
    const { clock } = this.#options;
    if (this.size > this.#signedSize() && (force || clock.now() - this.#signedAt >= checkpointMs)) this.#sign();
  }

  #signedSize(): number {
    return Math.min(this.#last?.size ?? 0, this.size);
  }

  /** A journal shorter than its hashes was restored or cut: the old hashes are put aside, and the checkpoints go on telling of it. */
  async #checkEnd(): Promise<void> {
    const [end] = await this.#options.store.records('audit', this.size - 1, 1);
    if (end !== undefined) return;
    this.close();
    for (const name of Object.values(hashFiles)) {
      const path = join(this.#options.folder, name);
      rmSync(`${path}.before`, { force: true });
      renameSync(path, `${path}.before`);
    }
    this.#leaves = openHashFile(join(this.#options.folder, hashFiles.leaves));
    this.#tiles = openHashFile(join(this.#options.folder, hashFiles.tiles));
    this.#frontier = new Frontier();
    this.#last = undefined;
    this.#options.tell('restarted');
  }

  #sign(): void {
    this.#last = this.#write({ kind: 'tree', size: this.size, root: this.#frontier.root() });
    this.#signedAt = this.#options.clock.now();
  }

  #write(statement: { readonly kind: Checkpoint['kind']; readonly size: number; readonly root: Buffer }): Checkpoint {
    const { clock, origin, key, checkpointFile, tell } = this.#options;
    this.#leaves.sync();
    const checkpoint = signCheckpoint({ ...statement, origin: origin(), at: clock.now() }, key);
    const file = openSync(checkpointFile, 'a', 0o600);
    try {
      appendFileSync(file, `${JSON.stringify(checkpoint)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    tell(checkpoint);
    return checkpoint;
  }
}
