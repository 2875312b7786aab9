/** Commits that wait for each other's transaction are written together by the next one: one round to the majority serves all of them. */
import { FhirError } from '../core/error.js';
import type { Commit, CommitResult } from '../store/resource.js';
import { awayError, CommitUnknown, toStoreError } from './failure.js';
import type { Stage } from './transaction.js';

interface Waiting {
  readonly commit: Commit;
  readonly alone: boolean;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueue {
  commit(commit: Commit): Promise<CommitResult>;
  /** The database is away: whoever waits is told so, and, where the commit was sent already, that nobody can tell. */
  leave(): void;
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>;
}

/** Also of what one lane may number without keeping the others out. */
const most = { commits: 64, writes: 500 };

export interface QueueOptions {
  /** Makes a group durable. */
  readonly write: (commits: readonly Commit[], stage: Stage) => Promise<readonly CommitResult[]>;
  /** Whether a commit keeps those of other processes out: it is grouped with its like, so that it does so for no others. */
  readonly mustBeAlone: (commit: Commit) => boolean;
}

/** Returns the queue. */
export const makeCommitQueue = ({ write, mustBeAlone }: QueueOptions): CommitQueue => {
  const waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let writing: readonly Waiting[] = [];
  let stage: Stage = { isCommitting: false, isGivenUp: false };
  let absences = 0;
  let closed = false;
  const settle = async (group: readonly Waiting[]): Promise<void> => {
    stage = { isCommitting: false, isGivenUp: false };
    try {
      const results = await write(group.map(({ commit }) => commit), stage);
      for (const [at, result] of results.entries()) group[at]?.resolve(result);
    } catch (error) {
      // One that cannot be written takes no other with it; when the database is away, all learn it.
      if (group.length === 1 || (error instanceof FhirError && error.code === 'store-unavailable')) for (const { reject } of group) reject(error);
      else await oneByOne(group);
    }
  };
  const oneByOne = async (group: readonly Waiting[]): Promise<void> => {
    const before = absences;
    // Who was told that nothing is stored is not written any more.
    for (const one of group) if (absences === before) await settle([one]);
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      writing = nextGroup(waiting);
      await settle(writing);
    }
    writing = [];
    running = undefined;
  };
  return {
    commit: (commit) => new Promise((resolve, reject) => {
      if (closed) {
        reject(new FhirError('shutting-down', 'The server is stopping.', { retryAfter: 1 }));
        return;
      }
      waiting.push({ commit, alone: mustBeAlone(commit), resolve, reject });
      running ??= run();
    }),
    leave: () => {
      absences += 1;
      for (const { reject } of waiting.splice(0)) reject(awayError());
      const { isCommitting } = stage;
      stage.isGivenUp = true;
      for (const { reject } of writing) reject(isCommitting ? toStoreError(new CommitUnknown('the database went away')) : awayError());
    },
    close: async () => {
      closed = true;
      await running;
    },
  };
};

const sizeOf = ({ writes, audit = [], outbox = [] }: Commit): number => Math.max(writes.length, audit.length, outbox.length);

/** Takes out those that go together: nobody can say which of the waiting ones came first. */
const nextGroup = (waiting: Waiting[]): Waiting[] => {
  const group: Waiting[] = [];
  const rest: Waiting[] = [];
  let size = 0;
  for (const one of waiting) {
    const fits = group.length === 0 || (group.length < most.commits && one.alone === group[0]?.alone && size + sizeOf(one.commit) <= most.writes);
    if (fits) size += sizeOf(one.commit);
    (fits ? group : rest).push(one);
  }
  waiting.splice(0, waiting.length, ...rest);
  return group;
};
