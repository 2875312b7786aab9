/** The contract of the lease port (src/store/lease.ts) as tests. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../src/core/clock.js';
import { systemClock } from '../../src/core/clock.js';
import type { Lease, LeaseStore } from '../../src/store/lease.js';

export interface LeasesUnderTest {
  /** Opens the leases as so many processes have them; their clock is given. */
  readonly open: (clock: Clock, processes: number) => Promise<readonly LeaseStore[]>;
  /** Whether more than one process can have them. */
  readonly shared: boolean;
}

let unique = 0;
const fresh = (): string => { unique += 1; return `lease-${String(unique)}-${String(process.pid)}`; };

const taken = async (store: LeaseStore | undefined, name: string): Promise<Lease> => {
  const lease = await store?.take(name, 1_000);
  if (lease === undefined) throw new Error('the lease was not free');
  return lease;
};

export const describeLeases = (name: string, { open, shared }: LeasesUnderTest): void => {
  describe(`the lease port on ${name}`, () => {
    let now = Date.now();
    let stores: readonly LeaseStore[] = [];
    beforeAll(async () => { stores = await open({ ...systemClock, now: () => now }, 2); });
    afterAll(async () => { for (const store of stores) await store.close(); });

    it('gives a lease, renews it, and keeps what was noted', async () => {
      const lease = fresh();
      const [one] = stores;
      expect(await one?.read(lease)).toBeUndefined();
      const first = await taken(one, lease);
      expect(await one?.note(first, 'how far')).toBe(true);
      expect(await taken(one, lease)).toEqual({ ...first, note: 'how far' });
      expect(await one?.read(lease)).toBe('how far');
      await one?.release(first);
      expect((await taken(one, lease)).note).toBe('how far');
    });

    it('lets one of many callers claim a name, until it is forgotten', async () => {
      const claim = fresh();
      const claims = await Promise.all(Array.from({ length: 6 }, () => stores.map((store) => store.claim(claim, now + 1_000))).flat());
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    if (shared) {
      it('gives it to one at a time, to another when it has run out, and refuses what the first notes then', async () => {
        const [one, other] = stores;
        const lease = fresh();
        const results = await Promise.all(stores.map((store) => store.take(lease, 1_000)));
        expect(results.filter((result) => result !== undefined)).toHaveLength(1);
        const [owner, next] = results[0] === undefined ? [other, one] : [one, other];
        const first = await taken(owner, lease);
        await owner?.note(first, 'half');
        expect(await next?.take(lease, 1_000)).toBeUndefined();
        now += 1_001;
        const second = await taken(next, lease);
        expect(second.note).toBe('half');
        expect(second.token).toBeGreaterThan(first.token);
        expect(await owner?.note(first, 'too late')).toBe(false);
        expect(await owner?.take(lease, 1_000)).toBeUndefined();
        await owner?.release(first);
        expect(await owner?.take(lease, 1_000)).toBeUndefined();
        expect(await next?.read(lease)).toBe('half');
        await next?.release(second);
        expect((await taken(owner, lease)).token).toBeGreaterThan(second.token);
      });
    }
  });
};
