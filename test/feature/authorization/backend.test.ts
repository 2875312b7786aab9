/** Backend services and private_key_jwt (https://hl7.org/fhir/smart-app-launch/backend-services.html): G9 to G11, G20, G37, with oauth4webapi as client. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import * as oauth from 'oauth4webapi';
import { createServer } from 'node:http';
import { omit } from '../../../src/core/omit.js';
import { mintToken } from '../../../src/authorization/operator.js';
import { call } from '../../fixture/service.js';
import { backChannel, fhir, openClinic, tokenOf, type Clinic, type TokenAnswer } from './harness.js';

let clinic: Clinic;
let endpoint = '';
let key: CryptoKey;
let other: CryptoKey;
let other2: Awaited<ReturnType<typeof generateKeyPair>>;
beforeAll(async () => {
  clinic = await openClinic();
  endpoint = `${clinic.origin}/oauth/token`;
  const pair = await generateKeyPair('ES384', { extractable: true });
  key = pair.privateKey;
  other = (await generateKeyPair('ES384')).privateKey;
  other2 = await generateKeyPair('ES384', { extractable: true });
  await clinic.server.clients.add({ id: 'etl', type: 'backend', redirectUris: [], scope: 'system/*.rs system/Patient.cruds', jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES384' }] } }, 'operator');
});
afterAll(async () => { await clinic.stop(); });

let counter = 0;
const now = (): number => Math.floor(clinic.server.clock.now() / 1000);
const good = (): JWTPayload => ({ iss: 'etl', sub: 'etl', aud: endpoint, exp: now() + 240, iat: now(), jti: `jti-${String(counter += 1)}-${String(Math.random())}` });
const sign = (claims: JWTPayload, header: Record<string, unknown> = {}, by: CryptoKey | Uint8Array = key): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'ES384', kid: 'k1', typ: 'JWT', ...header }).sign(by);
const ask = (client_assertion: string, more: Readonly<Record<string, string | undefined>> = {}): Promise<TokenAnswer> =>
  backChannel(clinic, '/token', { grant_type: 'client_credentials', scope: 'system/*.rs', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion, ...more });

describe('backend services', () => {
  it('oauth4webapi gets a token by discovery and private_key_jwt, and reads with it', async () => {
    const options = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(clinic.origin);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oidc' }));
    const client: oauth.Client = { client_id: 'etl' };
    const audience = { [oauth.modifyAssertion]: (_header: unknown, payload: Record<string, unknown>) => { payload['aud'] = endpoint; payload['exp'] = now() + 240; } };
    const response = await oauth.clientCredentialsGrantRequest(as, client, oauth.PrivateKeyJwt({ key, kid: 'k1' }, audience), new URLSearchParams({ scope: 'system/*.rs' }), options);
    const result = await oauth.processClientCredentialsResponse(as, client, response);
    expect(result.expires_in).toBe(300);
    expect(result.scope).toBe('system/*.rs');
    const bundle = await (await fhir(clinic, 'Observation', result.access_token)).json() as { entry: unknown[] };
    expect(bundle.entry).toHaveLength(3);
  });

  it('G20 gives no refresh token, and no scope of a person', async () => {
    const answer = await ask(await sign(good()));
    expect(answer.status).toBe(200);
    expect(answer.body['refresh_token']).toBeUndefined();
    for (const scope of ['patient/*.rs', 'openid', 'system/*.rs launch', 'user/*.rs', 'system/*.cruds', 'system/Patient.rs?bogus=1']) expect([scope, (await ask(await sign(good()), { scope })).body['error']]).toEqual([scope, 'invalid_scope']);
    expect((await ask(await sign(good()), { grant_type: 'refresh_token' })).status).toBeGreaterThanOrEqual(400);
  });

  it('is held to its scopes', async () => {
    const token = tokenOf(await ask(await sign(good()), { scope: 'system/Patient.rs' }));
    expect((await fhir(clinic, 'Patient', token)).status).toBe(200);
    expect((await fhir(clinic, 'Observation', token)).status).toBe(403);
    expect((await fhir(clinic, 'Patient/A', token, { method: 'DELETE' })).status).toBe(403);
  });

  it('C20 sets security labels only when it is registered for it, which no app of people can be', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES384' }] };
    await clinic.server.clients.add({ id: 'loader', type: 'backend', redirectUris: [], scope: 'system/*.cruds', jwks, labels: true }, 'operator');
    await expect(clinic.server.clients.add({ id: 'web', type: 'public', redirectUris: ['https://web.example/'], scope: 'patient/*.rs', labels: true }, 'operator')).rejects.toThrow('labels');
    const body = JSON.stringify({ resourceType: 'Patient', id: 'labelled', meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] } });
    const putBy = async (token: string): Promise<number> => (await fhir(clinic, 'Patient/labelled', token, { method: 'PUT', body, headers: { 'content-type': 'application/fhir+json' } })).status;
    expect(await putBy(tokenOf(await ask(await sign(good()), { scope: 'system/Patient.cruds' })))).toBe(403);
    expect(await putBy(tokenOf(await ask(await sign({ ...good(), iss: 'loader', sub: 'loader' }, {}, privateKey), { scope: 'system/*.cruds' })))).toBe(201);
  });

  it('one that is registered for some patients sees those, and its policy is checked when it is registered', async () => {
    const { clients } = clinic.server;
    const jwks = { keys: [{ ...(await exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey)), kid: 'h', alg: 'ES384' }] };
    const house = { id: 'house', type: 'backend' as const, redirectUris: [], scope: 'system/*.rs', jwks, policy: 'Organization/H' };
    await clients.add(house, 'operator');
    for (const wrong of [{ ...house, id: 'x', policy: 'Patient/A' }, { ...house, id: 'x', policy: 'Organization' }, { ...house, id: 'x', type: 'public' as const, redirectUris: ['https://a.example/'], jwks: undefined }]) await expect(clients.add(wrong, 'operator')).rejects.toThrow(/policy/i);
    await call(clinic.service, { method: 'PUT', url: 'Organization/H', body: { resourceType: 'Organization', id: 'H' } });
    await call(clinic.service, { method: 'PUT', url: 'Patient/H1', body: { resourceType: 'Patient', id: 'H1', managingOrganization: { reference: 'Organization/H' } } });
    const { token } = await mintToken(clinic.server, { client: 'house', scope: 'system/*.rs', minutes: 5 });
    const names = async (bearer: string): Promise<string[]> => ((await (await fhir(clinic, 'Patient', bearer)).json()) as { entry: { resource: { id: string } }[] }).entry.map(({ resource }) => resource.id);
    expect(await names(token)).toEqual(['H1']);
    expect(await names(tokenOf(await ask(await sign(good()))))).toContain('A');
    await call(clinic.service, { method: 'DELETE', url: 'Patient/H1' });
  });

  const claims: readonly (readonly [string, (claims: JWTPayload) => JWTPayload])[] = [
    ['iss is not sub', (all) => ({ ...all, sub: 'app' })], ['iss of another', (all) => ({ ...all, iss: 'app' })], ['aud is the issuer', (all) => ({ ...all, aud: clinic.origin })], ['aud is another', (all) => ({ ...all, aud: 'https://other/token' })],
    ['aud has one more', (all) => ({ ...all, aud: [endpoint, 'https://other/token'] })], ['no aud', (all) => omit(all, ['aud'])], ['no exp', (all) => omit(all, ['exp'])], ['exp too far', (all) => ({ ...all, exp: now() + 400 })],
    ['exp past', (all) => ({ ...all, exp: now() - 60 })], ['iat future', (all) => ({ ...all, iat: now() + 120 })], ['nbf future', (all) => ({ ...all, nbf: now() + 120 })], ['no jti', (all) => omit(all, ['jti'])],
  ];
  it.each(claims)('G9 refuses an assertion: %s', async (_name, change) => {
    const answer = await ask(await sign(change(good())));
    expect([400, 401]).toContain(answer.status);
    expect(['invalid_client', 'invalid_request']).toContain(answer.body['error']);
  });

  it('G37 clocks may differ by half a minute', async () => {
    expect((await ask(await sign({ ...good(), iat: now() + 20, exp: now() + 310 }))).status).toBe(200);
  });

  it('G9 refuses other keys and algorithms', async () => {
    const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const rsa = await generateKeyPair('RS256');
    const tokens = [
      await sign(good(), {}, other), `${b64({ alg: 'none', typ: 'JWT' })}.${b64(good())}.`, await new SignJWT(good()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(new TextEncoder().encode('k'.repeat(32))),
      await new SignJWT(good()).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(rsa.privateKey), await sign(good(), { typ: 'at+jwt' }), await sign(good(), { kid: 'unknown' }), 'a.b.c', '',
    ];
    for (const token of tokens) expect([400, 401]).toContain((await ask(token)).status);
  });

  it('G9 an assertion is good once: later, after a restart, and of fifty at once', async () => {
    const once = await sign(good());
    expect((await ask(once)).status).toBe(200);
    expect((await ask(once)).status).toBe(401);
    const many = await sign(good());
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(many)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
  });

  it('G9 an assertion stays used over a restart; keys that do not fit their algorithm or share a name let nobody else in', async () => {
    const settings = { origin: clinic.origin, fhirBase: clinic.base };
    const once = await sign(good());
    expect((await ask(once)).status).toBe(200);
    // Another process on the same records, as after a restart.
    const again = await openClinic(settings, { ...clinic.grants, close: async () => undefined });
    const answer = await backChannel(again, '/token', { grant_type: 'client_credentials', scope: 'system/*.rs', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: once });
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    await again.stop();
    const [first, second] = [await generateKeyPair('ES384', { extractable: true }), await generateKeyPair('ES384', { extractable: true })];
    await clinic.server.clients.add({ id: 'twins', type: 'backend', redirectUris: [], scope: 'system/*.rs', jwks: { keys: [{ ...(await exportJWK(first.publicKey)), kid: 'same', alg: 'ES384' }, { ...(await exportJWK(second.publicKey)), kid: 'same', alg: 'ES384' }, { ...(await exportJWK(other2.publicKey)), kid: 'odd', alg: 'RS384' }] } }, 'operator');
    const twin = (by: CryptoKey, kid: string, alg = 'ES384') => new SignJWT({ ...good(), iss: 'twins', sub: 'twins' }).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(by);
    expect((await ask(await twin(key, 'same'))).status).toBe(401);
    expect((await ask(await twin(other2.privateKey, 'odd'))).status).toBe(401);
  });

  it('G10 jku must be the registered one, and keys in the header are not looked at', async () => {
    let asked = 0;
    const sink = createServer((_req, res) => { asked += 1; res.end('{"keys":[]}'); });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((sink.address() as { port: number }).port)}/`;
    for (const header of [{ jku: url }, { x5u: url }, { jwk: { kty: 'EC' } }]) expect((await ask(await sign(good(), header))).status).toBe(401);
    expect(asked).toBe(0);
    // A registered JWKS address that leads inside is not asked either.
    await clinic.server.clients.add({ id: 'inside', type: 'backend', redirectUris: [], scope: 'system/*.rs', jwksUrl: url }, 'operator').catch(() => undefined);
    const answer = await ask(await sign({ ...good(), iss: 'inside', sub: 'inside' }));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(asked).toBe(0);
    sink.close();
  });

  it('keys rotate: the former is refused at once', async () => {
    const pair = await generateKeyPair('RS384', { extractable: true });
    await clinic.server.clients.add({ id: 'rot', type: 'backend', redirectUris: [], scope: 'system/*.rs', jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'r1' }] } }, 'operator');
    const assertion = (by: CryptoKey, alg: string, kid: string) => new SignJWT({ ...good(), iss: 'rot', sub: 'rot' }).setProtectedHeader({ alg, kid }).sign(by);
    expect((await ask(await assertion(pair.privateKey, 'RS384', 'r1'))).status).toBe(200);
    const next = await generateKeyPair('ES384', { extractable: true });
    await clinic.server.clients.rotate('rot', { jwks: { keys: [{ ...(await exportJWK(next.publicKey)), kid: 'r2' }] } });
    expect((await ask(await assertion(pair.privateKey, 'RS384', 'r1'))).status).toBe(401);
    expect((await ask(await assertion(next.privateKey, 'ES384', 'r2'))).status).toBe(200);
  });
});
