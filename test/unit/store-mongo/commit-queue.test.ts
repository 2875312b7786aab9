/** What those who wait for a commit are told when the database goes away. */
import { describe, expect, it } from '@jest/globals';
import type { Commit, CommitResult } from '../../../src/store/resource.js';
import { makeCommitQueue } from '../../../src/store-mongo/commit-queue.js';
import type { Stage } from '../../../src/store-mongo/transaction.js';

const commit = (text: string): Commit => ({ writes: [], audit: [{ text }] });

/** A queue whose writing ends when it is told to. */
const openQueue = () => {
  const written: string[][] = [];
  const stages: Stage[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const queue = makeCommitQueue({
    mustBeAlone: () => false,
    write: (commits, stage) => new Promise<CommitResult[]>((resolve, reject) => {
      written.push(commits.flatMap(({ audit = [] }) => audit.map(({ text }) => text)));
      stages.push(stage);
      ends.push((error?: Error) => { if (error === undefined) resolve(commits.map(() => ({ ok: true, updated: 1, seq: 1 }))); else reject(error); });
    }),
  });
  return { queue, written, stages, ends };
};

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('the queue of commits, when the database goes away', () => {
  it('tells all that nothing was stored where no commit was sent, and keeps it from being sent', async () => {
    const { queue, written, stages } = openQueue();
    const all = ['a', 'b'].map((text) => queue.commit(commit(text)));
    queue.leave();
    for (const one of all) await expect(one).rejects.toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('Nothing was stored') });
    expect(written).toEqual([['a']]);
    expect(stages[0]?.isGivenUp).toBe(true);
  });

  it('tells that nobody knows where the commit was sent', async () => {
    const { queue, stages } = openQueue();
    const sent = queue.commit(commit('a'));
    const waiting = queue.commit(commit('b'));
    for (const stage of stages) stage.isCommitting = true;
    queue.leave();
    await expect(sent).rejects.toMatchObject({ message: expect.stringContaining('may or may not be stored') });
    await expect(waiting).rejects.toMatchObject({ message: expect.stringContaining('Nothing was stored') });
  });

  it('writes none of a group one by one that was told that nothing is stored', async () => {
    const { queue, written, ends } = openQueue();
    const first = queue.commit(commit('a'));
    const group = ['b', 'c'].map((text) => queue.commit(commit(text)));
    ends[0]?.();
    await first;
    await turn();
    ends[1]?.(new Error('one of them cannot be written'));
    await turn();
    expect(written).toEqual([['a'], ['b', 'c'], ['b']]);
    queue.leave();
    for (const one of group) await expect(one).rejects.toMatchObject({ code: 'store-unavailable' });
    ends[2]?.();
    await queue.close();
    expect(written).toHaveLength(3);
  });
});
