/** The authorization server on the embedded engine: what must happen once happens once, also over a restart and for two processes on one file. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.js';
import type { GrantStore } from '../../../src/store/grant.js';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import { answered, authorize, authorizeUrl, backChannel, Browser, exchange, fhir, launch, newVerifier, openClinic, tokenOf, type Clinic } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'authorization-'));
const file = join(folder, 'authorization.db');
const open = (): GrantStore => openSqliteGrants({ file, clock: systemClock });
let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic({}, open()); });
afterAll(async () => { await clinic.stop(); rmSync(folder, { recursive: true }); });

const scope = 'launch/patient offline_access patient/*.rs';
const refresh = (own: Clinic, token: unknown) => backChannel(own, '/token', { grant_type: 'refresh_token', refresh_token: String(token), client_id: 'app' });

describe('on SQLite', () => {
  it('G6 G12 a code and a refresh token have one user, of many at once', async () => {
    const verifier = newVerifier();
    const code = answered(await authorize(clinic, { scope, verifier })).get('code') ?? '';
    const codes = await Promise.all(Array.from({ length: 20 }, () => exchange(clinic, code, verifier)));
    expect(codes.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    const { body } = await launch(clinic, { scope });
    const refreshes = await Promise.all(Array.from({ length: 20 }, () => refresh(clinic, body['refresh_token'])));
    expect(refreshes.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  it('a restart keeps tokens, sessions and keys; a used token stays used', async () => {
    const first = await launch(clinic, { scope: `${scope} openid` });
    const second = await refresh(clinic, first.body['refresh_token']);
    const jwks = await (await fetch(`${clinic.origin}/oauth/jwks`)).text();
    const { origin, base } = clinic;
    await clinic.stop();
    clinic = await openClinic({ origin, fhirBase: base }, open());
    expect((await fhir(clinic, 'Patient/A', tokenOf(second))).status).toBe(200);
    expect(await (await fetch(`${clinic.origin}/oauth/jwks`)).text()).toBe(jwks);
    expect((await refresh(clinic, first.body['refresh_token'])).status).toBe(400);
    await clinic.stop();
    clinic = await openClinic({}, open());
  });

  it('G14 what one process revokes is gone in the other within a second', async () => {
    const other = await openClinic({ origin: clinic.origin, fhirBase: clinic.base }, open());
    const answer = await launch(clinic, { scope });
    expect((await fhir(other, 'Patient/A', tokenOf(answer))).status).toBe(200);
    await backChannel(clinic, '/token/revocation', { token: String(answer.body['refresh_token']), client_id: 'app' });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await fhir(other, 'Patient/A', tokenOf(answer))).status).toBe(401);
    await other.stop();
  });

  it('G25 A15 processes share what they count, and a restart forgets nothing', async () => {
    const settings = { trustProxy: true, origin: clinic.origin, fhirBase: clinic.base };
    const other = await openClinic(settings, open());
    const third = await openClinic(settings, open());
    const enter = async (own: Clinic, word: string): Promise<number> => {
      const browser = new Browser(own.origin, { 'x-forwarded-for': '203.0.113.77' });
      const page = await browser.follow(await browser.get(authorizeUrl({ ...own, base: clinic.base }, { scope, verifier: newVerifier() })));
      return (await browser.submit(page, 'sign-in', { email: 'parent@example.org', password: word })).status;
    };
    for (let tried = 0; tried < 10; tried += 1) expect(await enter(tried % 2 === 0 ? other : third, 'wrong')).toBe(401);
    expect([await enter(other, 'correct horse battery'), await enter(third, 'correct horse battery')]).toEqual([429, 429]);
    const guess = async (own: Clinic): Promise<number> => (await fhir(own, 'Patient/A', 'guess', { headers: { 'x-forwarded-for': '203.0.113.78' } })).status;
    for (let tried = 0; tried < 30; tried += 1) expect(await guess(tried % 2 === 0 ? other : third)).toBe(401);
    expect([await guess(other), await guess(third)]).toEqual([429, 429]);
    await other.stop();
    const again = await openClinic(settings, open());
    expect([await enter(again, 'correct horse battery'), await guess(again)]).toEqual([429, 429]);
    await again.stop();
    await third.stop();
  });

  it('the file holds no token, secret, address or name in the clear', async () => {
    const answer = await launch(clinic, { scope });
    const { secret } = await clinic.server.clients.add({ id: 'sealed', type: 'confidential', redirectUris: ['https://a.example/'], scope }, 'operator');
    const bytes = Buffer.concat(['', '-wal'].map((end) => readFileSync(file + end))).toString('latin1');
    for (const clear of [tokenOf(answer), String(answer.body['refresh_token']), secret ?? 'none', 'ada@example.org', 'Patient/A', '"kty"']) expect([clear, bytes.includes(clear)]).toEqual([clear, false]);
  });

  it('another AUTH_KEY is refused aloud', async () => {
    const { openVault } = await import('../../../src/authorization/grant/vault.js');
    const { SealBroken } = await import('../../../src/authorization/grant/keyring.js');
    const grants = open();
    await expect(openVault(grants, 'another key of thirty-two characters', systemClock)).rejects.toBeInstanceOf(SealBroken);
    await openVault(grants, 'k'.repeat(40), systemClock);
    await grants.close();
  });
});
