/** A person's own pages: connected apps, sessions, password, second factor, sign-up, reset (sections G13, G14, G24 to G28 of the security design). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { totpCode, totpStep } from '../../../src/authorization/account/totp.js';
import { authorizeUrl, Browser, fhir, launch, newVerifier, openClinic, password, tokenOf, type Clinic, type Seen } from './harness.js';

let clinic: Clinic;
beforeAll(async () => { clinic = await openClinic(); });
afterAll(async () => { await clinic.stop(); });

const enter = async (browser: Browser, email = 'ada@example.org', secret = password): Promise<Seen> => browser.submit(await browser.get('/oauth/account'), 'account/sign-in', { email, password: secret });
const linkIn = (): string => /https?:\/\/\S+/.exec(clinic.server.mail?.box?.()[0]?.text ?? '')?.[0] ?? '';
const mails = (): number => clinic.server.mail?.box?.().length ?? 0;

describe('connected apps', () => {
  it('shows what an app may do, and ends it', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient offline_access patient/Observation.rs' });
    const browser = new Browser(clinic.origin);
    const page = await enter(browser);
    expect(page.text).toContain('Growth Chart');
    expect(page.text).toContain('Read measurements and lab results');
    const app = /name="app" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const stranger = new Browser(clinic.origin);
    await stranger.submit(await enter(stranger, 'parent@example.org'), 'sign-out');
    expect((await fhir(clinic, 'Observation/obsA', tokenOf(answer))).status).toBe(200);
    const after = await browser.submit(page, 'disconnect', { app });
    expect(after.text).not.toContain(app);
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Observation/obsA', tokenOf(answer))).status).toBe(401);
  });

  it('ends nothing of another person', async () => {
    const answer = await launch(clinic, { scope: 'launch/patient patient/Observation.rs' });
    const own = new Browser(clinic.origin);
    const app = /name="app" value="([^"]+)"/.exec((await enter(own)).text)?.[1] ?? '';
    const other = new Browser(clinic.origin);
    const page = await enter(other, 'parent@example.org');
    const guard = /name="guard" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    await other.send('POST', '/oauth/account/disconnect', { guard, app });
    clinic.pass(1_000);
    expect((await fhir(clinic, 'Observation/obsA', tokenOf(answer))).status).toBe(200);
  });
});

describe('sessions', () => {
  it('G24 are listed and ended, and signing out is for good', async () => {
    const [first, second] = [new Browser(clinic.origin), new Browser(clinic.origin)];
    await enter(first);
    const page = await enter(second);
    const session = /name="session" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    await second.submit(page, 'end-session', { session });
    const kept = new Map(second.cookies);
    const remaining = [...(await second.get('/oauth/account')).text.matchAll(/name="session"/g)].length;
    expect(remaining).toBeLessThan([...page.text.matchAll(/name="session"/g)].length);
    await second.submit(await second.get('/oauth/account'), 'sign-out');
    for (const [name, value] of kept) second.cookies.set(name, value);
    expect((await second.get('/oauth/account')).text).toContain('name="password"');
  });

  it('G24 end twelve hours after sign-in, however much they are used', async () => {
    const own = await openClinic();
    const browser = new Browser(own.origin);
    await browser.submit(await browser.get('/oauth/account'), 'account/sign-in', { email: 'ada@example.org', password });
    for (let minutes = 14; minutes < 12 * 60; minutes += 14) {
      own.pass(14 * 60_000);
      expect([minutes, (await browser.get('/oauth/account')).text.includes('name="password"')]).toEqual([minutes, false]);
    }
    own.pass(10 * 60_000);
    expect((await browser.get('/oauth/account')).text).toContain('name="password"');
    await own.stop();
  });

  it('G23 a session id given beforehand is not taken over', async () => {
    const browser = new Browser(clinic.origin);
    browser.cookies.set('session', { value: 'attackers-choice-of-an-id-0123456789', path: '/' });
    await enter(browser);
    expect(browser.cookies.get('session')?.value).not.toBe('attackers-choice-of-an-id-0123456789');
  });
});

describe('the password', () => {
  it('is changed with the present one, and others are signed out', async () => {
    await clinic.server.accounts.add({ email: 'pw@example.org', name: 'pw', role: 'patient', fhirUser: 'Patient/A', password: await clinic.server.passwords.hash(password) });
    const [here, there] = [new Browser(clinic.origin), new Browser(clinic.origin)];
    await enter(here, 'pw@example.org');
    await enter(there, 'pw@example.org');
    const change = async (fields: Record<string, string>) => here.submit(await here.get('/oauth/account/security'), 'account/password', fields);
    expect((await change({ current: 'wrong', password: 'a new password' })).status).toBe(401);
    expect((await change({ current: password, password: 'short' })).status).toBe(400);
    expect((await change({ current: password, password: 'a new password' })).text).toContain('signed out everywhere else');
    expect((await there.get('/oauth/account')).text).toContain('name="password"');
    expect((await here.get('/oauth/account')).text).not.toContain('name="email"');
    expect((await enter(new Browser(clinic.origin), 'pw@example.org')).status).toBe(401);
  });
});

describe('the second factor', () => {
  const open = async (email: string) => {
    const browser = new Browser(clinic.origin);
    const page = await browser.follow(await browser.get(authorizeUrl(clinic, { scope: 'launch/patient patient/*.rs', verifier: newVerifier() })));
    return { browser, page: await browser.submit(page, 'sign-in', { email, password }) };
  };

  it('G28 is asked, taken once, and cannot be gone around', async () => {
    await clinic.server.accounts.add({ email: 'two@example.org', name: 'two', role: 'patient', fhirUser: 'Patient/A', password: await clinic.server.passwords.hash(password) });
    const own = new Browser(clinic.origin);
    await enter(own, 'two@example.org');
    const started = await own.submit(await own.get('/oauth/account/security'), 'totp-start');
    const secret = /<dd><code>([A-Z2-7]{32})<\/code>/.exec(started.text)?.[1] ?? '';
    const now = (): string => totpCode(secret, totpStep(clinic.server.clock.now()));
    expect((await own.submit(started, 'totp-confirm', { code: '000000' })).status).toBe(400);
    const on = await own.submit(started, 'totp-confirm', { code: now() });
    const recovery = (/<pre>([^<]+)<\/pre>/.exec(on.text)?.[1] ?? '').split('\n');
    expect(recovery).toHaveLength(8);
    clinic.pass(60_000);
    const first = await open('two@example.org');
    expect(first.page.text).toContain('name="code"');
    // Skipping by address shows the same step again.
    const at = /action="([^"]*)\/second"/.exec(first.page.text)?.[1] ?? '';
    expect((await first.browser.get(at)).text).toContain('name="code"');
    const code = now();
    expect((await first.browser.submit(first.page, 'second', { code: '123456' })).status).toBe(401);
    expect((await first.browser.submit(first.page, 'second', { code })).text).toContain('name="scope"');
    const second = await open('two@example.org');
    expect((await second.browser.submit(second.page, 'second', { code })).status).toBe(401);
    expect((await second.browser.submit(second.page, 'second', { code: recovery[0] ?? '' })).text).toContain('name="scope"');
    const third = await open('two@example.org');
    expect((await third.browser.submit(third.page, 'second', { code: recovery[0] ?? '' })).status).toBe(401);
    for (let tried = 0; tried < 12; tried += 1) await third.browser.submit(third.page, 'second', { code: '000000' });
    clinic.pass(30_000);
    expect((await third.browser.submit(third.page, 'second', { code: now() })).status).toBe(429);
    expect((await enter(new Browser(clinic.origin), 'two@example.org')).text).toContain('name="code"');
  });
});

describe('sign-up and reset', () => {
  it('G26 answer alike for anyone, and mail goes to the address of the record only', async () => {
    const ask = async (form: Record<string, string>) => {
      const browser = new Browser(clinic.origin);
      return browser.submit(await browser.get('/oauth/sign-up'), 'sign-up', form);
    };
    const before = mails();
    const shape = ({ status, text }: Seen): string => `${String(status)} ${text.replace(/value="[^"]*"/g, '')}`;
    const good = await ask({ mrn: 'MRN-A', birthDate: '1980-02-03', email: 'ada@example.org' });
    const wrongs = [{ mrn: 'MRN-A', birthDate: '1980-02-04', email: 'ada@example.org' }, { mrn: 'MRN-X', birthDate: '1980-02-03', email: 'ada2@example.org' }, { mrn: 'MRN-A', birthDate: '1980-02-03', email: 'evil@example.org' }];
    for (const wrong of wrongs) expect(shape(await ask(wrong))).toBe(shape(good));
    await new Promise((resolve) => setTimeout(resolve, 100));
    // The address has an account already, so that even the right answers send nothing.
    expect(mails()).toBe(before);
  });

  it('a patient makes an account with record number, date of birth and a mailed link', async () => {
    const { call } = await import('../../fixture/service.js');
    await call(clinic.service, { method: 'PUT', url: 'Patient/N', body: { resourceType: 'Patient', id: 'N', name: [{ text: 'New Person' }], birthDate: '1990-01-01', telecom: [{ system: 'email', value: 'new@example.org' }], identifier: [{ value: 'MRN-N' }] } });
    const browser = new Browser(clinic.origin);
    await browser.submit(await browser.get('/oauth/sign-up'), 'sign-up', { mrn: 'MRN-N', birthDate: '1990-01-01', email: 'New@example.org' });
    await until(() => linkIn() !== '');
    const link = linkIn();
    // Opening it does nothing yet.
    const page = await browser.get(link);
    await browser.get(link);
    const at = new URL(link).pathname;
    expect((await browser.submit(page, at.split('/').at(-1) ?? '', { password: 'short' })).status).toBe(400);
    const done = await browser.submit(page, at.split('/').at(-1) ?? '', { password: 'a fine password' });
    expect(done.text).toContain('The account is ready');
    expect((await browser.get(link)).status).toBe(400);
    expect((await launch(clinic, { scope: 'launch/patient patient/*.rs', email: 'none@example.org' }).catch(() => undefined))).toBeUndefined();
    expect((await enter(new Browser(clinic.origin), 'new@example.org', 'a fine password')).text).toContain('New Person');
  });

  it('a reset link works once, within the hour, and ends all sessions', async () => {
    const there = new Browser(clinic.origin);
    await enter(there, 'parent@example.org');
    const browser = new Browser(clinic.origin);
    const before = mails();
    await browser.submit(await browser.get('/oauth/reset'), 'reset', { email: 'PARENT@example.org' });
    await until(() => mails() > before);
    const link = linkIn();
    const page = await browser.get(link);
    const done = await browser.submit(page, new URL(link).pathname.split('/').at(-1) ?? '', { password: 'reset password' });
    expect(done.text).toContain('The password was changed');
    expect((await there.get('/oauth/account')).text).toContain('name="password"');
    expect((await enter(new Browser(clinic.origin), 'parent@example.org', 'reset password')).text).not.toContain('name="password"');
    const late = await clinic.server.links.make({ kind: 'reset', account: (await clinic.server.accounts.byEmail('parent@example.org'))?.id ?? '' }, 60);
    clinic.pass(61 * 60_000);
    expect((await browser.get(late)).status).toBe(400);
  });

  it('an invitation of the operator becomes an account', async () => {
    const { inviteUser } = await import('../../../src/authorization/operator.js');
    const url = await inviteUser(clinic.server, { email: 'nurse@example.org', role: 'staff', fhirUser: 'Practitioner/P' });
    const browser = new Browser(clinic.origin);
    await browser.submit(await browser.get(url), new URL(url).pathname.split('/').at(-1) ?? '', { password: 'a nurse password' });
    expect((await clinic.server.accounts.byEmail('nurse@example.org'))?.role).toBe('staff');
  });
});

describe('pages', () => {
  it('speak Traditional Chinese on wish', async () => {
    const browser = new Browser(clinic.origin, { 'accept-language': 'zh-TW,zh;q=0.9' });
    const page = await browser.get('/oauth/account');
    expect(page.text).toContain('登入');
    expect(page.text).toContain('lang="zh-Hant"');
    const english = await browser.follow(await browser.send('POST', '/oauth/language', { language: 'en', path: '/oauth/account' }));
    expect(english.text).toContain('Sign in');
    expect((await browser.send('POST', '/oauth/language', { language: 'en', path: '//evil.example' })).location).toBe('/oauth/account');
  });
});

const until = async (condition: () => boolean): Promise<void> => {
  for (let tried = 0; tried < 200 && !condition(); tried += 1) await new Promise((resolve) => setTimeout(resolve, 10));
};
