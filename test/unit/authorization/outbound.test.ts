/** Addresses that a client of ours must not make the server speak to (G10). */
import { describe, expect, it } from '@jest/globals';
import { fetchOutside, isInside, makeKeySetFetch } from '../../../src/authorization/client/outbound.js';

describe('G10 isInside', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '2001:db8::1', '2002:7f00:1::', 'nonsense'])('%s is', (address) => expect(isInside(address)).toBe(true));
  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is not', (address) => expect(isInside(address)).toBe(false));
});

describe('fetchOutside', () => {
  it.each(['http://example.org/', 'https://127.0.0.1/', 'https://localhost/', 'https://[::1]/', 'https://2130706433/', 'https://0x7f.1/', 'https://169.254.169.254/latest', 'file:///etc/passwd'])('refuses %s', async (url) => {
    await expect(fetchOutside(url)).rejects.toThrow();
  });
});

describe('makeKeySetFetch', () => {
  it('G11 asks one address once in half a minute, failures included', async () => {
    let now = 0;
    const fetch = makeKeySetFetch(() => now);
    const failures = await Promise.all(Array.from({ length: 100 }, () => fetch('https://127.0.0.1/jwks').catch((error: unknown) => error)));
    expect(new Set(failures).size).toBe(1);
    now = 31_000;
    expect(await fetch('https://127.0.0.1/jwks').catch((error: unknown) => error)).not.toBe(failures[0]);
  });
});
