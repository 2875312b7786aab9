/** Section A of the security design: presenting tokens (https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc9700). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, createPublicKey } from 'node:crypto';
import { SignJWT, generateKeyPair, exportJWK } from 'jose';
import { createServer } from 'node:http';
import { call } from '../../support/http.js';
import { outcomeOf } from '../http/harness.js';
import { fhir, launch, openClinic, tokenOf, type Clinic } from './harness.js';

let clinic: Clinic;
let tA: string;
let answer: Awaited<ReturnType<typeof launch>>;
beforeAll(async () => {
  clinic = await openClinic();
  answer = await launch(clinic, { scope: 'launch/patient openid fhirUser offline_access patient/*.rs' });
  tA = tokenOf(answer);
});
afterAll(async () => { await clinic.stop(); });

const with_ = (authorization: string) => call({ method: 'GET', url: `${clinic.base}/Patient/A`, headers: { authorization } });
const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('A', () => {
  it('A1 no Authorization: 401, WWW-Authenticate, OperationOutcome login', async () => {
    const { status, headers, text } = await call({ method: 'GET', url: `${clinic.base}/Patient/A` });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer/);
    expect(outcomeOf(text).issue[0]).toMatchObject({ code: 'login' });
  });

  it.each(['Bearer x', 'Basic YXBwOng=', 'Bearer', 'Bearer  ', 'Bearer a b', 'bearer\tx', 'Bearer ü', 'Digest x', ''])('A2 %j: 401', async (authorization) => {
    expect((await with_(authorization)).status).toBe(401);
  });

  it('A2 two Authorization headers, even of the good token: 401', async () => {
    const { raw } = await import('../http/harness.js');
    const port = Number(new URL(clinic.origin).port);
    const [seen] = await raw(port, `GET /fhir/Patient/A HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tA}\r\nAuthorization: Bearer ${tA}\r\nConnection: close\r\n\r\n`);
    expect(seen?.status).toBe(401);
  });

  it('A3 a token in the address or in the body is not looked at, and not logged', async () => {
    clinic.observed.length = 0;
    expect((await call({ method: 'GET', url: `${clinic.base}/Patient/A?access_token=${tA}` })).status).toBe(401);
    const form = await call({ method: 'POST', url: `${clinic.base}/Patient/_search`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `access_token=${tA}` });
    expect(form.status).toBe(401);
    expect(JSON.stringify(clinic.observed)).not.toContain(tA);
  });

  it('A4 an expired token: 401, also after a restart', async () => {
    const own = await openClinic();
    const token = tokenOf(await launch(own, { scope: 'launch/patient patient/*.rs' }));
    expect((await fhir(own, 'Patient/A', token)).status).toBe(200);
    await own.leave();
    const again = await openClinic({ origin: own.origin, fhirBase: own.base }, own.grants);
    expect((await fhir(again, 'Patient/A', token)).status).toBe(200);
    again.pass(3_601_000);
    expect((await fhir(again, 'Patient/A', token)).status).toBe(401);
    await again.stop();
  });

  it('A5 a token of another FHIR base: 401', async () => {
    const other = await openClinic();
    expect((await fhir(other, 'Patient/A', tA)).status).toBe(401);
    await other.stop();
  });

  it('A6 an id_token or refresh token is no access token', async () => {
    for (const name of ['id_token', 'refresh_token']) expect((await fhir(clinic, 'Patient/A', String(answer.body[name]))).status).toBe(401);
  });

  it('A7 A8 no JWT is taken: alg none, empty signature, HS256 with our public key', async () => {
    const claims = { iss: clinic.origin, aud: clinic.base, sub: 'x', scope: 'system/*.cruds', client_id: 'app', exp: 9e9, jti: 'j' };
    const jwks = await (await fetch(`${clinic.origin}/oauth/jwks`)).json() as { keys: (Record<string, string> & { kty: string })[] };
    const [key] = jwks.keys.filter(({ kty }) => kty === 'RSA');
    const pem = createPublicKey({ key: key ?? {}, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const hs = (secret: string | Buffer): string => { const head = `${b64({ alg: 'HS256', typ: 'at+jwt', kid: key?.['kid'] })}.${b64(claims)}`; return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`; };
    const tokens = [`${b64({ alg: 'none' })}.${b64(claims)}.`, `${b64({ alg: 'None' })}.${b64(claims)}.`, `${b64({ alg: 'RS256', kid: key?.['kid'] })}.${b64(claims)}.`, hs(pem), hs(JSON.stringify(key))];
    for (const token of tokens) expect((await with_(`Bearer ${token}`)).status).toBe(401);
  });

  it('A9 a kid is no path, and jku, x5u and jwk are not followed', async () => {
    let asked = 0;
    const sink = createServer((_req, res) => { asked += 1; res.end('{"keys":[]}'); });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const { port } = sink.address() as { port: number };
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const url = `http://127.0.0.1:${String(port)}/jwks`;
    for (const header of [{ kid: '../../dev/null' }, { kid: "' OR 1=1" }, { kid: 'k'.repeat(2_000) }, { jku: url }, { x5u: url }, { jwk: await exportJWK(publicKey) }]) {
      const token = await new SignJWT({ scope: 'system/*.cruds', client_id: 'app' }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).setIssuer(clinic.origin).setAudience(clinic.base).setExpirationTime('5m').setJti('j').sign(privateKey);
      expect((await with_(`Bearer ${token}`)).status).toBe(401);
    }
    expect(asked).toBe(0);
    sink.close();
  });

  it('A13 a type in no scope: 403 alike for what is there and what is not', async () => {
    const own = tokenOf(await launch(clinic, { scope: 'launch/patient patient/Observation.rs' }));
    const texts = await Promise.all(['Condition/conA', 'Condition/none'].map(async (path) => { const seen = await fhir(clinic, path, own); return `${String(seen.status)} ${(await seen.text()).replace(/"id":"[^"]*"/, '')}`; }));
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]?.slice(0, 3)).toBe('403');
  });

  it('A14 headers do not change who asks for what', async () => {
    for (const headers of [{ 'X-HTTP-Method-Override': 'DELETE' }, { 'X-Forwarded-User': 'admin' }, { 'X-Patient-Id': 'B' }, { 'X-FHIR-Bundle-Method': 'DELETE' }]) {
      expect((await fhir(clinic, 'Patient/A', tA, { headers })).status).toBe(200);
      expect((await fhir(clinic, 'Patient/B', tA, { headers })).status).toBe(404);
    }
  });

  it('A15 guessing tokens is slowed down, good ones go on', async () => {
    const own = await openClinic();
    const good = tokenOf(await launch(own, { scope: 'launch/patient patient/*.rs' }));
    const statuses: number[] = [];
    for (let tried = 0; tried < 60; tried += 1) statuses.push((await fhir(own, 'Patient/A', `guess-${String(tried)}`)).status);
    expect(statuses.slice(0, 30).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(31).every((status) => status === 429)).toBe(true);
    expect((await fhir(own, 'Patient/A', 'one-more')).headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await fhir(own, 'Patient/A', good)).status).toBe(200);
    await own.stop();
  });
});
