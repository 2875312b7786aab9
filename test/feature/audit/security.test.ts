/** I5, I10 and what else happens around accounts, apps and tokens: each leaves one record of its kind, without a secret in it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { totpCode, totpStep } from '../../../src/authorization/account/totp.js';
import { disableUser, mintToken } from '../../../src/authorization/operator.js';
import { recordEndedSessions } from '../../../src/authorization/session-end.js';
import { auditEventText, type Coded } from '../../../src/audit/event.js';
import { readAuditRecord } from '../../../src/audit/record.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { authorize, authorizeUrl, backChannel, Browser, engineName, launch, openClinic, password, tokenOf, type Clinic, type Seen } from '../authorization/harness.js';

let clinic: Clinic;
let seen = 0;
const codeOf = (coded: string | Coded | undefined): string => (typeof coded === 'object' ? coded.code : coded ?? '');
const freshRecords = async () => {
  const records = await clinic.service.store.records('audit', seen, 1_000);
  seen = records.at(-1)?.number ?? seen;
  return records.map(({ text }) => readAuditRecord(text));
};
/** Type, subtype, outcome and the short text of each new record that is no look at a resource. */
const fresh = async () => (await freshRecords()).filter(({ type }) => type !== undefined).map(({ type, subtype, outcome, outcomeText }) => [codeOf(type), codeOf(subtype), outcome, outcomeText]);

beforeAll(async () => {
  clinic = await openClinic({ registration: 'approved', registrationToken: 'token-of-the-operator' });
  // The harness makes a service without it.
  (clinic.service as { -readonly [name in keyof Service]: Service[name] }).audit = { provenance: false };
});
beforeEach(async () => { await freshRecords(); });
afterAll(async () => { await clinic.stop(); });

const enter = async (browser: Browser, email = 'ada@example.org', secret = password): Promise<Seen> =>
  browser.submit(await browser.get('/oauth/account'), 'sign-in', { email, password: secret });

