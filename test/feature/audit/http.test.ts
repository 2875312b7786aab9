/** Refusals before an interaction begins, sign-ins, and the request id that joins answer and record: case I5 over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditEventText } from '../../../src/audit/event.js';
import { readAuditRecord } from '../../../src/audit/record.js';
import type { Service } from '../../../src/interaction/service.js';
import { engineName, fhir, launch, openClinic, tokenOf, type Clinic } from '../authorization/harness.js';

let clinic: Clinic;
let seen = 0;
const fresh = async () => {
  const records = await clinic.service.store.records('audit', seen, 1_000);
  seen = records.at(-1)?.number ?? seen;
  return records.map(({ text }) => readAuditRecord(text));
};
beforeAll(async () => {
  clinic = await openClinic();
  // The harness makes a service without it.
  (clinic.service as { -readonly [name in keyof Service]: Service[name] }).audit = { provenance: false };
});
afterAll(async () => { await clinic.stop(); });

describe(`the audit over HTTP on ${engineName}`, () => {
  it('I5 records requests without a token, and with one that is not good', async () => {
    expect((await fhir(clinic, 'Patient/A')).status).toBe(401);
    expect((await fhir(clinic, 'Patient/A', 'no-token-of-this-server')).status).toBe(401);
    const records = await fresh();
    expect(records.map(({ outcome, outcomeText, data, agent }) => [outcome, outcomeText, data, agent.client])).toEqual([
      ['4', 'unauthorized', ['Patient/A'], undefined], ['4', 'unauthorized', ['Patient/A'], undefined],
    ]);
    expect(JSON.stringify(records)).not.toContain('no-token-of-this-server');
    expect(records[0]?.agent.address).toContain('127.0.0.1');
  });

  it('records sign-ins and what the token is used for, under the request id of the answer and never with the token', async () => {
    const token = tokenOf(await launch(clinic, { scope: 'launch/patient openid fhirUser patient/*.rs' }));
    const signedIn = (await fresh()).filter(({ type, subtype }) => type?.code === '110114' && typeof subtype === 'object' && subtype.code === '110122');
    expect(signedIn.map(({ outcome, agent }) => [outcome, agent.user])).toEqual([['0', 'Patient/A']]);
    const answer = await fhir(clinic, 'Patient/A', token);
    const refused = await fhir(clinic, 'Patient', token, { method: 'POST', body: '{}' });
    const records = await fresh();
    // Whose the record is that a token is good for is found out with each, and shown to nobody: nothing beside the requests is recorded.
    expect(new Set(records.map(({ requestId }) => requestId))).toEqual(new Set([answer.headers.get('x-request-id'), refused.headers.get('x-request-id')]));
    const of = ({ headers }: Response) => records.filter(({ requestId }) => requestId === headers.get('x-request-id'));
    const [read] = of(answer);
    expect(of(answer)).toMatchObject([{ action: 'read', outcome: '0', patient: 'A', agent: { client: 'app', user: 'Patient/A' } }]);
    expect(of(refused)).toMatchObject([{ outcome: '4', outcomeText: 'forbidden' }]);
    expect(read?.agent.jti).toMatch(/./);
    expect(read === undefined ? '' : auditEventText(read)).not.toContain(token);
  });

  it('records nothing for what is public', async () => {
    await fresh();
    for (const path of ['metadata', '.well-known/smart-configuration']) expect((await fhir(clinic, path)).status).toBe(200);
    expect(await fresh()).toEqual([]);
  });
});
