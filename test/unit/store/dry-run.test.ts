import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import type { Write } from '../../../src/store/resource.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';

const write = (id: string, base: number): Write => ({ type: 'Patient', id, method: 'PUT', base, index: [], body: { text: '{"m":"2000-01-01T00:00:00.000Z"}', stampAt: 6 } });

describe('a commit that is only tried', () => {
  it('says what it would come to and stores nothing', async () => {
    const store = makeMemoryStore(systemClock);
    const tried = await store.commit({ writes: [write('a', 0)], outbox: [{ topic: 't', text: 'x' }], audit: [{ text: 'y' }], dryRun: true });
    expect(tried).toMatchObject({ ok: true, seq: 0 });
    expect(await store.read({ type: 'Patient', id: 'a' })).toBeUndefined();
    expect(await store.records('outbox', 0, 9)).toEqual([]);
    expect(await store.records('audit', 0, 9)).toEqual([]);
    expect(await store.commit({ writes: [write('a', 0)] })).toMatchObject({ ok: true, seq: 1 });
  });

  it('checks bases and guards as the real one does', async () => {
    const store = makeMemoryStore(systemClock);
    expect(await store.commit({ writes: [write('a', 3)], dryRun: true })).toEqual({ ok: false, failed: 'write', index: 0 });
    expect(await store.commit({ writes: [], guards: [{ kind: 'exists', key: { type: 'Patient', id: 'a' } }], dryRun: true })).toEqual({ ok: false, failed: 'guard', index: 0 });
  });
});
