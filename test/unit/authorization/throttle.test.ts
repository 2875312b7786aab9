/** Throttles on every engine: shared by processes, exact when many come at once, forgotten in time (RFC 6819, 4.4.3.11). */
import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeThrottle, type Throttle } from '../../../src/authorization/account/throttle.js';
import { openVault } from '../../../src/authorization/grant/vault.js';
import type { Clock } from '../../../src/core/clock.js';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import type { GrantStore } from '../../../src/store/grant.js';
import { makeMemoryGrants } from '../../fixture/memory-grants.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';

let now = 1_000_000;
const clock: Clock = { now: () => now, monotonic: () => now };

/** Two processes on the same records. */
interface Pair {
  readonly first: GrantStore;
  readonly second: GrantStore;
  readonly clean: () => Promise<void>;
}

const throttleSuite = (name: string, open: () => Promise<Pair>): void => {
  describe(`throttles on ${name}`, () => {
    let pair: Pair | undefined;
    const both = async (): Promise<readonly [Throttle, Throttle]> => {
      now = 1_000_000;
      const opened = pair = await open();
      const make = async (grants: GrantStore): Promise<Throttle> => makeThrottle({ grants: (await openVault(grants, 'k'.repeat(40), clock)).grants, clock, kind: 't', windowMs: 60_000, perName: 5, perAddress: 8 });
      return [await make(opened.first), await make(opened.second)];
    };
    afterEach(async () => { await pair?.clean(); pair = undefined; });

    it('count what all processes see, and let in again when the time is over', async () => {
      const [first, second] = await both();
      for (let tried = 0; tried < 5; tried += 1) expect((await (tried % 2 === 0 ? first : second).attempt('a', 'ada')).seconds).toBe(0);
      expect([(await first.attempt('a', 'ada')).seconds, (await second.attempt('a', 'ada')).seconds]).toEqual([60, 60]);
      // The same person from elsewhere, and others from here, go on.
      expect((await second.attempt('b', 'ada')).seconds).toBe(0);
      for (const other of ['x', 'y', 'z']) expect((await second.attempt('a', other)).seconds).toBe(0);
      expect((await first.attempt('a', 'ben')).seconds).toBeGreaterThan(0);
      now += 60_001;
      expect((await first.attempt('a', 'ada')).seconds).toBe(0);
    });

    it('let exactly as many through when many come at once', async () => {
      const [first, second] = await both();
      const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? first : second).attempt('a', 'ada')));
      expect(answers.filter(({ seconds }) => seconds === 0)).toHaveLength(5);
    });

    it('forget what was no failure', async () => {
      const [first, second] = await both();
      for (let tried = 0; tried < 20; tried += 1) await (await first.attempt('a', 'ada')).release();
      for (let tried = 0; tried < 4; tried += 1) await second.attempt('a', 'ada');
      await (await first.attempt('a', 'ada')).clear();
      for (let tried = 0; tried < 4; tried += 1) expect((await second.attempt('a', 'ada')).seconds).toBe(0);
    });
  });
};

throttleSuite('memory', async () => {
  const grants = makeMemoryGrants(clock);
  return { first: grants, second: grants, clean: async () => undefined };
});

throttleSuite('SQLite, two connections', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'throttle-'));
  const open = (): GrantStore => openSqliteGrants({ file: join(folder, 'authorization.db'), clock });
  const [first, second] = [open(), open()];
  return { first, second, clean: async () => { await first.close(); await second.close(); rmSync(folder, { recursive: true }); } };
});

describeMongo('throttles on MongoDB', (server) => {
  throttleSuite('MongoDB, two connections', async () => {
    const { openMongoGrants } = await import('../../../src/store-mongo/grant/open.js');
    const url = freshDatabase(server);
    const [first, second] = [await openMongoGrants({ url, clock }), await openMongoGrants({ url, clock })];
    return { first, second, clean: async () => { await first.close(); await second.close(); await dropDatabases(server); } };
  });
});

it('without the store nobody gets through', async () => {
  const broken = { ...makeMemoryGrants(clock), list: () => Promise.reject(new Error('gone')) };
  await expect(makeThrottle({ grants: broken, clock, kind: 't', windowMs: 1, perName: 1, perAddress: 1 }).attempt('a')).rejects.toThrow('gone');
});
