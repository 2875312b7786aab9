/** Section G of the security design, the token, introspection and revocation endpoints (https://www.rfc-editor.org/rfc/rfc6749, RFC 7009, RFC 7662). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { answered, authorize, backChannel, Browser, exchange, fhir, launch, newVerifier, openClinic, redirectUri, tokenOf, type Clinic, type TokenAnswer } from './harness.js';

let clinic: Clinic;
let secret = '';
beforeAll(async () => {
  clinic = await openClinic();
  const scope = 'launch/patient openid fhirUser offline_access online_access patient/*.rs';
  secret = (await clinic.server.clients.add({ id: 'web', type: 'confidential', redirectUris: [redirectUri], scope }, 'operator')).secret ?? '';
  await clinic.server.clients.add({ id: 'web2', type: 'confidential', redirectUris: [redirectUri], scope, introspects: true }, 'operator');
});
afterAll(async () => { await clinic.stop(); });

const scope = 'launch/patient offline_access patient/*.rs';
const newCode = async (client = 'app'): Promise<{ code: string; verifier: string }> => {
  const verifier = newVerifier();
  return { verifier, code: answered(await authorize(clinic, { scope, verifier, client })).get('code') ?? '' };
};
const refresh = (token: unknown, more: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> => backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(token), client_id: 'app', ...more });
const basic = (id: string, password: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(password)}`).toString('base64')}` });
const works = async (token: string): Promise<number> => (await fhir(clinic, 'Patient/A', token)).status;

describe('G token', () => {
  it('G5 the verifier must be the one of the challenge', async () => {
    for (const bad of [undefined, '', newVerifier(), 'challenge']) {
      const { code, verifier } = await newCode();
      const { challengeOf } = await import('./harness.js');
      const answer = await exchange(clinic, code, verifier, { code_verifier: bad === 'challenge' ? challengeOf(verifier) : bad });
      expect(answer.status).toBe(400);
      expect(['invalid_grant', 'invalid_request']).toContain(answer.body['error']);
    }
  });

  it('G6 a code is good once; a second use ends all that came of it', async () => {
    const { code, verifier } = await newCode();
    const first = await exchange(clinic, code, verifier);
    expect(await works(tokenOf(first))).toBe(200);
    const second = await exchange(clinic, code, verifier);
    expect([second.status, second.body['error']]).toEqual([400, 'invalid_grant']);
    clinic.pass(1_000);
    expect(await works(tokenOf(first))).toBe(401);
    expect((await refresh(first.body['refresh_token'])).status).toBe(400);
  });

  it('G6 of twenty at once at most one gets tokens, and they do not last', async () => {
    const { code, verifier } = await newCode();
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(clinic, code, verifier)));
    const good = answers.filter(({ status }) => status === 200);
    expect(good.length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status === 400).length).toBe(20 - good.length);
    clinic.pass(1_000);
    for (const one of good) expect(await works(tokenOf(one))).toBe(401);
  });

  it('G7 a code is of one client, one redirect URI, one minute', async () => {
    for (const more of [{ client_id: 'other' }, { redirect_uri: 'http://127.0.0.1:7778/' }, { redirect_uri: undefined }]) {
      const { code, verifier } = await newCode();
      expect((await exchange(clinic, code, verifier, more)).status).toBe(400);
    }
    const own = await openClinic();
    const verifier = newVerifier();
    const code = answered(await authorize(own, { scope, verifier })).get('code') ?? '';
    own.pass(61_000);
    expect((await exchange(own, code, verifier)).body['error']).toBe('invalid_grant');
    await own.stop();
  });

  it('G8 a confidential client is who its secret says, once', async () => {
    const { code, verifier } = await newCode('web');
    const form = { client_id: undefined };
    const tries: readonly (readonly [Record<string, string | undefined>, Record<string, string>])[] = [
      [form, basic('web', 'wrong')], [form, basic('nobody', 'wrong')], [{ client_id: 'web', client_secret: secret }, basic('web', secret)], [{ client_id: 'web' }, {}], [form, { authorization: `Basic ${Buffer.from('app:').toString('base64')}` }], [form, basic('web2', secret)],
    ];
    for (const [more, headers] of tries) {
      const answer = await backChannel(clinic, '/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, ...more }, headers);
      expect([400, 401]).toContain(answer.status);
      expect(['invalid_client', 'invalid_request']).toContain(answer.body['error']);
      if (answer.status === 401 && headers['authorization'] !== undefined) expect(answer.headers.get('www-authenticate')).toContain('Basic');
    }
    const good = await backChannel(clinic, '/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }, basic('web', secret));
    expect(good.status).toBe(200);
  });

  it('G8 a secret with signs that need escapes is read as RFC 6749 says', async () => {
    await clinic.grants.put({ collection: 'x', key: 'x', value: 'x' });
    const answer = await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: `Basic ${Buffer.from('web:%zz').toString('base64')}` });
    expect([400, 401]).toContain(answer.status);
  });

  it('G12 a refresh token is good once; reuse ends the family', async () => {
    const first = await launch(clinic, { scope });
    const second = await refresh(first.body['refresh_token']);
    expect(second.status).toBe(200);
    expect((await refresh(first.body['refresh_token'])).body['error']).toBe('invalid_grant');
    expect((await refresh(second.body['refresh_token'])).status).toBe(400);
    clinic.pass(1_000);
    expect(await works(tokenOf(second))).toBe(401);
  });

  it('G12 random, another client\'s, twenty at once', async () => {
    const first = await launch(clinic, { scope });
    expect((await refresh('random')).status).toBe(400);
    expect((await refresh(first.body['refresh_token'], { client_id: 'other' })).status).toBe(400);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(first.body['refresh_token'])));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  it('a public client need not name itself when it refreshes; a confidential one must', async () => {
    const first = await launch(clinic, { scope });
    const answer = await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) });
    expect(answer.status).toBe(200);
    const { client } = await clinic.server.clients.rotate('web');
    secret = client.client_secret ?? '';
    const { code, verifier } = await newCode('web');
    const web = await backChannel(clinic, '/token', { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }, basic('web', secret));
    expect((await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(web.body['refresh_token']) })).status).toBe(400);
    expect((await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: 'none' })).status).toBe(400);
  });

  it('G12 scopes can be narrowed for one token, never widened', async () => {
    const first = await launch(clinic, { scope: 'launch/patient offline_access patient/Observation.rs patient/Condition.rs' });
    const narrow = await refresh(first.body['refresh_token'], { scope: 'patient/Observation.rs' });
    expect((await fhir(clinic, 'Condition', tokenOf(narrow))).status).toBe(403);
    expect((await fhir(clinic, 'Observation', tokenOf(narrow))).status).toBe(200);
    const wide = await refresh(narrow.body['refresh_token'], { scope: 'patient/Observation.rs patient/*.rs' });
    expect(wide.body['error']).toBe('invalid_scope');
    const full = await refresh(narrow.body['refresh_token']);
    expect((await fhir(clinic, 'Condition', tokenOf(full))).status).toBe(200);
  });

  it('G13 refresh and access end with the account', async () => {
    const own = await openClinic();
    const first = await launch(own, { scope });
    const account = await own.server.accounts.byEmail('ada@example.org');
    await own.server.accounts.change(account?.id ?? '', (old) => ({ ...old, disabled: true }));
    own.pass(1_000);
    expect((await fhir(own, 'Patient/A', tokenOf(first))).status).toBe(401);
    expect((await backChannel(own, '/token', { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']), client_id: 'app' })).status).toBe(400);
    await own.stop();
  });

  it('G14 revocation holds within a second', async () => {
    const first = await launch(clinic, { scope });
    expect(await works(tokenOf(first))).toBe(200);
    expect((await backChannel(clinic, '/token/revocation', { token: 'unknown', client_id: 'app' })).status).toBe(200);
    expect((await backChannel(clinic, '/token/revocation', { token: tokenOf(first), client_id: 'other' })).status).toBe(200);
    clinic.pass(1_000);
    expect(await works(tokenOf(first))).toBe(200);
    expect((await backChannel(clinic, '/token/revocation', { token: String(first.body['refresh_token']), client_id: 'app' })).status).toBe(200);
    clinic.pass(1_000);
    expect(await works(tokenOf(first))).toBe(401);
    expect((await refresh(first.body['refresh_token'])).status).toBe(400);
  });

  it('G14 revoking the client ends its tokens', async () => {
    const own = await openClinic();
    const first = await launch(own, { scope });
    await own.server.clients.revoke('app');
    own.pass(1_000);
    expect((await fhir(own, 'Patient/A', tokenOf(first))).status).toBe(401);
    await own.stop();
  });

  it('G15 introspection is for clients that may, and says no more than it must', async () => {
    const first = await launch(clinic, { scope: 'launch/patient openid fhirUser patient/*.rs' });
    const token = tokenOf(first);
    const { client } = await clinic.server.clients.rotate('web2');
    const own = basic('web2', client.client_secret ?? '');
    expect((await backChannel(clinic, '/token/introspection', { token })).status).toBeGreaterThanOrEqual(400);
    expect((await backChannel(clinic, '/token/introspection', { token }, { authorization: `Bearer ${token}` })).status).toBeGreaterThanOrEqual(400);
    const seen = await backChannel(clinic, '/token/introspection', { token }, own);
    expect(seen.body).toMatchObject({ active: true, client_id: 'app', patient: 'A', fhirUser: `${clinic.base}/Patient/A`, iss: clinic.origin });
    expect(String(seen.body['scope']).split(' ')).toEqual(expect.arrayContaining(['patient/*.rs', 'launch/patient', 'openid']));
    expect((await backChannel(clinic, '/token/introspection', { token }, basic('web', secret))).body).toEqual({ active: false });
    for (const dead of ['garbage', 'x'.repeat(3_000)]) expect((await backChannel(clinic, '/token/introspection', { token: dead }, own)).body).toEqual({ active: false });
    await backChannel(clinic, '/token/revocation', { token, client_id: 'app' });
    expect((await backChannel(clinic, '/token/introspection', { token }, own)).body).toEqual({ active: false });
  });

  it('G32 tokens are not cached', async () => {
    const first = await launch(clinic, { scope });
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(first.headers.get('pragma')).toBe('no-cache');
  });

  it('G33 CORS on the token endpoint is for the client\'s own origin', async () => {
    const { code, verifier } = await newCode();
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, client_id: 'app', code_verifier: verifier };
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:7777.evil.example']) {
      const answer = await backChannel(clinic, '/token', { ...form, code: 'x' }, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const good = await backChannel(clinic, '/token', form, { origin: 'http://127.0.0.1:7777' });
    expect(good.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:7777');
    expect(good.headers.get('access-control-allow-credentials')).toBeNull();
    const discovery = await fetch(`${clinic.base}/.well-known/smart-configuration`, { headers: { origin: 'http://any.example' } });
    expect(discovery.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('G33 the API is open to the origin of an app from the moment it is registered, and to no other', async () => {
    const preflight = async (origin: string): Promise<string | null> => (await fetch(`${clinic.base}/Patient/A`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } })).headers.get('access-control-allow-origin');
    expect(await preflight('https://fresh.example')).toBeNull();
    await clinic.server.clients.add({ id: 'fresh', type: 'public', redirectUris: ['https://fresh.example/after'], scope }, 'operator');
    expect(await preflight('https://fresh.example')).toBe('https://fresh.example');
    for (const origin of ['https://fresh.example.evil.example', 'http://fresh.example', 'null', 'https://evil.example']) expect([origin, await preflight(origin)]).toEqual([origin, null]);
    await clinic.server.clients.add({ id: 'fresher', type: 'public', redirectUris: ['https://fresher.example/after'], scope }, 'operator');
    const refused = await fetch(`${clinic.base}/Patient/A`, { headers: { origin: 'https://fresher.example' } });
    expect([refused.status, refused.headers.get('access-control-allow-origin'), refused.headers.get('access-control-allow-credentials')]).toEqual([401, 'https://fresher.example', null]);
  });

  it('G36 the id_token is RS256, for this client, with the nonce, and fhirUser resolves', async () => {
    const verifier = newVerifier();
    const code = answered(await authorize(clinic, { scope: 'launch/patient openid fhirUser patient/*.rs', verifier, params: { nonce: 'n-123456' } })).get('code') ?? '';
    const answer = await exchange(clinic, code, verifier);
    const token = String(answer.body['id_token']);
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({ iss: clinic.origin, aud: 'app', nonce: 'n-123456', fhirUser: `${clinic.base}/Patient/A` });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    expect((await fetch(String(claims['fhirUser']), { headers: { authorization: `Bearer ${tokenOf(answer)}` } })).status).toBe(200);
    const configuration = await (await fetch(`${clinic.origin}/.well-known/openid-configuration`)).json() as { jwks_uri: string };
    const { createRemoteJWKSet, jwtVerify } = await import('jose');
    await expect(jwtVerify(token, createRemoteJWKSet(new URL(configuration.jwks_uri)), { issuer: clinic.origin, audience: 'app' })).resolves.toBeDefined();
  });

  it('G24 a person is signed out after a quarter of an hour without use; online access ends with the session', async () => {
    const own = await openClinic();
    const browser = new Browser(own.origin);
    const first = await launch(own, { scope: 'launch/patient online_access patient/*.rs' }, browser);
    expect(first.body['refresh_token']).toBeDefined();
    own.pass(14 * 60_000);
    expect((await fhir(own, 'Patient/A', tokenOf(first))).status).toBe(200);
    own.pass(16 * 60_000);
    expect((await fhir(own, 'Patient/A', tokenOf(first))).status).toBe(401);
    expect((await backChannel(own, '/token', { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']), client_id: 'app' })).status).toBe(400);
    const { authorizeUrl } = await import('./harness.js');
    expect((await browser.follow(await browser.get(authorizeUrl(own, { scope, verifier: newVerifier() })))).text).toContain('name="password"');
    await own.stop();
  });

  it('keys rotate by themselves after a season', async () => {
    const own = await openClinic();
    await own.server.keys.load();
    expect(await own.server.keys.rotateWhenDue()).toBe(false);
    own.pass(91 * 24 * 3_600_000);
    expect(await own.server.keys.rotateWhenDue()).toBe(true);
    expect(await own.server.keys.rotateWhenDue()).toBe(false);
    expect(await own.server.keys.load()).toHaveLength(4);
    own.pass(3 * 24 * 3_600_000);
    // The former are gone when nothing they signed can still be held.
    expect(await own.server.keys.load()).toHaveLength(2);
    await own.stop();
  });

  it('keys rotate without a failed request', async () => {
    const before = await (await fetch(`${clinic.origin}/oauth/jwks`)).json() as { keys: { kid: string }[] };
    await clinic.server.keys.rotate();
    clinic.pass(61_000);
    const during = await (await fetch(`${clinic.origin}/oauth/jwks`)).json() as { keys: { kid: string }[] };
    expect(during.keys).toHaveLength(before.keys.length * 2);
    const answer = await launch(clinic, { scope: 'launch/patient openid patient/*.rs' });
    expect(before.keys.map(({ kid }) => kid)).toContain(decodeProtectedHeader(String(answer.body['id_token'])).kid);
  });
});
