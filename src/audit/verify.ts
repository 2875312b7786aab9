/** Whether the journal is what was signed: every record hashed anew, held against its kept hash and against each checkpoint (RFC 9162). */
import type { KeyObject } from 'node:crypto';
import { makeBreather } from '../core/breathe.js';
import type { Store } from '../store/store.js';
import { isSignedBy, type Checkpoint } from './checkpoint.js';
import type { HashFile } from './hash-file.js';
import { Frontier, leafHash } from './tree.js';

export interface VerifyOptions {
  readonly store: Pick<Store, 'records'>;
  /** Hashes kept beside the store; undefined where there are none, as with a copy: then a fault is known to its checkpoint alone. */
  readonly leaves?: Pick<HashFile, 'count' | 'read'> | undefined;
  readonly checkpoints: readonly Checkpoint[];
  readonly publicKey: KeyObject;
  readonly report?: ((done: number) => void) | undefined;
}

export interface Verified {
  /** Records that were hashed. */
  readonly records: number;
  /** Records that some checkpoint speaks for. */
  readonly signed: number;
  /** Records that were removed in order. */
  readonly expired: number;
  /** Undefined when all is as it was signed. `record`: number of the first bad one. */
  readonly fault?: { readonly record: number; readonly problem: string } | undefined;
}

const page = 2_000;

type Fault = NonNullable<Verified['fault']>;

/** Resolves with what was found; rejects only when the store cannot be read. */
export const verifyJournal = async (options: VerifyOptions): Promise<Verified> => {
  const { checkpoints, publicKey } = options;
  const forged = checkpoints.find((checkpoint) => !isSignedBy(checkpoint, publicKey));
  const trees = checkpoints.filter((checkpoint) => checkpoint.kind === 'tree' && isSignedBy(checkpoint, publicKey)).sort((a, b) => a.size - b.size);
  const expired = Math.max(0, ...checkpoints.filter((one) => one.kind === 'expired' && isSignedBy(one, publicKey)).map(({ size }) => size));
  const walk = new Walk(options, trees, expired);
  const fault = await walk.run();
  const signed = trees.at(-1)?.size ?? 0;
  const told = fault ?? (forged === undefined ? undefined : { record: forged.size, problem: `the checkpoint for ${String(forged.size)} records of ${forged.time} is not signed by this key` });
  return { records: walk.hashed, signed: Math.min(signed, walk.size), expired: walk.expired, fault: told };
};

class Walk {
  hashed = 0;
  expired = 0;
  readonly #options: VerifyOptions;
  readonly #frontier = new Frontier();
  readonly #trees: readonly Checkpoint[];
  readonly #mayBeGone: number;
  #next = 0;
  /** Up to here a checkpoint has agreed. */
  #agreed = 0;
  #differs: number | undefined;

  constructor(options: VerifyOptions, trees: readonly Checkpoint[], mayBeGone: number) {
    this.#options = options;
    this.#trees = trees;
    this.#mayBeGone = mayBeGone;
  }

  get size(): number {
    return this.#frontier.size;
  }

  async run(): Promise<Fault | undefined> {
    const { store, report } = this.#options;
    const breathe = makeBreather();
    for (let more = true; more;) {
      const records = await store.records('audit', this.size, page);
      const fault = (this.size === 0 ? this.#skipExpired(records[0]?.number) : undefined) ?? this.#addAll(records);
      if (fault !== undefined) return fault;
      report?.(this.hashed);
      more = records.length === page;
      await breathe();
    }
    return this.#checkEnd();
  }

  /** Records removed in order are known by their hashes alone. */
  #skipExpired(first: number | undefined): Fault | undefined {
    const { leaves } = this.#options;
    if (first === undefined || first === 1) return undefined;
    if (first - 1 > this.#mayBeGone) return { record: 1, problem: `records 1 to ${String(first - 1)} are missing` };
    if (leaves === undefined || leaves.count < first - 1) return { record: 1, problem: 'the hashes of expired records are missing' };
    for (let from = 0; from < first - 1; from += page) {
      for (const leaf of leaves.read(from, Math.min(page, first - 1 - from))) this.#frontier.add(leaf);
      const fault = this.#checkTrees();
      if (fault !== undefined) return fault;
    }
    this.expired = first - 1;
    return undefined;
  }

  #addAll(records: Awaited<ReturnType<Store['records']>>): Fault | undefined {
    const kept = this.#options.leaves?.read(this.size, records.length) ?? [];
    for (const [at, { number, text }] of records.entries()) {
      if (number !== this.size + 1) return { record: this.size + 1, problem: 'the record is missing' };
      const leaf = leafHash(text);
      if (this.#differs === undefined && kept[at]?.equals(leaf) === false) this.#differs = number;
      this.#frontier.add(leaf);
      this.hashed += 1;
      if (this.size === this.#trees[this.#next]?.size) {
        const fault = this.#checkTrees();
        if (fault !== undefined) return fault;
      }
    }
    return undefined;
  }

  #checkTrees(): Fault | undefined {
    for (let tree = this.#trees[this.#next]; tree !== undefined && tree.size <= this.size; tree = this.#trees[this.#next]) {
      // One within expired records is passed in steps of a page, and is spoken for by the next one.
      if (tree.size === this.size && this.#frontier.root().toString('base64') !== tree.root) return this.#disagreement(tree);
      if (tree.size === this.size) this.#agreed = tree.size;
      this.#next += 1;
    }
    return undefined;
  }

  #disagreement({ size, time }: Checkpoint): Fault {
    const signed = `the checkpoint of ${time} over ${String(size)} records says otherwise`;
    if (this.#differs !== undefined && this.#differs > this.#agreed) return { record: this.#differs, problem: `the record is not the one that was hashed, and ${signed}` };
    return { record: this.#agreed + 1, problem: `a record from here to ${String(size)} was changed: ${signed}` };
  }

  #checkEnd(): Fault | undefined {
    const { leaves } = this.#options;
    const missing = this.#trees[this.#next];
    if (missing !== undefined) return { record: this.size + 1, problem: `records are missing: the checkpoint of ${missing.time} speaks of ${String(missing.size)}, and nothing of what stands behind record ${String(this.#agreed)} is vouched for` };
    if (this.#differs !== undefined) return { record: this.#differs, problem: 'the record is not the one that was hashed' };
    if (leaves !== undefined && leaves.count > this.size) return { record: this.size + 1, problem: `records are missing: ${String(leaves.count)} were hashed` };
    return undefined;
  }
}
