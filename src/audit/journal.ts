/** The journal's hashes, checkpoints and proofs in one place: what the server keeps, and what commands and operations ask of it. */
import type { Clock } from '../core/clock.js';
import type { Store } from '../store/store.js';
import { isSignedBy, makeAuditKey, readCheckpoints, type Checkpoint } from './checkpoint.js';
import { loadCheckpoints, openKeeper, type KeeperOptions } from './keeper.js';
import { consistencyProof, inclusionProof } from './tree.js';
import { verifyJournal, type Verified } from './verify.js';

export interface JournalOptions {
  /** Where the hashes are kept. */
  readonly folder: string;
  readonly checkpointFile: string;
  /** From which the signing key is made. */
  readonly secret: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly origin: () => string;
  readonly tell: KeeperOptions['tell'];
}

export interface Journal {
  /** Hashes what is new; `force` signs it in any case. Rejects when the journal does not go on where its hashes end. */
  follow(force?: boolean): Promise<void>;
  /** Records that are hashed. */
  readonly size: number;
  /** The last checkpoint; undefined while nothing is recorded. */
  checkpoint(): Checkpoint | undefined;
  /** Base64 hashes from record `number` to the root over `size` records; undefined where there is no such record among them. */
  inclusion(number: number, size: number): readonly string[] | undefined;
  /** Base64 hashes from the tree of `old` records to that of `size`; undefined where `old` is more. */
  consistency(old: number, size: number): readonly string[] | undefined;
  /** Hashes every record anew. `from`: text of checkpoints kept elsewhere, instead of the server's own. Throws an Error when it cannot be read. */
  verify(from?: string, report?: (done: number) => void): Promise<Verified>;
  /** Records that may be removed by a moment (milliseconds since 1970): those of the last checkpoint that was signed before it; 0 where there is none. */
  expirable(before: number): number;
  /** Signs that the first `size` records are removed in order; to be called before they are. */
  expired(size: number): void;
  /** Public key, PEM. */
  readonly publicKey: string;
  close(): void;
}

/** Opens the journal of a store that this process has open. */
export const openJournal = ({ secret, ...options }: JournalOptions): Journal => {
  const key = makeAuditKey(secret);
  const keeper = openKeeper({ ...options, key });
  const encoded = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));
  return {
    follow: (force) => keeper.follow(force),
    get size() { return keeper.size; },
    checkpoint: () => keeper.last(),
    inclusion: (number, size) => (number < 1 || number > size || size > keeper.size ? undefined : encoded(inclusionProof(keeper.range, number - 1, size))),
    consistency: (old, size) => (old > size || size > keeper.size ? undefined : encoded(consistencyProof(keeper.range, old, size))),
    verify: async (from, report) => {
      // What is recorded meanwhile belongs to the next verification.
      const { count, readBytes } = keeper.hashes();
      return verifyJournal({ store: options.store, leaves: { count, readBytes }, threads: true, checkpoints: from === undefined ? loadCheckpoints(options.checkpointFile) : readCheckpoints(from), publicKey: key.publicKey, report });
    },
    expirable: (before) => loadCheckpoints(options.checkpointFile).filter((one) => one.kind === 'tree' && one.size <= keeper.size && Date.parse(one.time) < before && isSignedBy(one, key.publicKey)).at(-1)?.size ?? 0,
    expired: (size) => { keeper.expired(size); },
    publicKey: key.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    close: () => { keeper.close(); },
  };
};

/** What was recorded last is signed before the store is closed. */
export const closeJournal = async (opened: Promise<Journal> | undefined): Promise<void> => {
  // One that could not be opened has said so to who asked for it.
  const journal = await opened?.catch(() => undefined);
  try {
    await journal?.follow(true);
  } finally {
    journal?.close();
  }
};
