/** Signing in at another OpenID provider. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { answered, authorizeUrl, Browser, newVerifier, openClinic, type Clinic, type Seen } from './harness.js';

let other: Server;
let issuer = '';
let clinic: Clinic;
let key: CryptoKey;
let jwk: JWK;
/** What the other provider says of who signs in there. */
let person: Record<string, unknown> = {};
const nonces = new Map<string, string>();

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'o1', alg: 'RS256' };
  other = createServer((req, res) => {
    const url = new URL(req.url ?? '/', issuer);
    const json = (value: unknown): void => { res.setHeader('content-type', 'application/json').end(JSON.stringify(value)); };
    if (url.pathname.startsWith('/.well-known')) return json({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`, id_token_signing_alg_values_supported: ['RS256'] });
    if (url.pathname === '/jwks') return json({ keys: [jwk] });
    if (url.pathname === '/auth') {
      const code = `code-${String(nonces.size)}`;
      nonces.set(code, url.searchParams.get('nonce') ?? '');
      return res.writeHead(302, { location: `${url.searchParams.get('redirect_uri') ?? ''}?code=${code}&state=${url.searchParams.get('state') ?? ''}` }).end();
    }
    let body = '';
    req.on('data', (part: Buffer) => { body += part.toString(); });
    req.on('end', () => {
      const nonce = nonces.get(new URLSearchParams(body).get('code') ?? '') ?? '';
      void new SignJWT({ nonce, ...person }).setProtectedHeader({ alg: 'RS256', kid: 'o1' }).setIssuer(issuer).setAudience('clinic').setIssuedAt().setExpirationTime('5m').sign(key)
        .then((id_token) => { json({ access_token: 'x', token_type: 'Bearer', id_token }); });
    });
    return undefined;
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${String((other.address() as { port: number }).port)}`;
  clinic = await openClinic({}, undefined, { issuer, clientId: 'clinic', clientSecret: 's', name: 'Hospital ID' });
});
afterAll(async () => { await clinic.stop(); other.closeAllConnections(); other.close(); });

/** Goes to the other provider and comes back to the clinic. */
const there = async (browser: Browser, left: Seen): Promise<Seen> => {
  const back = await fetch(left.location ?? '', { redirect: 'manual' });
  return browser.follow(await browser.get(back.headers.get('location') ?? ''));
};
const start = async (browser: Browser): Promise<Seen> => {
  const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
  expect(page.text).toContain('Hospital ID');
  return browser.submit(page, 'elsewhere');
};

describe('sign-in elsewhere', () => {
  it('finds the account by the verified address, then by the subject alone', async () => {
    person = { sub: 'o-1', email: 'ADA@example.org', email_verified: true };
    const browser = new Browser(clinic.origin);
    const page = await there(browser, await start(browser));
    expect(clinic.observed.filter(({ kind }) => kind === 'failure')).toEqual([]);
    expect(page.text).toContain('name="scope"');
    expect(answered(await browser.submit(page, 'consent', { scope: ['patient/*.rs', 'launch/patient'] })).get('code')).toBeTruthy();
    person = { sub: 'o-1' };
    const again = new Browser(clinic.origin);
    expect((await there(again, await start(again))).text).toContain('name="scope"');
    const own = new Browser(clinic.origin);
    const left = await own.submit(await own.get('/oauth/account'), 'account/elsewhere');
    expect((await there(own, left)).text).toContain('Your account');
  });

  it('refuses an address that is not verified, a stranger, another nonce, another browser and a second use', async () => {
    for (const wrong of [{ sub: 'o-2', email: 'dr@example.org' }, { sub: 'o-3', email: 'dr@example.org', email_verified: false }, { sub: 'o-4', email: 'nobody@example.org', email_verified: true }, { sub: 'o-1', nonce: 'other' }]) {
      person = wrong;
      const browser = new Browser(clinic.origin);
      expect([wrong, (await there(browser, await start(browser))).status]).toEqual([wrong, 401]);
    }
    person = { sub: 'o-1' };
    const [mine, others] = [new Browser(clinic.origin), new Browser(clinic.origin)];
    const left = await start(mine);
    const back = (await fetch(left.location ?? '', { redirect: 'manual' })).headers.get('location') ?? '';
    await start(others);
    expect((await others.get(back)).status).toBe(401);
    const fresh = new Browser(clinic.origin);
    const second = await start(fresh);
    const home = (await fetch(second.location ?? '', { redirect: 'manual' })).headers.get('location') ?? '';
    expect((await fresh.follow(await fresh.get(home))).text).toContain('name="scope"');
    expect((await fresh.get(home)).status).toBe(401);
  });
});
