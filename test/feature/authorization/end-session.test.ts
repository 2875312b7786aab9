/** Section G of the security design, signing out (https://openid.net/specs/openid-connect-rpinitiated-1_0.html). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backChannel, Browser, fhir, launch, openClinic, password, redirectUri, tokenOf, type Clinic, type Seen, type TokenAnswer } from './harness.js';

const after = 'https://app.example/goodbye';
let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
  await clinic.server.clients.add({ id: 'leaver', type: 'public', name: 'Leaver', redirectUris: [redirectUri], postLogoutUris: [after], scope: 'launch/patient patient/*.rs' }, 'operator');
});
afterAll(async () => { await clinic.stop(); });

const end = (browser: Browser, params: readonly (readonly [string, string])[]): Promise<Seen> => browser.get(`/oauth/session/end?${new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()}`);
const refresh = async ({ body }: TokenAnswer): Promise<number> => (await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']), client_id: 'app' })).status;
const enter = async (browser: Browser): Promise<Seen> => browser.submit(await browser.get('/oauth/account'), 'account/sign-in', { email: 'ada@example.org', password });
const isSignedIn = async (browser: Browser): Promise<boolean> => !(await browser.get('/oauth/account')).text.includes('name="password"');

describe('G29 signing out', () => {
  it('is announced, asked, ends the session and what was allowed for its time, and leads to the registered address', async () => {
    const browser = new Browser(clinic.origin);
    const online = await launch(clinic, { scope: 'launch/patient openid online_access patient/*.rs' }, browser);
    const offline = await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs', email: 'parent@example.org', patient: 'B' });
    const discovery = await (await fetch(`${clinic.base}/.well-known/smart-configuration`)).json() as Record<string, unknown>;
    expect(discovery['end_session_endpoint']).toBe(`${clinic.origin}/oauth/session/end`);
    const page = await end(browser, [['client_id', 'leaver'], ['post_logout_redirect_uri', after], ['state', 's-1']]);
    expect(page.text).toContain('Leaver');
    expect(page.headers.get('content-security-policy')).toContain('form-action \'self\' https://app.example');
    expect(await isSignedIn(browser)).toBe(true);
    expect((await browser.submit(page, 'session/end/confirm', { 'client_id': 'leaver', 'post_logout_redirect_uri': after, 'state': 's-1', 'sign-out': 'no' })).location).toBeUndefined();
    expect(await isSignedIn(browser)).toBe(true);
    const left = await browser.submit(page, 'session/end/confirm', { 'client_id': 'leaver', 'post_logout_redirect_uri': after, 'state': 's-1', 'sign-out': 'yes' });
    expect(left.location).toBe(`${after}?state=s-1`);
    expect(await isSignedIn(browser)).toBe(false);
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Patient/A', tokenOf(online))).status).toBe(401);
    expect(await refresh(online)).toBe(400);
    expect((await fhir(clinic, 'Patient/B', tokenOf(offline))).status).toBe(200);
    expect(await refresh(offline)).toBe(200);
  });

  it('the way out of the account page ends online access too', async () => {
    const browser = new Browser(clinic.origin);
    const online = await launch(clinic, { scope: 'launch/patient online_access patient/*.rs' }, browser);
    await browser.submit(await browser.get('/oauth/account'), 'sign-out');
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Patient/A', tokenOf(online))).status).toBe(401);
    expect(await refresh(online)).toBe(400);
  });

  it('leads to no address that is not registered, letter by letter, for the app that is named', async () => {
    const browser = new Browser(clinic.origin);
    await enter(browser);
    for (const uri of ['//evil.example', 'https://evil.example/', `${after}/`, `${after}?x`, `${after}#x`, after.toUpperCase(), 'https://app.example.evil.example/goodbye', 'https://app.example@evil.example/goodbye', redirectUri, 'javascript:alert(1)']) {
      for (const client of [[['client_id', 'leaver']], []] as const) {
        const seen = await end(browser, [...client, ['post_logout_redirect_uri', uri]]);
        expect([uri, seen.status, seen.location]).toEqual([uri, 400, undefined]);
      }
    }
    for (const params of [[['client_id', 'nobody']], [['client_id', 'app'], ['post_logout_redirect_uri', after]], [['client_id', 'leaver'], ['post_logout_redirect_uri', after], ['post_logout_redirect_uri', 'https://evil.example/']]] as const) {
      expect((await end(browser, params)).status).toBe(400);
    }
    const page = await end(browser, []);
    const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const forged = await browser.send('POST', '/oauth/session/end/confirm', { guard, 'client_id': 'leaver', 'post_logout_redirect_uri': 'https://evil.example/', 'sign-out': 'yes' });
    expect([forged.status, forged.location]).toEqual([400, undefined]);
    expect((await browser.send('POST', '/oauth/session/end/confirm', { 'sign-out': 'yes' })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('takes an id_token of ours as the name of the app, and no other', async () => {
    const browser = new Browser(clinic.origin);
    const { body } = await launch(clinic, { scope: 'launch/patient openid patient/*.rs' }, browser);
    const hint = String(body['id_token']);
    expect((await end(browser, [['id_token_hint', hint]])).text).toContain('Growth Chart');
    const [head = '', payload = ''] = hint.split('.');
    for (const bad of [`${head}.${payload}.AAAA`, 'x', `${head}.${Buffer.from(JSON.stringify({ aud: 'leaver', iss: clinic.origin, sub: 'x' })).toString('base64url')}.${hint.split('.')[2] ?? ''}`]) expect((await end(browser, [['id_token_hint', bad]])).status).toBe(400);
    expect((await end(browser, [['id_token_hint', hint], ['client_id', 'leaver']])).status).toBe(400);
    const posted = await browser.send('POST', '/oauth/session/end', { id_token_hint: hint });
    expect([posted.status, (await browser.follow(posted)).text.includes('Growth Chart')]).toEqual([303, true]);
  });

  it('someone who is not signed in is not asked', async () => {
    const browser = new Browser(clinic.origin);
    expect((await end(browser, [['client_id', 'leaver'], ['post_logout_redirect_uri', after]])).location).toBe(after);
    expect((await end(browser, [])).text).toContain('You are signed out');
  });

  it('no address to come back to is taken from a request', async () => {
    const browser = new Browser(clinic.origin);
    for (const name of ['returnTo', 'return_to', 'next', 'redirect', 'redirect_uri', 'path']) {
      for (const path of ['/oauth/account', '/oauth/session/end', '/oauth/account/security', '/oauth/reset']) {
        const seen = await browser.get(`${path}?${name}=${encodeURIComponent('//evil.example')}`);
        expect([path, name, seen.location, seen.text.includes('//evil.example')]).toEqual([path, name, undefined, false]);
      }
    }
    const page = await browser.get('/oauth/account?returnTo=//evil.example');
    const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await browser.send('POST', '/oauth/account/sign-in', { guard, email: 'ada@example.org', password, returnTo: '//evil.example' })).location).toBe('/oauth/account');
    expect((await browser.send('POST', '/oauth/language', { language: 'en', path: '//evil.example' })).location).toBe('/oauth/account');
  });
});
