/** A new AUTH_KEY: both accepted, records sealed anew, broken off and begun again, the former retired; keys from before there was a ring. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { KeyFault, SealBroken } from '../../../src/authorization/grant/keyring.js';
import { openVault, type Vault } from '../../../src/authorization/grant/vault.js';
import type { Clock } from '../../../src/core/clock.js';
import type { GrantStore } from '../../../src/store/grant.js';
import { openGrants } from '../../fixture/grants.js';

const [former, next, third] = ['former-key-of-thirty-two-characters', 'next-key-of-thirty-two-characters-too', 'third-key-of-thirty-two-characters-xx'] as const;
let now = 1_000_000;
const clock: Clock = { now: () => now, monotonic: () => now };
const opened: GrantStore[] = [];
const openInner = async (): Promise<GrantStore> => {
  const inner = await openGrants(process.env['CLINIC_ENGINE'] ?? 'sqlite', clock);
  opened.push(inner);
  return inner;
};
afterEach(async () => { for (const one of opened.splice(0)) await one.close(); });

const fill = async ({ grants }: Vault, count: number): Promise<void> => {
  const one = (index: number): Promise<void> => grants.put({ collection: index % 2 === 0 ? 'account' : 'RefreshToken', key: `key ${String(index)}`, value: `value ${String(index)}`, owner: 'ada', grant: `g${String(index % 3)}`, alias: `mail ${String(index)}`, expires: now + 10_000_000 });
  // As many at once as a slow test server takes in its time.
  for (let from = 0; from < count; from += 16) await Promise.all(Array.from({ length: Math.min(16, count - from) }, (_, at) => one(from + at)));
};
const whole = async ({ grants }: Vault, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const collection = index % 2 === 0 ? 'account' : 'RefreshToken';
    expect((await grants.get({ collection, key: `key ${String(index)}` }))?.value).toBe(`value ${String(index)}`);
    expect((await grants.getByAlias(collection, `mail ${String(index)}`))?.key).toBe(`key ${String(index)}`);
  }
};

describe('a new AUTH_KEY', () => {
  it('is accepted beside the former, seals everything anew, and stays alone', async () => {
    const inner = await openInner();
    const vault = await openVault(inner, former, clock);
    await fill(vault, 25);
    await vault.grants.consume({ collection: 'RefreshToken', key: 'key 1' });
    await vault.rotate(next);
    expect(await vault.status()).toMatchObject({ former: 1, left: 25, accepted: [expect.any(String), expect.any(String)] });
    const newer = await openVault(inner, next, clock);
    for (const each of [vault, newer]) await whole(each, 25);
    const before = (await inner.all(undefined, 100)).map(({ value }) => value);
    expect(await newer.reseal()).toBe(25);
    const after = (await inner.all(undefined, 100)).map(({ value }) => value);
    expect(after.filter((value) => before.includes(value))).toHaveLength(1);
    expect((await newer.status()).left).toBe(0);
    for (const each of [vault, newer]) await whole(each, 25);
    expect(await newer.grants.consume({ collection: 'RefreshToken', key: 'key 1' })).toBe('already');
    expect(await newer.grants.revokeGrant('g1')).toBe(8);
    await expect(newer.retire()).rejects.toBeInstanceOf(KeyFault);
    now += 61_000;
    await expect(vault.retire()).rejects.toThrow('start every process with the new one');
    await newer.retire();
    await expect(openVault(inner, former, clock)).rejects.toBeInstanceOf(SealBroken);
    expect((await (await openVault(inner, next, clock)).status()).accepted).toHaveLength(1);
  });

  it('goes on where it was broken off, and writes of processes that know of nothing are read and sealed anew', async () => {
    const inner = await openInner();
    const vault = await openVault(inner, former, clock);
    const unaware = await openVault(inner, former, clock);
    await fill(vault, 450);
    await vault.rotate(next);
    const stop = new AbortController();
    // Killed after the first page.
    const done = await vault.reseal(() => { stop.abort(); }, stop.signal);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(450);
    await unaware.grants.put({ collection: 'late', key: 'x', value: 'late' });
    const again = await openVault(inner, next, clock);
    expect(await again.reseal()).toBe(451 - done);
    expect((await again.status()).left).toBe(0);
    expect((await unaware.grants.get({ collection: 'account', key: 'key 2' }))?.value).toBe('value 2');
    await whole(again, 20);
  });

  it('changes no record that someone else changes meanwhile', async () => {
    const inner = await openInner();
    const vault = await openVault(inner, former, clock);
    await fill(vault, 40);
    await vault.rotate(next);
    const changing = (async () => { for (let index = 0; index < 40; index += 1) await vault.grants.put({ collection: index % 2 === 0 ? 'account' : 'RefreshToken', key: `key ${String(index)}`, value: `changed ${String(index)}` }); })();
    await Promise.all([vault.reseal(), changing]);
    for (let index = 0; index < 40; index += 1) expect((await vault.grants.get({ collection: index % 2 === 0 ? 'account' : 'RefreshToken', key: `key ${String(index)}` }))?.value).toBe(`changed ${String(index)}`);
    await vault.reseal();
    expect((await vault.status()).left).toBe(0);
  });

  it('can be changed again before the former is retired', async () => {
    const inner = await openInner();
    const vault = await openVault(inner, former, clock);
    await fill(vault, 10);
    await vault.rotate(next);
    await (await openVault(inner, next, clock)).rotate(third);
    await expect(openVault(inner, former, clock)).rejects.toBeInstanceOf(SealBroken);
    const last = await openVault(inner, third, clock);
    expect(await last.reseal()).toBe(10);
    now += 61_000;
    await last.retire();
    await whole(last, 10);
    await expect(last.rotate(third)).rejects.toBeInstanceOf(KeyFault);
  });
});

describe('records from before there was a ring', () => {
  it('are read with the key they were sealed with, and sealed anew by a rotation', async () => {
    const inner = await openInner();
    const derived = Buffer.from(hkdfSync('sha256', former, '', 'authorization records', 64));
    const named = (kind: string, collection: string, text: string): string => createHmac('sha256', derived.subarray(32)).update(JSON.stringify([kind, collection, text])).digest('base64url');
    const put = async (collection: string, key: string, value: string): Promise<void> => {
      const at = named('key', collection, key);
      const iv = randomBytes(12);
      const box = createCipheriv('aes-256-gcm', derived.subarray(0, 32), iv).setAAD(Buffer.from(`${collection} ${at}`));
      const text = JSON.stringify([key, value, null, null, null]);
      await inner.put({ collection, key: at, value: Buffer.concat([iv, box.update(text, 'utf8'), box.final(), box.getAuthTag()]).toString('base64') });
    };
    await put('seal', 'seal', 'whole');
    await put('account', 'a', 'old');
    await expect(openVault(inner, next, clock)).rejects.toBeInstanceOf(SealBroken);
    const vault = await openVault(inner, former, clock);
    expect((await vault.grants.get({ collection: 'account', key: 'a' }))?.value).toBe('old');
    await vault.rotate(next);
    expect(await vault.reseal()).toBe(2);
    now += 61_000;
    const newer = await openVault(inner, next, clock);
    await newer.retire();
    expect((await newer.grants.get({ collection: 'account', key: 'a' }))?.value).toBe('old');
  });
});
