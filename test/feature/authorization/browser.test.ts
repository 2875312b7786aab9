/** A SMART app with fhirclient in a real browser: standalone and EHR launch, consent, data, refresh; and a passkey of a virtual authenticator. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { packageRoot } from '../../../src/core/package-root.js';
import { authorizeUrl, newVerifier, openClinic, password, type Clinic } from './harness.js';

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
/** Set to keep pictures of the pages. */
const pictures = process.env['SMART_PICTURES'];

const shell = (script: string): string => `<!doctype html><meta charset="utf-8"><title>app</title><pre id="out"></pre><script src="fhir-client.js"></script><script>${script}</script>`;
const app = (clinic: Clinic): Readonly<Record<string, string>> => ({
  '/standalone.html': shell(`FHIR.oauth2.authorize({ clientId: 'web-app', iss: ${JSON.stringify(clinic.base)}, redirectUri: 'index.html', scope: 'launch/patient openid fhirUser offline_access patient/*.rs' });`),
  '/launch.html': shell(`FHIR.oauth2.authorize({ clientId: 'web-app', redirectUri: 'index.html', scope: 'launch openid fhirUser patient/*.rs' });`),
  '/index.html': shell(`
    const show = (value) => { document.getElementById('out').textContent = JSON.stringify(value); };
    FHIR.oauth2.ready().then(async (client) => {
      const patient = await client.patient.read();
      const all = await client.request('Observation', { flat: true });
      const user = client.getFhirUser();
      let refreshed = false;
      if (client.state.tokenResponse.refresh_token) {
        const before = client.state.tokenResponse.access_token;
        await client.refresh();
        refreshed = before !== client.state.tokenResponse.access_token && (await client.patient.read()).id === patient.id;
      }
      show({ patient: patient.id, observations: all.map(({ id }) => id), user, refreshed });
    }).catch((error) => show({ error: String(error) }));`),
});

const serveApp = (clinic: () => Clinic): Promise<HttpServer> => {
  const script = readFileSync(join(packageRoot, 'node_modules/fhirclient/build/fhir-client.js'));
  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    if (path === '/fhir-client.js') res.setHeader('content-type', 'text/javascript').end(script);
    else res.setHeader('content-type', 'text/html').end(app(clinic())[path] ?? '');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
};

