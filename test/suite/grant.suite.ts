/** What every engine of the grant port must do. An engine's own test only opens it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../src/core/clock.js';
import { AliasTaken, type GrantStore } from '../../src/store/grant.js';

export interface GrantSuiteOptions {
  readonly open: (clock: Clock) => Promise<GrantStore>;
  /** A second connection to the same records, where the engine has such. */
  readonly again?: ((clock: Clock) => Promise<GrantStore>) | undefined;
  /** Removes what the engine left behind. */
  readonly clean?: (() => Promise<void>) | undefined;
}

export const grantSuite = (name: string, { open, again, clean }: GrantSuiteOptions): void => {
  describe(`grant port on ${name}`, () => {
    let now = 1_000_000;
    const clock: Clock = { now: () => now, monotonic: () => now };
    let grants: GrantStore;
    const code = { collection: 'AuthorizationCode', key: 'a' };

    beforeEach(async () => { now = 1_000_000; grants = await open(clock); });
    afterEach(async () => { await grants.close(); await clean?.(); });

    it('keeps every field, and gives the last value put', async () => {
      const record = { ...code, value: '{"x":"Ü\u0000"}', expires: now + 10, grant: 'g', owner: 'o', alias: 'x' };
      await grants.put(record);
      expect(await grants.get(code)).toEqual({ ...record, revision: 1, consumed: undefined });
      await grants.put({ ...code, value: '2' });
      expect(await grants.get(code)).toEqual({ ...code, value: '2', revision: 2 });
      expect(await grants.getByAlias('AuthorizationCode', 'x')).toBeUndefined();
    });

    it('keeps collections apart', async () => {
      await grants.put({ ...code, value: '1', alias: 'x' });
      expect(await grants.get({ collection: 'RefreshToken', key: 'a' })).toBeUndefined();
      expect(await grants.getByAlias('RefreshToken', 'x')).toBeUndefined();
      await grants.put({ collection: 'RefreshToken', key: 'a', value: '2', alias: 'x' });
      expect((await grants.getByAlias('AuthorizationCode', 'x'))?.value).toBe('1');
    });

    it('treats a record as gone from the moment it expires, for every call', async () => {
      await grants.put({ ...code, value: '1', expires: now + 1, owner: 'o', alias: 'x' });
      now += 1;
      expect(await grants.get(code)).toBeUndefined();
      expect(await grants.getByAlias('AuthorizationCode', 'x')).toBeUndefined();
      expect(await grants.list({ collection: 'AuthorizationCode', limit: 10 })).toEqual([]);
      expect(await grants.consume(code)).toBe('absent');
      expect(await grants.replace({ ...code, value: '2' }, 1)).toBe(false);
      expect(await grants.insertOnce({ ...code, value: '3', alias: 'x' })).toBe(true);
      expect(await grants.get(code)).toMatchObject({ value: '3', revision: 1 });
    });

    it('does not revive a consumed record that expired', async () => {
      await grants.put({ ...code, value: '1', expires: now + 1 });
      await grants.consume(code);
      now += 1;
      await grants.put({ ...code, value: '2' });
      expect((await grants.get(code))?.consumed).toBeUndefined();
    });

    it('lets exactly one of many consume a record', async () => {
      await grants.put({ ...code, value: '1' });
      const results = await Promise.all(Array.from({ length: 50 }, () => grants.consume(code)));
      expect(results.filter((result) => result === 'consumed')).toHaveLength(1);
      expect(results.filter((result) => result === 'already')).toHaveLength(49);
      expect(await grants.get(code)).toMatchObject({ consumed: now, revision: 2 });
      expect(await grants.consume({ ...code, key: 'none' })).toBe('absent');
    });

    it('keeps the mark of consumption through a put', async () => {
      await grants.put({ ...code, value: '1' });
      await grants.consume(code);
      await grants.put({ ...code, value: '2' });
      expect(await grants.consume(code)).toBe('already');
    });

    it('lets exactly one of many insert', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, (_, index) => grants.insertOnce({ collection: 'jti', key: 'one', value: String(index) })));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await grants.get({ collection: 'jti', key: 'one' }))?.revision).toBe(1);
    });

    it('refuses a second record with an alias, however it comes', async () => {
      await grants.put({ collection: 'account', key: 'a', value: '1', alias: 'mail' });
      expect(await grants.insertOnce({ collection: 'account', key: 'b', value: '2', alias: 'mail' })).toBe(false);
      await expect(grants.put({ collection: 'account', key: 'b', value: '2', alias: 'mail' })).rejects.toBeInstanceOf(AliasTaken);
      await grants.put({ collection: 'account', key: 'b', value: '2', alias: 'other' });
      await expect(grants.replace({ collection: 'account', key: 'b', value: '3', alias: 'mail' }, 1)).rejects.toBeInstanceOf(AliasTaken);
      expect(await grants.get({ collection: 'account', key: 'b' })).toMatchObject({ value: '2', alias: 'other', revision: 1 });
    });

    it('replaces only what is at the revision read', async () => {
      await grants.put({ ...code, value: '1' });
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => grants.replace({ ...code, value: `w${String(index)}` }, 1)));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await grants.get(code)).toMatchObject({ revision: 2 });
      expect(await grants.replace({ ...code, value: 'x' }, 1)).toBe(false);
      expect(await grants.replace({ ...code, key: 'none', value: 'x' }, 0)).toBe(false);
    });

    it('revokes everything of a grant and nothing else', async () => {
      await grants.put({ ...code, value: '1', grant: 'g' });
      await grants.put({ collection: 'AccessToken', key: 'b', value: '1', grant: 'g' });
      await grants.put({ collection: 'AccessToken', key: 'c', value: '1', grant: 'h' });
      await grants.put({ collection: 'AccessToken', key: 'd', value: '1' });
      expect(await grants.revokeGrant('g')).toBe(2);
      expect((await grants.list({ collection: 'AccessToken', limit: 10 })).map(({ key }) => key)).toEqual(['c', 'd']);
      expect(await grants.get(code)).toBeUndefined();
      expect(await grants.revokeGrant('g')).toBe(0);
    });

    it('removes one record', async () => {
      await grants.put({ ...code, value: '1' });
      expect(await grants.remove(code)).toBe(true);
      expect(await grants.remove(code)).toBe(false);
      expect(await grants.get(code)).toBeUndefined();
    });

    it('lists by owner, in the order of keys, page by page', async () => {
      for (const key of ['c', 'a', 'd', 'b']) await grants.put({ collection: 'Session', key, value: key, owner: key === 'd' ? 'other' : 'me' });
      const first = await grants.list({ collection: 'Session', owner: 'me', limit: 2 });
      expect(first.map(({ key }) => key)).toEqual(['a', 'b']);
      expect((await grants.list({ collection: 'Session', owner: 'me', after: 'b', limit: 2 })).map(({ key }) => key)).toEqual(['c']);
      expect((await grants.list({ collection: 'Session', limit: 10 })).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
    });

    it('gives and takes records as they stand, revision and use included, over all collections in one order', async () => {
      await grants.put({ ...code, value: '1', alias: 'x', grant: 'g', owner: 'o', expires: now + 10 });
      await grants.put({ ...code, value: '2', alias: 'x', grant: 'g', owner: 'o', expires: now + 10 });
      await grants.consume(code);
      await grants.put({ collection: 'AuthorizationCode', key: 'b', value: '3' });
      await grants.put({ collection: 'Session', key: 'a', value: '4' });
      await grants.put({ collection: 'Session', key: 'dead', value: '5', expires: now - 1 });
      const first = await grants.all(undefined, 2);
      const rest = await grants.all(first.at(-1), 10);
      expect([...first, ...rest].map(({ collection, key, value, revision }) => [collection, key, value, revision])).toEqual([['AuthorizationCode', 'a', '2', 3], ['AuthorizationCode', 'b', '3', 1], ['Session', 'a', '4', 1]]);
      expect(first[0]).toMatchObject({ consumed: now, alias: 'x', grant: 'g', owner: 'o', expires: now + 10 });
      const moved = { ...code, key: 'c', value: '6', alias: 'y', grant: 'g', owner: 'o', revision: 7, consumed: now - 1 };
      await grants.copy(moved);
      expect(await grants.get({ ...code, key: 'c' })).toEqual(moved);
      expect(await grants.consume({ ...code, key: 'c' })).toBe('already');
      await expect(grants.copy({ ...moved, key: 'd' })).rejects.toThrow(AliasTaken);
      await grants.copy({ ...moved, alias: 'z', revision: 8 });
      expect(await grants.getByAlias('AuthorizationCode', 'y')).toBeUndefined();
      expect(await grants.getByAlias('AuthorizationCode', 'z')).toMatchObject({ key: 'c', revision: 8 });
    });

    it('clears away what has expired', async () => {
      await grants.put({ ...code, value: '1', expires: now + 5 });
      await grants.put({ ...code, key: 'b', value: '1' });
      expect(await grants.expire()).toBe(0);
      now += 5;
      expect(await grants.expire()).toBe(1);
      expect(await grants.get({ ...code, key: 'b' })).toBeDefined();
    });

    if (again !== undefined) {
      it('has one truth for two connections: consumed and revoked at once', async () => {
        const other = await again(clock);
        await grants.put({ ...code, value: '1', grant: 'g' });
        const results = await Promise.all([grants.consume(code), other.consume(code), grants.consume(code), other.consume(code)]);
        expect(results.filter((result) => result === 'consumed')).toHaveLength(1);
        await other.revokeGrant('g');
        expect(await grants.get(code)).toBeUndefined();
        await other.close();
      });
    }
  });
};
