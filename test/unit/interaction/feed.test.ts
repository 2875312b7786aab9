/** Followers of the change feed: told of everything that was stored before they are asked, or told to forget. */
import { describe, expect, it } from '@jest/globals';
import { followFeed } from '../../../src/interaction/standing/feed.js';
import type { Version } from '../../../src/store/resource.js';

const versionAt = (seq: number): Version => ({ type: 'Basic', id: String(seq), version: 1, updated: 0, seq, method: 'PUT', body: '{}' });

const open = (stored: { last: number; fails?: boolean }) => {
  const told: number[] = [];
  const seen = { forgotten: 0, asked: 0, told };
  const store = {
    changes: async (after: number, limit: number) => {
      seen.asked += 1;
      if (stored.fails === true) throw new Error('no store');
      return Array.from({ length: Math.min(limit, stored.last - after) }, (_, index) => versionAt(after + index + 1));
    },
    history: async () => ({ versions: stored.last === 0 ? [] : [versionAt(stored.last)], more: false, total: stored.last }),
  };
  const catchUp = followFeed(() => store, [{ changed: (versions) => { told.push(...versions.map(({ seq }) => seq)); }, forget: () => { seen.forgotten += 1; } }]);
  return { seen, catchUp };
};

describe('the feed', () => {
  it('begins at its end, and tells what comes after in order, none twice', async () => {
    const stored = { last: 3 };
    const { seen, catchUp } = open(stored);
    await catchUp();
    expect([seen.told, seen.forgotten]).toEqual([[], 1]);
    stored.last = 1_103;
    await catchUp();
    await catchUp();
    expect([seen.told.length, seen.told[0], seen.told.at(-1), seen.forgotten]).toEqual([1_100, 4, 1_103, 1]);
  });

  it('lets everything be forgotten where too much was stored', async () => {
    const stored = { last: 0 };
    const { seen, catchUp } = open(stored);
    await catchUp();
    stored.last = 1_000_000;
    await catchUp();
    expect(seen.forgotten).toBe(2);
    const before = seen.told.length;
    stored.last += 1;
    await catchUp();
    expect(seen.told.slice(before)).toEqual([1_000_001]);
  });

  it('who asks while it is read waits for one more look, and shares it', async () => {
    const stored = { last: 1 };
    const { seen, catchUp } = open(stored);
    await catchUp();
    const first = catchUp();
    stored.last = 2;
    await Promise.all([first, ...Array.from({ length: 20 }, () => catchUp())]);
    expect([seen.told, seen.asked]).toEqual([[2], 2]);
  });

  it('a look that failed is tried again by the next', async () => {
    const stored: { last: number; fails?: boolean } = { last: 1 };
    const { seen, catchUp } = open(stored);
    await catchUp();
    stored.fails = true;
    await expect(catchUp()).rejects.toThrow('no store');
    stored.fails = false;
    stored.last = 2;
    await catchUp();
    expect(seen.told).toEqual([2]);
  });
});