const inBrowser = (): void => {
  let clinic: Clinic;
  let web: HttpServer;
  let context: BrowserContext;
  let origin = '';
  const profile = mkdtempSync(join(tmpdir(), 'browser-'));

  beforeAll(async () => {
    web = await serveApp(() => clinic);
    origin = `http://127.0.0.1:${String((web.address() as { port: number }).port)}`;
    clinic = await openClinic();
    const scope = 'openid fhirUser profile launch launch/patient offline_access online_access patient/*.cruds user/*.cruds';
    await clinic.server.clients.add({ id: 'web-app', type: 'public', name: 'Heart <Tracker>', redirectUris: [`${origin}/index.html`], scope, launchUrl: `${origin}/launch.html` }, 'operator');
    context = await chromium.launchPersistentContext(profile, {
      executablePath: browserPath ?? '', headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  });
  afterEach(async () => {
    await context.clearCookies();
    for (const page of context.pages().slice(1)) await page.close();
  });
  afterAll(async () => {
    await context.close();
    web.closeAllConnections();
    web.close();
    await clinic.stop();
    rmSync(profile, { recursive: true, force: true });
  });

  const picture = async (page: Page, name: string): Promise<void> => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };
  const result = async (page: Page): Promise<Record<string, unknown>> => {
    await page.waitForSelector('#out:not(:empty)');
    return JSON.parse((await page.textContent('#out')) ?? '{}') as Record<string, unknown>;
  };
  const signIn = async (page: Page, email: string): Promise<void> => {
    await page.fill('#email', email);
    await page.fill('#password', password);
    await page.click('main button:not(.plain)');
  };

  it('a patient launches the app by itself, unticks nothing, reads and refreshes', async () => {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => { if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`); });
    await page.goto(`${origin}/standalone.html`);
    await page.waitForSelector('#password');
    await picture(page, 'sign-in');
    await signIn(page, 'ada@example.org');
    await page.waitForSelector('input[name=scope]');
    await picture(page, 'consent');
    expect(await page.textContent('main')).toContain('Heart <Tracker>');
    expect(await page.locator('main tracker').count()).toBe(0);
    await page.click('main button:not(.plain)');
    expect(await result(page)).toEqual({ patient: 'A', observations: ['obsA'], user: 'Patient/A', refreshed: true });
    // The app's own server has no icon; our pages load and run what they ask for.
    expect(problems.filter((text) => !text.includes('favicon'))).toEqual([]);
  });

  it('works by keyboard alone, and in Traditional Chinese', async () => {
    const page = await context.newPage();
    await page.setExtraHTTPHeaders({ 'accept-language': 'zh-TW' });
    await page.goto(`${origin}/standalone.html`);
    await page.waitForSelector('#password');
    expect(await page.getAttribute('html', 'lang')).toBe('zh-Hant');
    await picture(page, 'sign-in-zh');
    await page.keyboard.type('parent@example.org');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('input[name=patient]');
    await picture(page, 'patient-picker-zh');
    await page.focus('input[name=patient]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('input[name=scope]');
    await picture(page, 'consent-zh');
    await page.focus('main button:not(.plain)');
    await page.keyboard.press('Enter');
    expect((await result(page))['patient']).toMatch(/^[BC]$/);
  });

  it('G28 a passkey is the second step, and without it there is no way in', async () => {
    let own: Clinic | undefined;
    // WebAuthn knows names, not addresses.
    const named = (): string => own?.origin.replace('127.0.0.1', 'localhost') ?? 'http://localhost';
    const keyed = own = await openClinic({ get origin() { return named(); }, get fhirBase() { return `${named()}/fhir`; } });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    await page.goto(`${named()}/oauth/account`);
    await signIn(page, 'ada@example.org');
    await page.waitForSelector('nav');
    await page.goto(`${named()}/oauth/account/security`);
    await page.click('form[data-passkey=create] button');
    await page.waitForSelector('pre');
    expect((await keyed.server.accounts.byEmail('ada@example.org'))?.passkeys).toHaveLength(1);
    await context.clearCookies();
    const url = new URL(authorizeUrl(keyed, { scope: 'launch/patient patient/*.rs', verifier: newVerifier(), params: { aud: `${named()}/fhir` } }), named());
    await page.goto(url.href);
    await signIn(page, 'ada@example.org');
    await page.waitForSelector('form[data-passkey=get]');
    await picture(page, 'passkey');
    expect(await page.locator('input[name=scope]').count()).toBe(0);
    await page.click('form[data-passkey=get] button');
    await page.waitForSelector('input[name=scope]');
    await keyed.stop();
  });

  it('a clinician opens the app on a patient', async () => {
    const page = await context.newPage();
    await page.goto(`${clinic.origin}/oauth/account`);
    await signIn(page, 'dr@example.org');
    await page.waitForSelector('nav');
    await page.goto(`${clinic.origin}/oauth/account/launch`);
    await page.check('input[name=patient][value=B]');
    await page.check('input[name=app][value=web-app]');
    await picture(page, 'launch');
    await page.click('fieldset + .actions button');
    await page.waitForSelector('input[name=scope]');
    await page.click('main button:not(.plain)');
    expect(await result(page)).toMatchObject({ patient: 'B', observations: ['obsB'], user: 'Practitioner/P' });
    await page.goto(`${clinic.origin}/oauth/account`);
    await picture(page, 'account');
    await page.goto(`${clinic.origin}/oauth/account/security`);
    await picture(page, 'security');
  });
};

if (browserPath !== undefined) describe('fhirclient in a browser', inBrowser);
else it('fhirclient in a browser: left out, there is no Chromium on this machine', () => { expect(browserPath).toBeUndefined(); });
