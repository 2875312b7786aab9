/** What leaves a record and what the record says: sections I and promise 4 of the security design, through `perform`. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { auditEventText } from '../../../src/audit/event.js';
import { readAuditRecord } from '../../../src/audit/record.js';
import { toFhirError } from '../../../src/core/error.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Store } from '../../../src/store/store.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

interface Event {
  readonly type: { code: string };
  readonly subtype: { code: string }[];
  readonly meta?: { profile: string[] };
  readonly action: string;
  readonly outcome: string;
  readonly outcomeDesc?: string;
  readonly agent: { type: { coding: { code: string }[] }; who: { reference?: string; display?: string; identifier?: { value: string } }; requestor: boolean; policy?: string[] }[];
  readonly entity: { what?: { reference?: string; identifier?: { value: string } }; type: { code: string }; role?: { code: string }; query?: string }[];
}

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'token-1', expires: 9e15, ...grant });
const tS = token('system/*.cruds');
const tU = token('user/*.rs', { user: 'account-1', fhirUser: 'Practitioner/P' });
const tA = token('patient/*.rs', { patient: 'A', user: 'account-2', fhirUser: 'Patient/A', patients: ['A'] });
const tAobs = token('patient/Observation.rs', { patient: 'A', user: 'account-2', fhirUser: 'Patient/A', patients: ['A'] });
const profile = (name: string): string[] => [`https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${name}`];
const observation = (subject: string, more: Record<string, unknown> = {}) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${subject}` }, ...more });
const entry = (method: string, url: string, resource?: unknown) => ({ request: { method, url }, resource });

describe.each(engines)('the audit on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  let seen = 0;

  // As over HTTP: a page may leave the store as it is, but never what the record is made of.
  const ask = (method: string, url: string, more: Partial<Call> = {}) => call(service, { method, url, viewer: tS, takesStored: true, ...more });
  const refusedWith = (asked: Promise<unknown>) => asked.then(() => 200, (error: unknown) => toFhirError(error).status);
  const fresh = async (): Promise<Event[]> => {
    const records = await store.records('audit', seen, 10_000);
    seen = records.at(-1)?.number ?? seen;
    return records.map(({ text }) => JSON.parse(auditEventText(readAuditRecord(text))) as Event);
  };
  const patients = (events: readonly Event[]) => events.map(({ entity }) => entity.find(({ role }) => role?.code === '1')?.what?.reference);

  beforeEach(async () => {
    store = await open();
    seen = 0;
    service = { ...makeService(store, { conditionalDelete: 'multiple' }), audit: { provenance: false } };
    await ask('PUT', 'Practitioner/P', { body: { resourceType: 'Practitioner', id: 'P' } });
    for (const id of ['A', 'B', 'C', 'D']) {
      await ask('PUT', `Patient/${id}`, { body: { resourceType: 'Patient', id, generalPractitioner: [{ reference: 'Practitioner/P' }] } });
      await ask('PUT', `Observation/obs${id}`, { body: { ...observation(id), id: `obs${id}` } });
    }
    await fresh();
  });
  afterEach(() => store.close());

  it('I4 tells of a read: who, by which app and token, whose, and under which request', async () => {
    await ask('GET', 'Observation/obsA', { viewer: tU });
    const [event, another] = await fresh();
    expect(another).toBeUndefined();
    expect(event).toMatchObject({ type: { code: 'rest' }, subtype: [{ code: 'read' }], action: 'R', outcome: '0', meta: { profile: profile('PatientRead') } });
    const [client, server, user] = event?.agent ?? [];
    expect(client).toMatchObject({ type: { coding: [{ code: '110152' }] }, who: { identifier: { value: 'app' } }, requestor: false });
    expect(server).toMatchObject({ type: { coding: [{ code: '110153' }] }, requestor: false });
    expect(user).toMatchObject({ who: { reference: 'Practitioner/P', identifier: { value: 'account-1' } }, requestor: true, policy: ['urn:ietf:params:oauth:jti:token-1'] });
    expect(event?.entity.map(({ what }) => what?.reference ?? what?.identifier?.value)).toEqual(['r', 'Patient/A', 'Observation/obsA']);
  });

  it('I4 turns source and destination round for searches and writes', async () => {
    await ask('GET', 'Observation?status=final&_count=1');
    await ask('PUT', 'Patient/A', { body: { resourceType: 'Patient', id: 'A', gender: 'other' } });
    for (const { agent } of await fresh()) expect(agent.slice(0, 2).map(({ type }) => type.coding[0]?.code)).toEqual(['110153', '110152']);
  });

  it('I3 makes one record for each patient that a search has found', async () => {
    await ask('GET', 'Observation?status=final');
    const events = await fresh();
    expect(patients(events).sort()).toEqual(['Patient/A', 'Patient/B', 'Patient/C', 'Patient/D']);
    for (const event of events) {
      expect(event.meta?.profile).toEqual(profile('PatientQuery'));
      const query = event.entity.find(({ role }) => role?.code === '24')?.query ?? '';
      expect(Buffer.from(query, 'base64').toString()).toBe('Observation?status=final');
    }
  });

  it('records a search that found nothing, and what was only counted or brought along', async () => {
    await ask('GET', 'Observation?status=draft');
    expect((await fresh()).map(({ meta }) => meta?.profile)).toEqual([profile('Query')]);
    await ask('GET', 'Observation?_summary=count');
    expect(patients(await fresh())).toEqual([undefined]);
    await ask('GET', 'Patient?_id=B&_revinclude=Observation:subject');
    expect(patients(await fresh())).toEqual(['Patient/B']);
  });

  it('I3 knows whose a record is, however its text is spelt', async () => {
    const text = (id: string, reference: string) => `{"resourceType":"Observation","id":"${id}","status":"final","code":{"text":"x"},"subject":{"reference":"${reference}"}}`;
    for (const [id, reference] of [['slash', 'Patient\\/A'], ['letters', '\\u0050atient\\u002fA']] as const) {
      await ask('PUT', `Observation/${id}`, { body: text(id, reference) });
      await ask('GET', `Observation/${id}`);
      await ask('GET', `Observation?_id=${id}`);
      await ask('GET', `Observation/${id}/_history`);
      expect(patients(await fresh())).toEqual(['Patient/A', 'Patient/A', 'Patient/A', 'Patient/A']);
    }
  });

  it('I3 names no other patient in the record of one, also where the search began with that one', async () => {
    await ask('PUT', 'Observation/derived', { body: { ...observation('A', { derivedFrom: [{ reference: 'Observation/obsB' }] }), id: 'derived' } });
    await fresh();
    for (const url of ['Patient/B/Observation?_revinclude=Observation:derived-from', 'Patient/B/Observation?_summary=count']) await ask('GET', url);
    const named = (await fresh()).map(({ entity }) => entity.flatMap(({ what }) => what?.reference ?? []).sort());
    expect(named.sort()).toEqual([['Patient/A'], ['Patient/B'], ['Patient/B', 'Patient/B']]);
  });

  it('I3 knows whose a Binary is by its context, and whose a Task is though its type is in no compartment', async () => {
    const document = { resourceType: 'DocumentReference', status: 'current', subject: { reference: 'Patient/B' }, content: [{ attachment: { url: 'Binary/scan' } }] };
    const binary = (context: string) => ({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==', securityContext: { reference: context } });
    await ask('PUT', 'Binary/early', { body: { ...binary('Observation/obsA'), id: 'early' } });
    const entries = [entry('PUT', 'DocumentReference/doc', { ...document, id: 'doc' }), entry('PUT', 'Binary/scan', { ...binary('DocumentReference/doc'), id: 'scan' })];
    await ask('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: entries } });
    expect(patients(await fresh())).toEqual(['Patient/A', 'Patient/B', 'Patient/B']);
    for (const url of ['Binary/scan', 'Binary/scan/_history/1', 'Binary?_id=scan,early']) await ask('GET', url);
    await ask('DELETE', 'Binary/scan');
    expect(patients(await fresh()).sort()).toEqual(['Patient/A', 'Patient/B', 'Patient/B', 'Patient/B', 'Patient/B']);
    await ask('PUT', 'Task/call', { body: { resourceType: 'Task', id: 'call', status: 'requested', intent: 'order', for: { reference: 'Patient/C' } } });
    await ask('GET', 'Task/call');
    expect(patients(await fresh())).toEqual(['Patient/C', 'Patient/C']);
  });

  it('records vread, histories and unchanged answers', async () => {
    for (const url of ['Observation/obsA/_history/1', 'Observation/obsA/_history', 'Observation/_history?_count=1']) await ask('GET', url);
    await ask('GET', 'Observation/obsA', { conditions: { ifNoneMatch: 'W/"1"' } });
    const events = await fresh();
    expect(events.map(({ subtype }) => subtype[0]?.code)).toEqual(['vread', 'history-instance', 'history-type', 'read']);
    expect(patients(events).filter((patient) => patient === undefined)).toEqual([]);
  });

  it('puts the records of writes into their commit, one for each resource', async () => {
    await ask('POST', 'Observation', { body: observation('A') });
    await ask('PATCH', 'Observation/obsA', { body: [{ op: 'replace', path: '/status', value: 'amended' }] });
    await ask('DELETE', 'Observation/obsA');
    const events = await fresh();
    expect(events.map(({ meta }) => meta?.profile)).toEqual([profile('PatientCreate'), profile('PatientUpdate'), profile('PatientDelete')]);
    expect(patients(events)).toEqual(['Patient/A', 'Patient/A', 'Patient/A']);
    await ask('DELETE', 'Observation?status=final');
    expect((await fresh()).length).toBe(4);
  });

  it('records each entry of batches and transactions', async () => {
    const entries = [entry('POST', 'Observation', observation('A')), entry('PUT', 'Patient/B', { resourceType: 'Patient', id: 'B', gender: 'male' }), entry('GET', 'Patient/C')];
    await ask('POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry: entries } });
    expect(patients(await fresh()).sort()).toEqual(['Patient/A', 'Patient/B', 'Patient/C']);
    await ask('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: entries } });
    expect(new Set(patients(await fresh()))).toEqual(new Set(['Patient/A', 'Patient/B', 'Patient/C']));
  });

  it('records nothing of a transaction that did not happen but its refusal', async () => {
    const entries = [entry('POST', 'Observation', observation('A')), entry('GET', 'Patient/nobody')];
    expect(await refusedWith(ask('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: entries } }))).toBe(404);
    expect((await fresh()).every(({ outcome }) => outcome === '4')).toBe(true);
  });

  it('I5 records refusals, and tells hidden from absent there alone', async () => {
    expect(await refusedWith(ask('GET', 'Claim/x', { viewer: tAobs }))).toBe(403);
    expect(await refusedWith(ask('GET', 'Observation/obsB', { viewer: tA }))).toBe(404);
    expect(await refusedWith(ask('GET', 'Observation/none', { viewer: tA }))).toBe(404);
    const events = await fresh();
    expect(events.map(({ outcome, outcomeDesc }) => [outcome, outcomeDesc])).toEqual([['4', 'forbidden'], ['4', 'not-found'], ['4', 'not-found']]);
    expect((await store.records('audit', seen - 3, 3)).map(({ text }) => readAuditRecord(text).hidden)).toEqual([undefined, true, undefined]);
    expect(events.every(({ meta }) => meta === undefined)).toBe(true);
  });

  it('records a dry run and a match of If-None-Exist as looks, not as writes', async () => {
    await ask('POST', 'Observation', { body: observation('A', { identifier: [{ value: 'once' }] }) });
    await fresh();
    await ask('POST', 'Observation', { body: observation('A'), conditions: { ifNoneExist: 'identifier=once' } });
    const events = await fresh();
    expect(events.map(({ action, meta }) => [action, meta])).toEqual([['E', undefined]]);
    expect(patients(events)).toEqual(['Patient/A']);
  });

  it('I1 lets nobody write records', async () => {
    const [record] = await store.records('audit', 0, 1);
    const body = JSON.parse(record?.text ?? '{}') as { id: string };
    for (const [method, url] of [['POST', 'AuditEvent'], ['PUT', `AuditEvent/${body.id}`], ['DELETE', `AuditEvent/${body.id}`], ['DELETE', 'AuditEvent?action=R'], ['PUT', 'AuditEvent?action=R']] as const) {
      expect(await refusedWith(ask(method, url, { body }))).toBe(405);
    }
    expect(await refusedWith(ask('PATCH', `AuditEvent/${body.id}`, { body: [] }))).toBe(405);
    expect(await refusedWith(ask('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [entry('POST', 'AuditEvent', body)] } }))).toBe(405);
    const batch = await ask('POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry: [entry('DELETE', `AuditEvent/${body.id}`)] } });
    expect(batch.body).toContain('"status":"405');
    expect((await fresh()).filter(({ outcomeDesc }) => outcomeDesc === 'method-not-allowed').length).toBeGreaterThanOrEqual(8);
  });

  it('shows nothing when the record cannot be kept', async () => {
    const failing: Service = { ...service, store: { ...store, commit: async () => { throw new Error('the disk is gone'); } } };
    const asked = call(failing, { method: 'GET', url: 'Patient/A', viewer: tS });
    await expect(asked).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await refusedWith(call(failing, { method: 'GET', url: 'Observation?status=final', viewer: tS }))).toBe(503);
  });

  it('records nothing for the statement of capabilities', async () => {
    await ask('GET', 'metadata');
    expect(await fresh()).toEqual([]);
  });

  it('makes valid AuditEvents', async () => {
    const validate = makeValidator();
    await ask('GET', 'Observation?status=final');
    await ask('GET', 'Patient/A', { viewer: tU });
    for (const event of await fresh()) expect(validate(event as unknown as Record<string, unknown>).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
