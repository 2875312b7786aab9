import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../../src/core/clock.js';
import { makeFollower, makeStamp } from '../../../../src/operation/terminology/follow.js';
import { makeMemoryStore } from '../../../fixture/memory-store.js';
import { call, makeService } from '../../../fixture/service.js';

const make = () => {
  const service = makeService(makeMemoryStore(systemClock));
  const [stamp, counts] = [makeStamp(() => service), { forgotten: 0, reads: 0, fails: false }];
  const refresh = makeFollower(async () => {
    counts.reads += 1;
    if (counts.fails) throw new Error('the store is away');
    return stamp();
  }, () => { counts.forgotten += 1; });
  const put = (type: string, id: string): Promise<unknown> => call(service, { method: 'PUT', url: `${type}/${id}`, body: { resourceType: type, id } });
  return { counts, refresh, put, remove: (type: string, id: string) => call(service, { method: 'DELETE', url: `${type}/${id}` }) };
};

describe('follower of what is written', () => {
  it('forgets at the start, and after writes of terminology only', async () => {
    const { counts, refresh, put, remove } = make();
    await put('ValueSet', 'a');
    await refresh();
    expect(counts.forgotten).toBe(1);
    for (const id of ['a', 'b', 'c']) await put('Patient', id);
    await refresh();
    expect(counts.forgotten).toBe(1);
    for (const type of ['ValueSet', 'CodeSystem', 'ConceptMap']) {
      await put(type, 'a');
      await refresh();
      await refresh();
    }
    expect(counts.forgotten).toBe(4);
    await remove('ValueSet', 'a');
    await refresh();
    expect(counts.forgotten).toBe(5);
  });

  it('serves all who ask at once by two runs, the second after their writes', async () => {
    const { counts, refresh, put } = make();
    await refresh();
    const first = refresh();
    await put('ValueSet', 'a');
    await Promise.all([first, refresh(), refresh(), refresh()]);
    expect(counts.forgotten).toBe(2);
    // One at the start, the first, one for who asked after the write, and one for all who came meanwhile.
    expect(counts.reads).toBe(4);
  });

  it('fails when the store does, and goes on afterwards', async () => {
    const { counts, refresh, put } = make();
    await refresh();
    await put('ValueSet', 'a');
    counts.fails = true;
    await expect(refresh()).rejects.toThrow('away');
    counts.fails = false;
    await refresh();
    expect(counts.forgotten).toBe(2);
  });
});