describe(`the audit of security on ${engineName}`, () => {
  it('records tokens issued, refreshed, refused, looked into and revoked', async () => {
    const { body } = await launch(clinic, { scope: 'launch/patient offline_access patient/*.rs' });
    expect(await fresh()).toEqual([['110114', '110122', '0', 'signed-in'], ['110114', 'token-issued', '0', undefined]]);
    const refreshed = await backChannel(clinic, '/token', { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']), client_id: 'app' });
    expect(await fresh()).toEqual([['110114', 'token-refreshed', '0', undefined]]);
    expect((await backChannel(clinic, '/token', { grant_type: 'authorization_code', code: 'no-code', redirect_uri: 'http://127.0.0.1:7777/after', client_id: 'app', code_verifier: 'v'.repeat(43) })).status).toBe(400);
    expect(await fresh()).toEqual([['110114', 'token-refused', '4', 'invalid_grant']]);
    const { secret = '' } = await clinic.server.clients.add({ id: 'resource-server', type: 'confidential', redirectUris: ['https://rs.example/'], scope: 'patient/*.rs', introspects: true }, 'operator');
    expect(await fresh()).toEqual([['110113', '110136', '0', 'registered: operator']]);
    const introspection = await backChannel(clinic, '/token/introspection', { token: tokenOf(refreshed) }, { authorization: `Basic ${Buffer.from(`resource-server:${secret}`).toString('base64')}` });
    expect(introspection.body['active']).toBe(true);
    expect((await backChannel(clinic, '/token/revocation', { token: tokenOf(refreshed), client_id: 'app' })).status).toBe(200);
    const records = await freshRecords();
    expect(records.map(({ subtype }) => codeOf(subtype))).toEqual(['token-introspected', 'token-revoked']);
    expect(new Set(records.map(({ subject }) => subject)).size).toBe(1);
    expect(JSON.stringify(records)).not.toContain(tokenOf(refreshed));
  });

  it('I5 records a wrong password, a token endpoint without a client, a refused authorization and a refused registration', async () => {
    await enter(new Browser(clinic.origin), 'ada@example.org', 'not the password');
    await backChannel(clinic, '/token', { grant_type: 'client_credentials' }, { authorization: `Basic ${Buffer.from('nobody:x').toString('base64')}` });
    await new Browser(clinic.origin).get(authorizeUrl(clinic, { scope: 'launch/patient', client: 'nobody' }));
    const register = (token: string) => fetch(`${clinic.origin}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}` }, body: JSON.stringify({ redirect_uris: ['https://new.example/'] }) });
    expect((await register('wrong')).status).toBe(401);
    expect((await register('token-of-the-operator')).status).toBe(201);
    const told = await fresh();
    expect(told.map(([type, subtype, outcome]) => [type, subtype, outcome])).toEqual([
      ['110114', '110122', '4'], ['110114', 'token-refused', '4'], ['110114', 'token-refused', '4'], ['110113', '110136', '4'], ['110113', '110136', '0'],
    ]);
    expect(JSON.stringify(told)).not.toContain('not the password');
  });

  it('I10 records a form that comes from no page of ours', async () => {
    expect((await new Browser(clinic.origin).send('POST', '/oauth/account/sign-in', { email: 'ada@example.org', password })).status).toBe(403);
    expect(await fresh()).toEqual([['110113', '110132', '4', 'a form that no page of ours was sent for']]);
  });

  it('I10 opens nothing of an administrator to a patient', async () => {
    const browser = new Browser(clinic.origin);
    await enter(browser);
    expect((await browser.get('/oauth/account/recorder')).status).toBe(403);
    const token = tokenOf(await launch(clinic, { scope: 'launch/patient patient/*.rs' }));
    const registered = await fetch(`${clinic.origin}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}` }, body: JSON.stringify({ redirect_uris: ['https://new.example/'] }) });
    expect(registered.status).toBe(401);
  });

  it('records the second factor, right and wrong, and what changes of how a person signs in', async () => {
    const browser = new Browser(clinic.origin);
    await enter(browser, 'dr@example.org');
    const started = await browser.submit(await browser.get('/oauth/account/security'), 'totp-start');
    const secret = /secret=([A-Z2-7]+)/.exec(started.text)?.[1] ?? '';
    const code = (): string => totpCode(secret, totpStep(clinic.server.clock.now()));
    await browser.submit(started, 'totp-confirm', { code: code() });
    expect(await fresh()).toEqual([['110114', '110122', '0', 'signed-in'], ['110113', '110137', '0', 'changed: one-time codes']]);
    clinic.pass(60_000);
    const other = new Browser(clinic.origin);
    const page = await enter(other, 'dr@example.org');
    await other.submit(page, 'second', { code: '000000' });
    await other.submit(await enter(other, 'dr@example.org'), 'second', { code: code() });
    const told = await fresh();
    expect(told.map(([, , outcome, text]) => [outcome, text])).toEqual([['0', 'second factor next'], ['4', 'second factor, code: wrong'], ['0', 'second factor next'], ['0', 'second factor, code: right']]);
  });

  it('records sign-out, and a session that ended by idleness, once', async () => {
    const browser = new Browser(clinic.origin);
    await browser.submit(await enter(browser), 'sign-out');
    expect((await fresh()).map(([, subtype, , text]) => [subtype, text])).toEqual([['110122', 'signed-in'], ['110123', undefined]]);
    await recordEndedSessions(clinic.server);
    await freshRecords();
    await enter(new Browser(clinic.origin));
    await recordEndedSessions(clinic.server);
    expect((await fresh()).map(([, subtype]) => subtype)).toEqual(['110122']);
    clinic.pass(16 * 60_000);
    await recordEndedSessions(clinic.server);
    const ended = await fresh();
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.every(([, subtype, , text]) => subtype === '110123' && text?.startsWith('automatic') === true)).toBe(true);
    await recordEndedSessions(clinic.server);
    expect(await fresh()).toEqual([]);
  });

  it('records what the operator does to accounts and tokens, and a password that was set anew by mail', async () => {
    await mintToken(clinic.server, { client: 'app', user: 'ada@example.org', scope: 'patient/*.rs', patient: 'A', minutes: 5 });
    await disableUser(clinic.server, 'parent@example.org');
    expect(await fresh()).toEqual([['110114', 'token-issued', '0', 'by command'], ['110113', '110137', '0', 'changed: disabled']]);
    const browser = new Browser(clinic.origin);
    await browser.submit(await browser.get('/oauth/reset'), 'reset', { email: 'ada@example.org' });
    const link = await mailedLink();
    await browser.submit(await browser.get(link), link.split('/').at(-1) ?? '', { password: 'another long password' });
    expect(await fresh()).toEqual([['110113', '110137', '0', 'changed: password']]);
  });

  it('makes valid AuditEvents of all of them', async () => {
    const validate = makeValidator();
    await authorize(clinic, { scope: 'launch/patient', email: 'ada@example.org' });
    const events = (await clinic.service.store.records('audit', 0, 1_000)).map(({ text }) => JSON.parse(auditEventText(readAuditRecord(text))) as Record<string, unknown>);
    expect(events.length).toBeGreaterThan(20);
    for (const event of events) expect(validate(event).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

const mailedLink = async (): Promise<string> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = clinic.server.mail?.box?.().map((mail) => /\/oauth\/link\/\S+/.exec(mail.text)?.[0]).find((link) => link !== undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  throw new Error('no mail came');
};
