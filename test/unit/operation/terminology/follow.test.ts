import { describe, expect, it } from '@jest/globals';
import { makeFollower } from '../../../../src/operation/terminology/follow.js';
import type { Version } from '../../../../src/store/resource.js';

const makeFeed = () => {
  const versions: Version[] = [];
  const write = (type: string, times = 1): void => {
    for (let count = 0; count < times; count += 1) versions.push({ type, id: 'x', version: 1, updated: 0, seq: versions.length + 1, method: 'PUT' });
  };
  let reads = 0;
  let fails = false;
  return {
    write, reads: () => reads, break: (how: boolean) => { fails = how; },
    changes: async (after: number, limit: number) => {
      if (fails) throw new Error('the store is away');
      reads += 1;
      return versions.filter(({ seq }) => seq > after).slice(0, limit);
    },
    position: async () => versions.length,
  };
};

describe('follower of the change feed', () => {
  it('forgets at the start, and after writes of terminology only', async () => {
    const feed = makeFeed();
    let forgotten = 0;
    const refresh = makeFollower(feed, () => { forgotten += 1; });
    feed.write('ValueSet', 3);
    await refresh();
    expect(forgotten).toBe(1);
    feed.write('Patient', 5);
    await refresh();
    expect(forgotten).toBe(1);
    for (const type of ['ValueSet', 'CodeSystem', 'ConceptMap']) {
      feed.write('Patient', 250);
      feed.write(type);
      await refresh();
    }
    expect(forgotten).toBe(4);
  });

  it('starts anew instead of reading all of a long feed', async () => {
    const feed = makeFeed();
    let forgotten = 0;
    const refresh = makeFollower(feed, () => { forgotten += 1; });
    await refresh();
    feed.write('Patient', 50_000);
    await refresh();
    expect([forgotten, feed.reads()]).toEqual([2, 10]);
    await refresh();
    expect([forgotten, feed.reads()]).toEqual([2, 11]);
  });

  it('serves all who ask at once by two runs, the second after their writes', async () => {
    const feed = makeFeed();
    let forgotten = 0;
    const refresh = makeFollower(feed, () => { forgotten += 1; });
    await refresh();
    const first = refresh();
    feed.write('ValueSet');
    await Promise.all([first, refresh(), refresh(), refresh()]);
    expect([forgotten, feed.reads()]).toEqual([2, 2]);
  });

  it('fails when the feed does, and goes on afterwards', async () => {
    const feed = makeFeed();
    let forgotten = 0;
    const refresh = makeFollower(feed, () => { forgotten += 1; });
    await refresh();
    feed.write('ValueSet');
    feed.break(true);
    await expect(refresh()).rejects.toThrow('away');
    feed.break(false);
    await refresh();
    expect(forgotten).toBe(2);
  });
});
