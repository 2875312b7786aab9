/** I6: a record opened in an emergency: with a reason, for a time, marked in the audit, told to the patient, and for nobody else. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultRules } from '../../../src/access/rules.js';
import { parseScopes } from '../../../src/access/scope.js';
import { openViewer, tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import { toFhirError } from '../../../src/core/error.js';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeStandings } from '../../../src/interaction/standing.js';
import { accessOperations } from '../../../src/operation/access/operations.js';
import { whoSaw } from '../../../src/operation/audit/who-saw.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant>): Viewer => tokenViewer({ client: 'chart', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const worker = (id: string, scope = 'user/*.cruds', grant: Partial<TokenGrant> = {}): Viewer => token(scope, { user: id, fhirUser: `Practitioner/${id}`, ...grant });
const P = worker('P');
const Q = worker('Q');
const tA = token('patient/*.cruds user/*.rs', { user: 'a', fhirUser: 'Patient/A', patient: 'A', patients: ['A'] });
const tB = token('patient/*.rs', { user: 'b', fhirUser: 'Patient/B', patient: 'B', patients: ['B'] });
const reference = (name: string) => ({ reference: name });
const parameters = (values: Readonly<Record<string, string | number>>) => ({
  resourceType: 'Parameters', parameter: Object.entries(values).map(([name, value]) => (typeof value === 'number' ? { name, valueInteger: value } : { name, valueString: value })),
});
const reason = 'Unconscious, brought in by ambulance';

interface Coding { readonly code?: string }
interface Event {
  readonly type: Coding;
  readonly subtype: readonly Coding[];
  readonly purposeOfEvent?: readonly { readonly coding: readonly Coding[]; readonly text?: string }[];
  readonly entity: readonly { readonly what?: { readonly reference?: string } }[];
  readonly agent: readonly { readonly who?: { readonly reference?: string } }[];
}

describe.each(engines)('break-glass on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  let other: Service;
  const clock = { ...systemClock, ahead: 0, now: () => systemClock.now() + clock.ahead };
  const ask = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}, through = service) => call(through, { method, url, viewer, ...more });
  const put = (resource: { resourceType: string; id: string; [more: string]: unknown }) => ask(openViewer, 'PUT', `${resource.resourceType}/${resource.id}`, { body: resource });
  const statusOf = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}, through = service): Promise<number> =>
    ask(viewer, method, url, more, through).then(({ status }) => status, (error: unknown) => toFhirError(error).status);
  const found = async (viewer: Viewer, url: string, through = service): Promise<string[]> => {
    const { body = '{}' } = await ask(viewer, 'GET', url, {}, through);
    return ((JSON.parse(body) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id).sort();
  };
  const breakGlass = (viewer: Viewer, values: Readonly<Record<string, string | number>> = { reason }, id = 'B') => statusOf(viewer, 'POST', `Patient/${id}/$break-glass`, { body: parameters(values) });
  const events = async (): Promise<Event[]> => {
    const { body = '{}' } = await ask(openViewer, 'GET', 'AuditEvent?_count=500&_sort=date');
    return ((JSON.parse(body) as { entry?: { resource: Event }[] }).entry ?? []).map(({ resource }) => resource);
  };
  const make = (): Service => {
    const made: Service = { ...makeService(store), clock, operations: new Map([...accessOperations, whoSaw].map((operation) => [operation.name, operation])), audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } };
    const index = makeAuditIndex(() => made);
    return { ...made, standings: makeStandings(() => made, defaultRules) };
  };

  beforeEach(async () => {
    clock.ahead = 0;
    store = await open();
    [service, other] = [make(), make()];
    await put({ resourceType: 'Practitioner', id: 'P', name: [{ given: ['Pia'], family: 'Roth' }] });
    await put({ resourceType: 'Practitioner', id: 'Q' });
    for (const id of ['A', 'B']) {
      await put({ resourceType: 'Patient', id });
      await put({ resourceType: 'Observation', id: `obs${id}`, status: 'final', code: { text: 'x' }, subject: reference(`Patient/${id}`) });
    }
    await put({ resourceType: 'CareTeam', id: 'team', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Practitioner/P') }] });
  });
  afterEach(() => store.close());

  it('opens one record to one person at once, in every process, and no other', async () => {
    expect([await found(P, 'Observation'), await statusOf(P, 'GET', 'Patient/B')]).toEqual([['obsA'], 404]);
    expect(await breakGlass(P)).toBe(200);
    for (const through of [service, other]) expect([await found(P, 'Observation', through), await statusOf(P, 'GET', 'Patient/B', {}, through), await found(Q, 'Observation', through)]).toEqual([['obsA', 'obsB'], 200, []]);
    // Scopes stay what they are.
    const narrow = worker('P', 'user/Observation.rs user/Patient.r');
    expect([await statusOf(narrow, 'GET', 'Observation/obsB'), await statusOf(narrow, 'DELETE', 'Observation/obsB'), await statusOf(narrow, 'GET', 'Condition')]).toEqual([200, 403, 403]);
  });

  it('calls the patient when it has opened, and opens all the same where nobody can be reached', async () => {
    const called: string[] = [];
    const failures: string[] = [];
    service = { ...service, callPatient: async (patient) => { called.push(patient); throw new Error('no mail server'); }, observe: (one) => { if (one.kind === 'failure') failures.push(one.where); } };
    expect([await breakGlass(P, {}), ...called]).toEqual([403]);
    expect([await breakGlass(P), ...called, ...failures]).toEqual([200, 'B', 'mail after break-glass']);
  });

  it('closes by itself, and when it is closed', async () => {
    await breakGlass(P, { reason, minutes: 10 });
    clock.ahead = 10 * 60_000 - 5_000;
    expect(await statusOf(P, 'GET', 'Patient/B')).toBe(200);
    clock.ahead = 10 * 60_000 + 1;
    for (const through of [service, other]) expect(await statusOf(P, 'GET', 'Patient/B', {}, through)).toBe(404);
    await breakGlass(P);
    expect(await statusOf(P, 'GET', 'Patient/B', {}, other)).toBe(200);
    expect(await statusOf(Q, 'POST', 'Patient/B/$break-glass-end')).toBe(404);
    expect(await statusOf(P, 'POST', 'Patient/B/$break-glass-end', {}, other)).toBe(200);
    for (const through of [service, other]) expect(await statusOf(P, 'GET', 'Patient/B', {}, through)).toBe(404);
    expect(await statusOf(P, 'POST', 'Patient/B/$break-glass-end')).toBe(404);
  });

  it('is refused without a reason, to patients, relatives, systems, and without a user/ scope', async () => {
    for (const values of [{}, { reason: '  ' }, { reason: 'x' }]) expect(await breakGlass(P, values)).toBe(403);
    expect(await breakGlass(P, { reason, minutes: 61 })).toBe(400);
    expect(await breakGlass(P, { reason, minutes: 0 })).toBe(400);
    expect(await breakGlass(P, { reason, purpose: 'HRESCH' })).toBe(400);
    const refused = [tA, token('user/*.rs', { user: 'r', fhirUser: 'RelatedPerson/R', patients: ['A'] }), token('system/*.cruds', {}), worker('P', 'patient/*.rs', { patient: 'A' }), worker('P', 'user/Observation.rs'), openViewer];
    for (const viewer of refused) expect(await breakGlass(viewer)).toBe(403);
    expect(await breakGlass(P, { reason }, 'nobody')).toBe(404);
    expect(await statusOf(P, 'GET', 'Patient/B/$break-glass')).toBe(405);
    expect(await found(P, 'Observation')).toEqual(['obsA']);
    const off = { ...service, options: { ...service.options, breakGlassMinutes: 0 } };
    expect(await statusOf(P, 'POST', 'Patient/B/$break-glass', { body: parameters({ reason }) }, off)).toBe(403);
  });

  it('cannot be written by hand, prolonged, or made to last', async () => {
    await breakGlass(P);
    const { body = '{}' } = await ask(P, 'GET', 'Basic');
    const kept = (JSON.parse(body) as { entry: { resource: { id: string } }[] }).entry[0]?.resource ?? { id: '' };
    const later = { ...kept, extension: [] };
    for (const viewer of [P, tB, token('system/*.cruds', {})]) {
      expect(await statusOf(viewer, 'PUT', `Basic/${kept.id}`, { body: later })).not.toBe(200);
      expect(await statusOf(viewer, 'PATCH', `Basic/${kept.id}`, { body: [{ op: 'remove', path: '/extension' }] })).toBeGreaterThanOrEqual(403);
      await statusOf(viewer, 'DELETE', `Basic/${kept.id}`);
      expect(await statusOf(viewer, 'POST', 'Basic', { body: { ...kept, id: undefined } })).toBe(403);
    }
    expect(await statusOf(openViewer, 'GET', `Basic/${kept.id}`)).toBe(200);
    const message = await found(tB, 'Communication?recipient=Patient/B');
    for (const viewer of [P, tA, token('system/*.cruds', {})]) await statusOf(viewer, 'DELETE', `Communication/${message[0] ?? ''}`);
    expect([message.length, await found(tB, 'Communication?recipient=Patient/B')]).toEqual([1, message]);
    for (const resource of [
      { resourceType: 'CareTeam', status: 'active', subject: reference('Patient/B'), participant: [{ member: reference('Practitioner/P') }] },
      { resourceType: 'Consent', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference('Patient/B'), policyRule: { text: 'x' }, provision: { type: 'permit', actor: [{ role: { text: 'x' }, reference: reference('Practitioner/P') }] } },
    ]) expect(await statusOf(P, 'POST', resource.resourceType, { body: resource })).toBe(403);
    const { body: patient = '{}' } = await ask(P, 'GET', 'Patient/B');
    await put({ resourceType: 'Encounter', id: 'visitB', status: 'finished', class: { code: 'AMB' }, subject: reference('Patient/B') });
    const stay = [{ op: 'add', path: '/generalPractitioner', value: [reference('Practitioner/P')] }];
    expect(await statusOf(P, 'PATCH', 'Patient/B', { body: stay })).toBe(403);
    expect(await statusOf(P, 'PUT', 'Patient/B', { body: { ...(JSON.parse(patient) as object), generalPractitioner: [reference('Practitioner/P')] } })).toBe(403);
    expect(await statusOf(P, 'POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'PUT', url: 'Patient?_id=B' }, resource: { resourceType: 'Patient', generalPractitioner: [reference('Practitioner/P')] } }] } })).toBe(403);
    for (const name of ['Patient/B', 'Encounter/visitB', 'Encounter?_id=visitB']) expect([name, await statusOf(P, 'DELETE', name)]).toEqual([name, 403]);
    // What is found in the emergency can be written down.
    expect(await statusOf(P, 'POST', 'Observation', { body: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: reference('Patient/B') } })).toBe(201);
  });

  it('leaves the Consents alone that it opens, also for who takes care of the patient', async () => {
    const consent = { resourceType: 'Consent', id: 'deny', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference('Patient/A'), policyRule: { text: 'x' }, provision: { type: 'deny', actor: [{ role: { text: 'x' }, reference: reference('Practitioner/P') }] } };
    await put({ resourceType: 'Patient', id: 'A2' });
    await put({ resourceType: 'CareTeam', id: 'team2', status: 'active', subject: reference('Patient/A2'), participant: [{ member: reference('Practitioner/P') }] });
    await put(consent);
    expect([await statusOf(P, 'GET', 'Patient/A'), await breakGlass(P, { reason }, 'A'), await statusOf(P, 'GET', 'Consent/deny')]).toEqual([404, 200, 200]);
    for (const changed of [{ ...consent, status: 'inactive' }, { ...consent, patient: reference('Patient/A2') }]) expect(await statusOf(P, 'PUT', 'Consent/deny', { body: changed })).toBe(403);
    expect(await statusOf(P, 'PATCH', 'Consent/deny', { body: [{ op: 'replace', path: '/status', value: 'inactive' }] })).toBe(403);
    for (const name of ['Consent/deny', 'Consent?_id=deny']) expect([name, await statusOf(P, 'DELETE', name)]).toEqual([name, 403]);
    // What does not come by the emergency goes on.
    expect(await statusOf(P, 'POST', 'Encounter', { body: { resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' }, subject: reference('Patient/A') } })).toBe(201);
    expect(await statusOf(P, 'POST', 'Patient/A/$break-glass-end', { body: parameters({}) })).toBe(200);
    expect(await statusOf(P, 'GET', 'Patient/A')).toBe(404);
    expect(await statusOf(tA, 'DELETE', 'Consent/deny')).toBe(204);
    expect(await statusOf(P, 'GET', 'Patient/A')).toBe(200);
  });

  it('is over for whoever does not work here any more', async () => {
    await breakGlass(P);
    expect(await statusOf(P, 'GET', 'Patient/B', {}, other)).toBe(200);
    await put({ resourceType: 'Practitioner', id: 'P', active: false });
    for (const through of [service, other]) expect(await statusOf(P, 'GET', 'Patient/B', {}, through)).toBe(404);
    expect(await breakGlass(P)).toBe(403);
    expect(await breakGlass(worker('nobody'))).toBe(403);
  });

  it('opens what labels and Consents withhold, except what is denied for emergencies by name', async () => {
    const consent = (provision: object) => put({ resourceType: 'Consent', id: 'c', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference('Patient/B'), policyRule: { text: 'x' }, provision });
    await put({ resourceType: 'Observation', id: 'obsB', status: 'final', code: { text: 'x' }, subject: reference('Patient/B'), meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] } });
    await consent({ type: 'deny' });
    await breakGlass(P);
    expect(await found(P, 'Observation')).toEqual(['obsA', 'obsB']);
    await consent({ type: 'deny', purpose: [{ code: 'ETREAT' }] });
    expect(await found(P, 'Observation', other)).toEqual(['obsA']);
  });

  it('marks every access it makes possible, and itself, and tells the patient', async () => {
    await statusOf(P, 'GET', 'Patient/A');
    await breakGlass(P, { reason, purpose: 'ETREAT' });
    await statusOf(P, 'GET', 'Patient/B');
    await found(P, 'Observation');
    await statusOf(P, 'GET', 'Patient/A');
    await statusOf(P, 'POST', 'Patient/B/$break-glass-end');
    const all = await events();
    const codes = ({ subtype }: Event) => subtype.map(({ code }) => code);
    const about = (event: Event, patient: string) => event.entity.some(({ what }) => what?.reference === `Patient/${patient}`);
    const byP = all.filter(({ agent }) => agent.some(({ who }) => who?.reference === 'Practitioner/P'));
    const alerts = byP.filter(({ type }) => type.code === '110113');
    expect(alerts.map(codes)).toEqual([['110127'], ['110138']]);
    const marked = byP.filter((event) => event.type.code !== '110113' && about(event, 'B'));
    expect(marked.map(codes)).toEqual([['read', '110127'], ['search-type', '110127']]);
    for (const event of [...alerts, ...marked]) {
      expect(event.purposeOfEvent?.[0]?.text).toBe(reason);
      expect(event.purposeOfEvent?.[0]?.coding.map(({ code }) => code)).toContain('ETREAT');
    }
    for (const event of byP.filter((one) => about(one, 'A'))) expect(event.purposeOfEvent).toBeUndefined();

    const { body = '{}' } = await ask(tB, 'GET', 'Patient/B/$who-saw');
    const accesses = (JSON.parse(body) as { parameter: { part: { name: string; valueBoolean?: boolean }[] }[] }).parameter.filter(({ part }) => part.some(({ name, valueBoolean }) => name === 'emergency' && valueBoolean === true));
    expect(accesses.length).toBe(4);
    const told = await ask(tB, 'GET', 'Communication?recipient=Patient/B');
    expect(told.body).toContain('Pia Roth');
    expect(told.body).toContain(reason);
    expect(await found(tA, 'Communication')).toEqual([]);
  });

  it('a refused attempt is in the audit too', async () => {
    await breakGlass(tA);
    const refused = (await events()).filter((event) => (event as unknown as { outcome: string }).outcome === '4');
    expect(refused).toHaveLength(1);
  });
});
