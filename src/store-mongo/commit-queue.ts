/** Commits that wait for each other's transaction are written together by the next one: one round to the majority serves all of them. */
import { FhirError } from '../core/error.js';
import type { Commit, CommitResult } from '../store/resource.js';

interface Waiting {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueue {
  commit(commit: Commit): Promise<CommitResult>;
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>;
}

const most = { commits: 64, writes: 500 };

/** Returns the queue; `write` makes a group durable. */
export const makeCommitQueue = (write: (commits: readonly Commit[]) => Promise<readonly CommitResult[]>): CommitQueue => {
  const waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;
  const settle = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const results = await write(group.map(({ commit }) => commit));
      for (const [at, result] of results.entries()) group[at]?.resolve(result);
    } catch (error) {
      // One that cannot be written takes no other with it; when the database is away, all learn it.
      if (group.length === 1 || (error instanceof FhirError && error.code === 'store-unavailable')) for (const { reject } of group) reject(error);
      else for (const one of group) await settle([one]);
    }
  };
  const run = async (): Promise<void> => {
    for (let group = nextGroup(waiting); group.length > 0; group = nextGroup(waiting)) await settle(group);
    running = undefined;
  };
  return {
    commit: (commit) => new Promise((resolve, reject) => {
      if (closed) {
        reject(new FhirError('shutting-down', 'The server is stopping.', { retryAfter: 1 }));
        return;
      }
      waiting.push({ commit, resolve, reject });
      running ??= run();
    }),
    close: async () => {
      closed = true;
      await running;
    },
  };
};

const nextGroup = (waiting: Waiting[]): Waiting[] => {
  let writes = 0;
  let end = 0;
  for (const { commit } of waiting) {
    writes += commit.writes.length;
    if (end > 0 && (writes > most.writes || end >= most.commits)) break;
    end += 1;
  }
  return waiting.splice(0, end);
};
