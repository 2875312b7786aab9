/** Section G of the security design, the authorization endpoint (https://www.rfc-editor.org/rfc/rfc9700, SMART App Launch 2.2). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answered, authorize, authorizeUrl, Browser, fhir, launch, newVerifier, openClinic, redirectUri, tokenOf, type Clinic, type Seen } from './harness.js';

let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic(); });
afterAll(async () => { await clinic.stop(); });

const scope = 'launch/patient patient/*.rs';
const ask = (params: Readonly<Record<string, string | undefined>>) => new Browser(clinic.origin).get(authorizeUrl(clinic, { scope, verifier: newVerifier(), params }));
/** What the app is told, for a request that is sent back to it. */
const errorOf = async (params: Readonly<Record<string, string | undefined>>): Promise<string | null> => answered(await ask(params)).get('error');

describe('G authorize', () => {
  it('G1 an unknown client or redirect URI is never redirected to', async () => {
    const uris = ['http://127.0.0.1:7777/other', `${redirectUri}/`, 'http://127.0.0.1:7777/After', `${redirectUri}?x`, `${redirectUri}#x`, 'http://x.127.0.0.1:7777/after', 'https://127.0.0.1:7777/after', 'http://user@127.0.0.1:7777/after',
      'http://127.0.0.1:7777/x/../after', 'http://127.0.0.1:7777/%2fafter', 'http://localhost:7777/after', 'http://evil/after', 'javascript:alert(1)', ''];
    for (const redirect_uri of uris) {
      const seen = await ask({ redirect_uri });
      expect([redirect_uri, seen.location, seen.status]).toEqual([redirect_uri, undefined, 400]);
    }
    const seen = await ask({ client_id: 'nobody' });
    expect([seen.location, seen.status]).toEqual([undefined, 400]);
    expect(seen.text).not.toContain('<script');
  });

  it('G2 a parameter given twice is an error, by GET and POST', async () => {
    for (const name of ['redirect_uri', 'client_id', 'scope', 'state']) {
      const url = `${authorizeUrl(clinic, { scope, verifier: newVerifier() })}&${name}=x`;
      const browser = new Browser(clinic.origin);
      const [path = '', query = ''] = url.split('?');
      const posted = await fetch(`${clinic.origin}${path}`, { method: 'POST', redirect: 'manual', body: query, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' } });
      expect([name, (await browser.get(url)).text.includes('name="password"'), posted.status === 303 && (posted.headers.get('location') ?? '').includes('/interaction/')]).toEqual([name, false, false]);
    }
  });

  it.each([[undefined], ['x'], ['x'.repeat(8_000)]])('G3 state %#: refused', async (state) => { expect(await errorOf({ state })).toBe('invalid_request'); });

  it('G3 aud is the FHIR base, letter by letter', async () => {
    for (const aud of [undefined, 'http://other/fhir', `${clinic.base}/`, clinic.origin, clinic.base.toUpperCase()]) expect(await errorOf({ aud })).toBe('invalid_request');
  });

  it('G4 PKCE with S256 or nothing', async () => {
    const cases = [{ code_challenge: undefined, code_challenge_method: undefined }, { code_challenge_method: 'plain' }, { code_challenge_method: undefined }, { code_challenge: 'a'.repeat(42) }, { code_challenge: 'a'.repeat(129) }, { code_challenge: `${'a'.repeat(42)}!` }];
    for (const params of cases) expect(await errorOf(params)).toBe('invalid_request');
  });

  it('A12 a scope narrowed with a modifier or an unknown parameter is refused', async () => {
    for (const bad of ['patient/Observation.rs?category:not=laboratory', 'patient/Observation.rs?bogus=1', 'patient/Observation.rs?subject.name=x']) expect(await errorOf({ scope: `launch/patient ${bad}` })).toBe('invalid_scope');
  });

  it('G17 launch without its parameter is an error', async () => { expect(await errorOf({ scope: 'launch patient/*.rs' })).toBe('invalid_request'); });

  it('G17 a patient who was not offered cannot be chosen', async () => {
    const browser = new Browser(clinic.origin);
    let page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope, verifier: newVerifier() })));
    page = await browser.submit(page, 'sign-in', { email: 'parent@example.org', password: 'correct horse battery' });
    expect(page.text).toContain('value="B"');
    expect(page.text).toContain('value="C"');
    expect(page.text).not.toContain('value="A"');
    expect((await browser.submit(page, 'patient', { patient: 'A' })).status).toBe(403);
    const end = await browser.submit(await browser.submit(page, 'patient', { patient: 'C' }), 'consent', { scope: ['launch/patient', 'patient/*.rs'] });
    expect(answered(end).get('code')).toBeTruthy();
  });

  it('a RelatedPerson reaches whom they act for, and no longer when that has ended', async () => {
    const own = await openClinic();
    const answer = await launch(own, { scope, email: 'parent@example.org', patient: 'C' });
    expect(answer.body['patient']).toBe('C');
    expect((await fhir(own, 'Observation/obsC', tokenOf(answer))).status).toBe(200);
    const { call } = await import('../../fixture/service.js');
    await call(own.service, { method: 'PUT', url: 'RelatedPerson/R', body: { resourceType: 'RelatedPerson', id: 'R', active: false, patient: { reference: 'Patient/C' } } });
    own.pass(2_000);
    expect((await fhir(own, 'Observation/obsC', tokenOf(answer))).status).toBe(401);
    await own.stop();
  });

  it('G18 what is unticked is not granted', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient openid patient/Observation.rs patient/Condition.rs', tick: (all) => all.filter((each) => !each.includes('Condition')) });
    expect(String(answer.body['scope'])).not.toContain('Condition');
    expect((await fhir(clinic, 'Condition', tokenOf(answer))).status).toBe(403);
    expect((await fhir(clinic, 'Observation', tokenOf(answer))).status).toBe(200);
  });

  it('G18 nothing ticked is access_denied', async () => {
    expect(answered(await authorize(clinic, { scope, verifier: newVerifier(), tick: () => [] })).get('error')).toBe('access_denied');
  });

  it('G18 a scope that was not shown cannot be ticked', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient patient/Observation.rs', tick: (all) => [...all, 'patient/*.cruds', 'system/*.cruds', 'offline_access'] });
    expect(String(answer.body['scope']).split(' ').sort()).toEqual(['launch/patient', 'patient/Observation.rs']);
    expect(answer.body['refresh_token']).toBeUndefined();
  });

  it('G19 a client gets what it is registered for, at most', async () => {
    await clinic.server.clients.add({ id: 'small', type: 'public', redirectUris: [redirectUri], scope: 'launch/patient patient/Observation.rs' }, 'operator');
    const verifier = newVerifier();
    const wanted = 'launch/patient patient/Observation.rs patient/Observation.cruds patient/*.rs system/*.cruds user/*.* offline_access openid';
    const seen = await authorize(clinic, { client: 'small', scope: wanted, verifier, tick: () => wanted.split(' ') });
    const { exchange } = await import('./harness.js');
    const answer = await exchange(clinic, answered(seen).get('code') ?? '', verifier, { client_id: 'small' });
    expect(String(answer.body['scope']).split(' ').sort()).toEqual(['launch/patient', 'patient/Observation.rs']);
    expect(answer.body['refresh_token']).toBeUndefined();
    expect(answer.body['id_token']).toBeUndefined();
  });

  it('G21 forms are taken from pages of ours only, and consent only by form', async () => {
    const browser = new Browser(clinic.origin);
    const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope, verifier: newVerifier() })));
    const at = /action="([^"]*\/sign-in)"/.exec(page.text)?.[1] ?? '';
    const fields = { email: 'ada@example.org', password: 'correct horse battery' };
    expect((await browser.send('POST', at, fields)).status).toBe(403);
    const stranger = new Browser(clinic.origin);
    const other = await stranger.follow(await stranger.get(authorizeUrl(clinic, { scope, verifier: newVerifier() })));
    const guard = /name="guard" value="([^"]+)"/.exec(other.text)?.[1] ?? '';
    expect((await browser.send('POST', at, { ...fields, guard })).status).toBe(403);
    for (const step of ['sign-in', 'consent', 'patient']) expect((await browser.get(at.replace('sign-in', step))).status).toBe(405);
    // Consent before sign-in shows the sign-in.
    const own = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await browser.send('POST', at.replace('sign-in', 'consent'), { guard: own, scope })).text).toContain('name="password"');
  });

  it('G22 G32 pages cannot be framed, stored or leak their address; nothing inline runs', async () => {
    const browser = new Browser(clinic.origin);
    const first = await browser.get(authorizeUrl(clinic, { scope, verifier: newVerifier() }));
    const page = await browser.follow(first);
    for (const seen of [first, page]) {
      expect(seen.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(seen.headers.get('content-security-policy')).not.toContain('unsafe');
      expect(seen.headers.get('x-frame-options')).toBe('DENY');
      expect(seen.headers.get('referrer-policy')).toBe('no-referrer');
      expect(seen.headers.get('cache-control')).toContain('no-store');
      expect(seen.headers.get('pragma')).toBe('no-cache');
      expect(seen.headers.get('x-powered-by')).toBeNull();
    }
    expect(page.text).not.toMatch(/<script|<style|style="|\son[a-z]+=/);
  });

  it('G23 the session id is new after sign-in', async () => {
    const browser = new Browser(clinic.origin);
    const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope, verifier: newVerifier() })));
    const before = browser.cookies.get('session')?.value;
    await browser.submit(page, 'sign-in', { email: 'ada@example.org', password: 'correct horse battery' });
    expect(browser.cookies.get('session')?.value).toBeTruthy();
    expect(browser.cookies.get('session')?.value).not.toBe(before);
  });

  it('G23 behind https, cookies are __Host-, Secure, HttpOnly and Lax', async () => {
    const own = await openClinic({ origin: 'https://clinic.example', fhirBase: 'https://clinic.example/fhir' });
    const browser = new Browser(own.origin);
    const wish = { scope, verifier: newVerifier(), params: { aud: 'https://clinic.example/fhir' } };
    const lines: string[] = [];
    const noted = (seen: Seen): Seen => { lines.push(...seen.headers.getSetCookie()); return seen; };
    const path = (seen: Seen): string => new URL(seen.location ?? '', own.origin).pathname;
    const page = noted(await browser.get(path(noted(await browser.get(authorizeUrl(own, wish))))));
    const at = /action="([^"]*\/sign-in)"/.exec(page.text)?.[1] ?? '';
    const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const back = noted(await browser.send('POST', at, { guard, email: 'ada@example.org', password: 'correct horse battery' }));
    noted(await browser.get(path(back)));
    expect(lines.some((line) => line.startsWith('__Host-session='))).toBe(true);
    for (const line of lines) for (const word of ['secure', 'httponly', 'samesite=lax']) expect(line.toLowerCase()).toContain(word);
    await own.stop();
  });

  it('G25 G26 a wrong password and an unknown address are one answer; ten wrong ones stop this address, not the person elsewhere', async () => {
    const own = await openClinic({ trustProxy: true });
    const open = async (from: string) => {
      const browser = new Browser(own.origin, { 'x-forwarded-for': from });
      const page = await browser.follow(await browser.get(authorizeUrl(own, { scope, verifier: newVerifier() })));
      return { browser, page };
    };
    const { browser, page } = await open('203.0.113.5');
    const shape = (text: string): string => text.replace(/value="[^"]*"|interaction\/[^/"]+/g, '');
    const wrong = await browser.submit(page, 'sign-in', { email: 'ada@example.org', password: 'wrong' });
    const unknown = await browser.submit(page, 'sign-in', { email: 'nobody@example.org', password: 'wrong' });
    expect([wrong.status, shape(wrong.text)]).toEqual([unknown.status, shape(unknown.text)]);
    expect(wrong.status).toBe(401);
    for (let tried = 1; tried < 10; tried += 1) await browser.submit(page, 'sign-in', { email: 'ada@example.org', password: `wrong ${String(tried)}` });
    const locked = await browser.submit(page, 'sign-in', { email: 'ada@example.org', password: 'correct horse battery' });
    expect(locked.status).toBe(429);
    expect(locked.headers.get('retry-after')).toMatch(/^\d+$/);
    const elsewhere = await open('198.51.100.7');
    expect((await elsewhere.browser.submit(elsewhere.page, 'sign-in', { email: 'ada@example.org', password: 'correct horse battery' })).text).toContain('name="scope"');
    own.pass(16 * 60_000);
    const later = await open('203.0.113.5');
    expect((await later.browser.submit(later.page, 'sign-in', { email: 'ada@example.org', password: 'correct horse battery' })).text).toContain('name="scope"');
    await own.stop();
  });

  it('G27 many passwords at once wait or are sent away, not all checked together', async () => {
    const own = await openClinic({ passwordCost: 14 });
    const pages = await Promise.all(Array.from({ length: 60 }, async () => {
      const browser = new Browser(own.origin);
      return { browser, page: await browser.follow(await browser.get(authorizeUrl(own, { scope, verifier: newVerifier() }))) };
    }));
    const answers = await Promise.all(pages.map(({ browser, page }, index) => browser.submit(page, 'sign-in', { email: `x${String(index)}@example.org`, password: 'wrong' })));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 429 || status === 401)).toBe(true);
    await own.stop();
  });

  it('G30 errors carry state and iss too', async () => {
    const params = answered(await ask({ scope: 'launch patient/*.rs' }));
    expect([params.get('state'), params.get('iss')]).toEqual(['state-1234567890', clinic.origin]);
  });

  it('G31 no implicit flow, no fragment, no password grant', async () => {
    for (const response_type of ['token', 'id_token', 'code id_token', 'none']) {
      const seen = await ask({ response_type });
      expect(seen.location ?? '').not.toMatch(/access_token|code=/);
      expect(`${seen.location ?? ''}${seen.text}`).toMatch(/unsupported_response_type|unauthorized_client|invalid_request/);
    }
    const { backChannel } = await import('./harness.js');
    expect((await backChannel(clinic, '/token', { grant_type: 'password', username: 'ada@example.org', password: 'x', client_id: 'app' })).body['error']).toBe('unsupported_grant_type');
    expect(answered(await authorize(clinic, { scope, verifier: newVerifier(), params: { response_mode: 'fragment' } })).get('code')).toBeNull();
  });

  it('G35 whatever Host says, addresses are of the settings', async () => {
    const { call } = await import('../../support/http.js');
    for (const path of ['/.well-known/smart-configuration', '/.well-known/openid-configuration', '/fhir/.well-known/smart-configuration', '/oauth/.well-known/openid-configuration', authorizeUrl(clinic, { scope, verifier: newVerifier() })]) {
      const seen = await call({ method: 'GET', url: `${clinic.origin}${path}`, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', accept: 'text/html' } });
      expect(`${seen.text}${JSON.stringify(seen.headers)}`).not.toContain('evil.example');
    }
  });
});
