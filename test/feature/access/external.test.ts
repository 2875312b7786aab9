/** AUTH=external: access tokens of a foreign authorization server, over HTTP (RFC 9068, cases A4 to A11 of the security design). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { makeExternal } from '../../../src/access/external.js';
import { systemClock } from '../../../src/core/clock.js';
import { perform } from '../../../src/interaction/perform.js';
import { httpDefaults } from '../../../src/rest/options.js';
import { makeHttpServer, type HttpServer } from '../../../src/rest/server.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

let issuer: Server;
let http: HttpServer;
let base = '';
let as = '';
let keys: { kid: string; key: CryptoKey; jwk: JWK }[] = [];
let shift = 0;
const asked: string[] = [];
const clock = { now: () => systemClock.now() + shift, monotonic: () => systemClock.monotonic() };

const newKey = async (kid: string) => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  return { kid, key: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' } };
};

beforeAll(async () => {
  keys = [await newKey('k1')];
  issuer = createServer((req, res) => {
    asked.push(req.url ?? '');
    const body = req.url === '/jwks' ? { keys: keys.map(({ jwk }) => jwk) } : { issuer: as, jwks_uri: `${as}/jwks`, authorization_endpoint: `${as}/auth`, token_endpoint: `${as}/token` };
    res.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  as = `http://127.0.0.1:${String((issuer.address() as { port: number }).port)}`;
  const service = { ...makeService(makeMemoryStore(systemClock)), clock };
  await call(service, { method: 'PUT', url: 'Practitioner/P', body: { resourceType: 'Practitioner', id: 'P' } });
  for (const id of ['A', 'B']) await call(service, { method: 'PUT', url: `Patient/${id}`, body: { resourceType: 'Patient', id, generalPractitioner: [{ reference: 'Practitioner/P' }] } });
  const { viewerOf } = makeExternal({
    issuer: as, audience: () => base, origin: () => base.slice(0, -'/fhir'.length), algorithms: ['ES256'], clock,
    claims: { scope: 'scope', patient: 'patient', encounter: 'encounter', fhirUser: 'fhirUser' },
  });
  http = makeHttpServer({ service, perform, options: { ...httpDefaults, stopSeconds: 2, checkEvery: 50 }, observe: () => undefined, viewerOf, metrics: async () => ({ contentType: 'text/plain', text: '' }), readiness: async () => ({ ready: true }) });
  const { port } = await http.listen(0, '127.0.0.1');
  base = `http://127.0.0.1:${String(port)}/fhir`;
});
afterAll(async () => { await http.close(); issuer.closeAllConnections(); issuer.close(); });

const seconds = (): number => Math.floor(Date.now() / 1000);
const good = (): Record<string, unknown> => ({ iss: as, aud: base, sub: 'u', client_id: 'c', jti: randomUUID(), iat: seconds(), exp: seconds() + 300, scope: 'patient/*.rs', patient: 'A' });
const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, key = keys[0]?.key): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: keys[0]?.kid ?? '', ...header }).sign(key ?? new Uint8Array());
const read = async (token: string, path = 'Patient/A', headers: Record<string, string> = {}): Promise<number> => (await fetch(`${base}/${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } })).status;

describe('AUTH=external', () => {
  it('takes a token of the issuer for this server, held to its scopes and patient', async () => {
    const token = await sign(good());
    expect(await read(token)).toBe(200);
    expect(await read(token, 'Patient/B')).toBe(404);
    expect((await fetch(`${base}/Patient/A`)).status).toBe(401);
    expect((await fetch(`${base}/metadata`)).status).toBe(200);
    expect(await read(await sign({ ...good(), patient: `${base}/Patient/A` }))).toBe(200);
    expect(await read(await sign({ ...good(), scope: 'user/*.rs', patient: undefined, fhirUser: 'Practitioner/P' }), 'Patient/B')).toBe(200);
    expect(await read(await sign({ ...good(), scope: ['system/Patient.rs'], patient: undefined }), 'Patient/B')).toBe(200);
  });

  const bad: readonly (readonly [string, (all: Record<string, unknown>) => Record<string, unknown>])[] = [
    ['A4 expired', (all) => ({ ...all, exp: seconds() - 60 })], ['no expiry', (all) => ({ ...all, exp: undefined })], ['A5 another audience', (all) => ({ ...all, aud: 'https://other/fhir' })], ['another path', (all) => ({ ...all, aud: `${base}/x` })],
    ['another issuer', (all) => ({ ...all, iss: 'https://evil' })], ['no jti', (all) => ({ ...all, jti: undefined })], ['no client_id', (all) => ({ ...all, client_id: undefined })], ['A10 patient/ without a patient', (all) => ({ ...all, patient: undefined })],
    ['not yet', (all) => ({ ...all, nbf: seconds() + 300 })],
  ];
  it.each(bad)('refuses: %s', async (_name, change) => { expect(await read(await sign(change(good())))).toBe(401); });

  it('A6 A7 A8 A9 refuses other kinds, algorithms and keys, and follows nothing in a header', async () => {
    const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = `${b64({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${b64(good())}`;
    const hs = `${head}.${createHmac('sha256', JSON.stringify(keys[0]?.jwk)).update(head).digest('base64url')}`;
    const other = await newKey('k1');
    const before = asked.length;
    for (const token of [await sign(good(), { typ: 'JWT' }), `${b64({ alg: 'none', typ: 'at+jwt' })}.${b64(good())}.`, hs, await sign(good(), {}, other.key), await sign(good(), { jku: `${as}/evil`, kid: undefined }, other.key), await sign(good(), { jwk: other.jwk }, other.key), await sign(good(), { x5u: `${as}/evil` }, other.key), 'x', 'a.b.c', `${'a'.repeat(9_000)}.b.c`]) expect(await read(token)).toBe(401);
    expect(asked.slice(before)).not.toContain('/evil');
  });

  it('A10 user/ without fhirUser reaches nothing', async () => { expect(await read(await sign({ ...good(), scope: 'user/*.cruds', patient: undefined }))).toBe(403); });

  it('a token is verified once, its keys are asked for once, and a rotated key is found', async () => {
    const token = await sign(good());
    await read(token);
    const before = asked.length;
    for (let time = 0; time < 20; time += 1) expect(await read(token)).toBe(200);
    expect(asked.length).toBe(before);
    keys = [await newKey('k2')];
    const rotated = await sign(good());
    shift += 31_000;
    expect(await read(rotated)).toBe(200);
    const after = asked.length;
    for (let time = 0; time < 20; time += 1) expect(await read(`nonsense-${String(time)}.b.c`)).toBe(401);
    expect(asked.length).toBe(after);
  });

  it('a bound token needs a proof for this request, good once', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const token = await sign({ ...good(), cnf: { jkt: await calculateJwkThumbprint(jwk) } });
    const proof = (htu: string) => new SignJWT({ htm: 'GET', htu, jti: randomUUID(), iat: seconds(), ath: createHash('sha256').update(token).digest('base64url') }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(pair.privateKey);
    const ask = async (dpop: string | undefined): Promise<number> => (await fetch(`${base}/Patient/A`, { headers: { authorization: `DPoP ${token}`, ...(dpop === undefined ? {} : { dpop }) } })).status;
    const once = await proof(`${base}/Patient/A`);
    const first = await ask(once);
    expect([first, await ask(once), await ask(undefined), await ask(await proof(`${base}/Patient/B`)), await read(token)]).toEqual([200, 401, 401, 401, 401]);
  });
});
