/** EHR launch, dynamic registration, pushed requests, DPoP, the flight recorder (https://hl7.org/fhir/smart-app-launch/app-launch.html). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createHash, randomUUID } from 'node:crypto';
import { mintToken } from '../../../src/authorization/operator.js';
import { tracesPath } from '../../../src/authorization/http/recorder.js';
import { call } from '../../fixture/service.js';
import { answered, authorize, authorizeUrl, backChannel, Browser, challengeOf, exchange, fhir, launch, newVerifier, openClinic, password, redirectUri, tokenOf, type Clinic } from './harness.js';

let clinic: Clinic;
let ehr = '';
beforeAll(async () => {
  clinic = await openClinic();
  ehr = (await mintToken(clinic.server, { client: 'app', user: 'dr@example.org', scope: 'user/*.rs', minutes: 60 })).token;
});
afterAll(async () => { await clinic.stop(); });

const open = async (wish: Record<string, unknown>, token = ehr): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${clinic.origin}/oauth/launch`, { method: 'POST', body: JSON.stringify(wish), headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const scope = 'launch openid fhirUser patient/*.rs';
const launchWith = (handle: string, more: { email?: string; client?: string; redirect?: string } = {}) => authorize(clinic, { scope, verifier: newVerifier(), email: 'dr@example.org', params: { launch: handle }, ...more });

describe('an EHR launch', () => {
  it('brings patient, encounter and intent into the token', async () => {
    const { status, body } = await open({ client_id: 'app', patient: 'A', encounter: 'encA', intent: 'reconcile', need_patient_banner: false });
    expect(status).toBe(201);
    expect(String(body['launch_url'])).toContain(`iss=${encodeURIComponent(clinic.base)}`);
    const verifier = newVerifier();
    const seen = await authorize(clinic, { scope, verifier, email: 'dr@example.org', params: { launch: String(body['launch']) } });
    const answer = await exchange(clinic, answered(seen).get('code') ?? '', verifier);
    expect(answer.body).toMatchObject({ patient: 'A', encounter: 'encA', intent: 'reconcile', need_patient_banner: false });
    expect((await fhir(clinic, 'Observation/obsA', tokenOf(answer))).status).toBe(200);
    expect((await fhir(clinic, 'Observation/obsB', tokenOf(answer))).status).toBe(404);
  });

  it('G16 G38 a handle is good once, for a minute, for its user and its app', async () => {
    const handle = async () => String((await open({ client_id: 'app', patient: 'A' })).body['launch']);
    const used = await handle();
    expect(answered(await launchWith(used)).get('code')).toBeTruthy();
    expect(answered(await launchWith(used)).get('error')).toBe('invalid_request');
    expect(answered(await launchWith('unknown')).get('error')).toBe('invalid_request');
    expect(answered(await launchWith(await handle(), { email: 'admin@example.org' })).get('error')).toBe('invalid_request');
    expect(answered(await launchWith(await handle(), { client: 'other', redirect: 'http://127.0.0.1:7778/' })).get('error')).toBe('invalid_request');
    const late = await handle();
    clinic.pass(61_000);
    expect(answered(await launchWith(late)).get('error')).toBe('invalid_request');
  });

  it('is opened by those who work here, for what is there', async () => {
    expect((await open({ client_id: 'app', patient: 'A' }, '')).status).toBe(401);
    expect((await open({ client_id: 'app', patient: 'A' }, 'nonsense')).status).toBe(401);
    const patient = (await mintToken(clinic.server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.rs', patient: 'A', minutes: 5 })).token;
    expect((await open({ client_id: 'app', patient: 'A' }, patient)).status).toBe(403);
    for (const wish of [{ client_id: 'nobody', patient: 'A' }, { client_id: 'app', patient: 'none' }, { client_id: 'app', patient: 'B', encounter: 'encA' }, { client_id: 'app', encounter: 'encA' }, { client_id: 'app', patient: '../x' }]) expect((await open(wish)).status).toBe(422);
  });

  it('starts from a page too', async () => {
    const browser = new Browser(clinic.origin);
    await browser.submit(await browser.get('/oauth/account'), 'account/sign-in', { email: 'dr@example.org', password });
    const page = await browser.get('/oauth/account/launch');
    const seen = await browser.submit(page, 'account/launch', { patient: 'A', app: 'app' });
    expect(seen.location).toMatch(/^http:\/\/127\.0\.0\.1:7777\/launch\?iss=.*&launch=/);
    const handle = new URL(seen.location ?? '').searchParams.get('launch') ?? '';
    const end = await authorize(clinic, { scope, verifier: newVerifier(), params: { launch: handle } }, browser);
    expect(answered(end).get('code')).toBeTruthy();
    const patient = new Browser(clinic.origin);
    await patient.submit(await patient.get('/oauth/account'), 'account/sign-in', { email: 'ada@example.org', password });
    expect((await patient.get('/oauth/account/launch')).status).toBe(403);
  });

  it('a practitioner launches by themselves, chooses the patient and the encounter', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient launch/encounter patient/*.rs', email: 'dr@example.org', patient: 'A' });
    expect(answer.body).toMatchObject({ patient: 'A', encounter: 'encA' });
    const user = await launch(clinic, { scope: 'openid fhirUser user/*.rs', email: 'dr@example.org' });
    expect(user.body['patient']).toBeUndefined();
    expect((await fhir(clinic, 'Observation/obsB', tokenOf(user))).status).toBe(200);
  });
});

describe('whose patients may be chosen', () => {
  it('only those that the person reaches, by page, by handle and by command; a patient searches none', async () => {
    await call(clinic.service, { method: 'PUT', url: 'Patient/D', body: { resourceType: 'Patient', id: 'D', name: [{ family: 'Unassigned' }] } });
    expect((await open({ client_id: 'app', patient: 'D' })).status).toBe(422);
    await expect(mintToken(clinic.server, { client: 'app', user: 'dr@example.org', scope: 'patient/*.rs', patient: 'D', minutes: 5 })).rejects.toThrow(/does not reach/);
    const browser = new Browser(clinic.origin);
    let page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
    page = await browser.submit(page, 'sign-in', { email: 'dr@example.org', password });
    expect([page.text.includes('Ada Lin'), page.text.includes('Unassigned')]).toEqual([true, false]);
    expect((await browser.submit(page, 'find', { name: 'Unassigned' })).text).not.toContain('value="D"');
    const parent = new Browser(clinic.origin);
    let own = await parent.follow(await parent.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
    own = await parent.submit(own, 'sign-in', { email: 'parent@example.org', password });
    const find = /action="([^"]*)\/patient"/.exec(own.text)?.[1] ?? '';
    const guard = /name="guard" value="([^"]+)"/.exec(own.text)?.[1] ?? '';
    const asked = await parent.send('POST', `${find}/find`, { guard, name: 'Ada' });
    expect([asked.status, asked.text.includes('Ada Lin')]).toEqual([403, false]);
  });
});

describe('G34 dynamic registration', () => {
  const post = async (own: Clinic, metadata: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${own.origin}/oauth/register`, { method: 'POST', body: JSON.stringify(metadata), headers: { 'content-type': 'application/json', ...headers } });
    return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
  };
  const good = { client_name: 'Mine', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', scope: 'launch/patient patient/*.rs system/*.cruds' };

  it('is not there when it is off', async () => { expect((await post(clinic, good)).status).toBe(404); });

  it('open: registers an app that works, with what SMART needs and no more', async () => {
    const own = await openClinic({ registration: 'open' });
    const { status, body } = await post(own, { ...good, grant_types: ['password'], smart_introspects: true });
    expect(status).toBe(201);
    expect(body['scope']).toBe('launch/patient patient/*.rs');
    expect(body['grant_types']).toEqual(['authorization_code', 'refresh_token']);
    const verifier = newVerifier();
    const seen = await authorize(own, { client: String(body['client_id']), scope: 'launch/patient patient/*.rs', verifier });
    expect((await exchange(own, answered(seen).get('code') ?? '', verifier, { client_id: String(body['client_id']) })).status).toBe(200);
    for (const redirect of ['http://evil.example/', 'https://a.example/*', 'javascript:alert(1)', 'https://a.example/#x', 'https://u:p@a.example/']) expect((await post(own, { ...good, redirect_uris: [redirect] })).body['error']).toBe('invalid_redirect_uri');
    for (const bad of [[], 'x', { ...good, redirect_uris: 'x' }, { ...good, token_endpoint_auth_method: 'tls_client_auth' }, { ...good, token_endpoint_auth_method: 'private_key_jwt' }, { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://127.0.0.1/' }]) expect((await post(own, bad)).status).toBe(400);
    const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await post(own, good)).status));
    expect(statuses).toContain(429);
    await own.stop();
  });

  it('a registration is not changed or removed over HTTP, by its owner or another', async () => {
    const own = await openClinic({ registration: 'open' });
    const { body } = await post(own, good);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['/oauth/register', `/oauth/register/${String(body['client_id'])}`, '/oauth/register/app', '/oauth/reg/app']) {
        const answer = await fetch(`${own.origin}${path}`, { method, headers: { 'content-type': 'application/json' }, ...(method === 'GET' ? {} : { body: JSON.stringify({ ...good, redirect_uris: ['https://evil.example/'] }) }) });
        expect([method, path, answer.status]).toEqual([method, path, 404]);
      }
    }
    expect((await own.server.clients.get('app'))?.redirect_uris).toEqual([redirectUri]);
    await own.stop();
  });

  it('approved: needs the token of the operator', async () => {
    const own = await openClinic({ registration: 'approved', registrationToken: 'a token of the operator' });
    expect((await post(own, good)).status).toBe(401);
    expect((await post(own, good, { authorization: 'Bearer wrong' })).status).toBe(401);
    await own.stop();
    const spaced = await openClinic({ registration: 'approved', registrationToken: 'operators-token-123456' });
    expect((await post(spaced, good, { authorization: 'Bearer operators-token-123456' })).status).toBe(201);
    await spaced.stop();
  });
});

describe('pushed authorization requests and DPoP', () => {
  it('a pushed request is held to the same rules, and keeps offline_access', async () => {
    const verifier = newVerifier();
    const form = { client_id: 'app', response_type: 'code', redirect_uri: redirectUri, scope: 'launch/patient offline_access patient/*.rs', state: 'state-1234567890', aud: clinic.base, code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };
    expect((await backChannel(clinic, '/request', { ...form, aud: 'http://other/' })).body['error']).toBe('invalid_request');
    const pushed = await backChannel(clinic, '/request', form);
    expect(pushed.status).toBe(201);
    const browser = new Browser(clinic.origin);
    let page = await browser.follow(await browser.get(`/oauth/auth?client_id=app&request_uri=${encodeURIComponent(String(pushed.body['request_uri']))}`));
    page = await browser.submit(page, 'sign-in', { email: 'ada@example.org', password });
    const end = await browser.submit(page, 'consent', { scope: form.scope.split(' ') });
    const answer = await exchange(clinic, answered(end).get('code') ?? '', verifier);
    expect(answer.body['refresh_token']).toBeTruthy();
  });

  it('a token bound to a key is good with a proof of that key for this request, once', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const proof = (htm: string, htu: string, more: Record<string, unknown> = {}, by = pair.privateKey) => new SignJWT({ htm, htu, jti: randomUUID(), iat: Math.floor(clinic.server.clock.now() / 1000), ...more }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(by);
    const verifier = newVerifier();
    const code = answered(await authorize(clinic, { scope: 'launch/patient patient/*.rs', verifier })).get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, client_id: 'app', code_verifier: verifier };
    const answer = await backChannel(clinic, '/token', form, { dpop: await proof('POST', `${clinic.origin}/oauth/token`) });
    expect(answer.body['token_type']).toBe('DPoP');
    const token = tokenOf(answer);
    const url = `${clinic.base}/Patient/A`;
    const ath = createHash('sha256').update(token).digest('base64url');
    const read = async (dpop: string | undefined, scheme = 'DPoP'): Promise<number> => (await fetch(url, { headers: { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) } })).status;
    const good = await proof('GET', url, { ath });
    expect(await read(good)).toBe(200);
    expect(await read(good)).toBe(401);
    expect(await read(undefined)).toBe(401);
    expect(await read(await proof('GET', url, { ath }), 'Bearer')).toBe(401);
    for (const bad of [await proof('POST', url, { ath }), await proof('GET', `${clinic.base}/Patient/B`, { ath }), await proof('GET', url), await proof('GET', url, { ath, iat: 1 }), await proof('GET', url, { ath }, (await generateKeyPair('ES256')).privateKey), 'x.y.z']) expect(await read(bad)).toBe(401);
    expect((await calculateJwkThumbprint(jwk)).length).toBe(43);
  });
});

describe('discovery', () => {
  it('says what SMART asks for, publicly, and nothing of the inside', async () => {
    const smart = await (await fetch(`${clinic.base}/.well-known/smart-configuration`, { headers: { accept: 'application/json' } })).json() as Record<string, string[]>;
    for (const name of ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint', 'grant_types_supported', 'scopes_supported', 'response_types_supported', 'introspection_endpoint', 'revocation_endpoint', 'code_challenge_methods_supported', 'capabilities']) expect(smart[name]).toBeDefined();
    expect(smart['code_challenge_methods_supported']).toEqual(['S256']);
    expect(smart['capabilities']).toEqual(expect.arrayContaining(['launch-ehr', 'launch-standalone', 'client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric', 'permission-v2', 'authorize-post']));
    const native = await (await fetch(`${clinic.origin}/oauth/.well-known/openid-configuration`)).json() as Record<string, string>;
    const own = await (await fetch(`${clinic.origin}/.well-known/openid-configuration`)).json() as Record<string, string>;
    // What the provider says of itself is what our document says of it.
    for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', 'introspection_endpoint', 'revocation_endpoint', 'pushed_authorization_request_endpoint', 'userinfo_endpoint']) expect([name, own[name]]).toEqual([name, native[name]]);
  });

  it('publishes a brands Bundle that holds to its profiles, where any app may read it', async () => {
    const smart = await (await fetch(`${clinic.base}/.well-known/smart-configuration`)).json() as { user_access_brand_bundle: string };
    const answer = await fetch(smart.user_access_brand_bundle, { headers: { origin: 'https://some-app.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    interface Extension { url: string; valueCode?: string; valueReference?: { reference: string }; extension?: Extension[] }
    interface Brand { resourceType: string; id: string; extension: Extension[]; endpoint?: { reference: string }[]; address?: string; managingOrganization?: { reference: string } }
    const bundle = await answer.json() as { resourceType: string; type: string; timestamp: string; meta: { lastUpdated: string }; entry: { fullUrl: string; resource: Brand }[] };
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'collection', timestamp: bundle.meta.lastUpdated });
    const [brand, endpoint] = bundle.entry.map(({ resource }) => resource);
    expect(endpoint).toMatchObject({ resourceType: 'Endpoint', status: 'active', address: clinic.base, connectionType: { code: 'hl7-fhir-rest' }, managingOrganization: { reference: `Organization/${String(brand?.id)}` } });
    expect(endpoint?.extension).toContainEqual({ url: 'http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version', valueCode: '4.0.1' });
    // uab-1: the endpoints of the portal are among those of the brand.
    const portal = brand?.extension.find(({ url }) => url.endsWith('/organization-portal'))?.extension?.find(({ url }) => url === 'portalEndpoint');
    expect(brand?.endpoint).toEqual([portal?.valueReference]);
    for (const { fullUrl, resource } of bundle.entry) expect(fullUrl).toBe(`${clinic.base}/${resource.resourceType}/${resource.id}`);
  });

  it('an authorization request may be posted', async () => {
    const [path = '', query = ''] = authorizeUrl(clinic, { scope: 'launch/patient offline_access patient/*.rs', verifier: newVerifier() }).split('?');
    const browser = new Browser(clinic.origin);
    const page = await browser.follow(await browser.send('POST', path, Object.fromEntries(new URLSearchParams(query))));
    expect(page.text).toContain('name="password"');
  });
});

describe('the flight recorder', () => {
  it('shows each step and the rule that failed, with the mend, and no secret', async () => {
    const browser = new Browser(clinic.origin);
    await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier(), params: { aud: 'http://other/fhir' } }));
    const answer = await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs' });
    await fhir(clinic, 'Patient/A', tokenOf(answer));
    const page = await browser.get(tracesPath(clinic.server, 'app'));
    for (const words of ['aud must be the FHIR base', 'Send aud with the FHIR base URL', 'a code was sent', 'tokens were given', 'read Patient: the access token was used']) expect(page.text).toContain(words);
    for (const secret of [tokenOf(answer), String(answer.body['refresh_token']), 'ada@example.org', 'Ada']) expect(page.text).not.toContain(secret);
    expect((await browser.get(`/oauth/recorder/app/${'x'.repeat(22)}`)).status).toBe(404);
  });
});
