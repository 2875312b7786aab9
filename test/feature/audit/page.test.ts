/** The page "Who saw my record": a patient reads, takes away and questions accesses to the records that are theirs, and no others. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import { recordEvent } from '../../../src/interaction/audited.js';
import { perform } from '../../../src/interaction/perform.js';
import type { Operation, Service } from '../../../src/interaction/service.js';
import { accountingOfDisclosures } from '../../../src/operation/audit/accounting.js';
import { makeQuestionAccess } from '../../../src/operation/audit/question.js';
import { whoSaw } from '../../../src/operation/audit/who-saw.js';
import { Browser, openClinic, password, type Clinic, type Seen } from '../authorization/harness.js';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
  const index = makeAuditIndex(() => clinic.service);
  // The harness makes a service without them.
  const service = clinic.service as { -readonly [name in keyof Service]: Service[name] };
  service.audit = { provenance: false, bringUpToDate: () => index.bringUpToDate() };
  service.operations = new Map<string, Operation>([whoSaw, accountingOfDisclosures, makeQuestionAccess(perform)].map((operation) => [operation.name, operation]));
  await recordEvent(clinic.service, { action: 'read', subtype: 'read', outcome: '0', agent: { client: 'chart', user: 'Practitioner/P' }, patient: 'A', data: ['Observation/obsA'], emergency: true, reason: '<b>fall</b>', requestId: 'r' });
});
afterAll(async () => { await clinic.stop(); });

const enter = async (email: string): Promise<Browser> => {
  const browser = new Browser(clinic.origin);
  await browser.submit(await browser.get('/oauth/account'), 'sign-in', { email, password });
  return browser;
};
const questionOf = async (browser: Browser, page: Seen): Promise<Seen> => {
  const [, event = ''] = /name="event" value="([^"]+)"/.exec(page.text) ?? [];
  return browser.submit(page, 'accesses/question', { patient: 'A', event });
};

describe('the page of accesses', () => {
  it('tells a patient in plain words who saw their record, and offers the table', async () => {
    const browser = await enter('ada@example.org');
    expect((await browser.get('/oauth/account')).text).toContain('/oauth/account/accesses');
    const page = await browser.get('/oauth/account/accesses');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Dr. P looked at a measurement or finding');
    expect(page.text).toContain('&lt;b&gt;fall&lt;/b&gt;');
    expect(page.text).not.toContain('<b>fall');
    const table = await browser.get('/oauth/account/accesses.csv?patient=A');
    expect(table.headers.get('content-disposition')).toContain('attachment');
    expect(table.headers.get('cache-control')).toBe('no-store');
    expect(table.text).toContain('Dr. P');
  });

  it('says the same in Traditional Chinese', async () => {
    const browser = await enter('ada@example.org');
    browser.cookies.set('language', { value: 'zh-Hant', path: '/' });
    const page = await browser.get('/oauth/account/accesses');
    expect(page.text).toContain('Dr. P以應用程式「chart」查看了一項測量或檢查結果');
    expect(page.text).not.toContain('looked at');
    expect((await browser.get('/oauth/account/accesses.csv?patient=A')).text).toContain('查看了');
  });

  it('takes a question, and refuses one about an access that is not theirs', async () => {
    const browser = await enter('ada@example.org');
    const page = await browser.get('/oauth/account/accesses');
    expect((await questionOf(browser, page)).text).toContain('The clinic was asked');
    const { matches } = await clinic.service.store.search({ types: ['Task'], count: 10 });
    expect(matches).toHaveLength(1);
    expect((await browser.submit(page, 'accesses/question', { patient: 'A', event: 'AuditEvent/none' })).status).toBe(404);
    expect((await browser.submit(page, 'accesses/question', { patient: 'B', event: 'AuditEvent/none' })).status).toBe(404);
  });

  it('shows nobody the record of another, whoever asks', async () => {
    const parent = await enter('parent@example.org');
    expect((await parent.get('/oauth/account/accesses?patient=A')).text).not.toContain('measurement or finding');
    expect((await parent.get('/oauth/account/accesses.csv?patient=A')).text).not.toContain('measurement or finding');
    expect((await (await enter('dr@example.org')).get('/oauth/account/accesses?patient=A')).status).toBe(404);
    expect((await new Browser(clinic.origin).get('/oauth/account/accesses?patient=A')).text).toContain('name="password"');
  });
});
