/** I9: the accounting of disclosures over six years, accesses in plain words, and the questions that patients have about them. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import { recordEvent, recordSecurity } from '../../../src/interaction/audited.js';
import { perform } from '../../../src/interaction/perform.js';
import type { Service } from '../../../src/interaction/service.js';
import { accountingOfDisclosures } from '../../../src/operation/audit/accounting.js';
import { makeQuestionAccess } from '../../../src/operation/audit/question.js';
import { whoSaw } from '../../../src/operation/audit/who-saw.js';
import type { Store } from '../../../src/store/store.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const tS = token('system/*.cruds', { client: 'backend' });
const tU = token('system/*.rs', { client: 'chart', user: 'account', fhirUser: 'Practitioner/P' });
const ofPatient = (id: string, scope = 'patient/*.rs'): Viewer => token(scope, { client: 'phone', patient: id, user: `u-${id}`, fhirUser: `Patient/${id}`, patients: [id] });

interface Part { readonly name: string; readonly valueString?: string; readonly valueInteger?: number; readonly valueBoolean?: boolean; readonly valueReference?: { readonly reference: string }; readonly part?: Part[] }
interface Task { readonly resourceType: string; readonly id: string; readonly focus: { reference: string }; readonly description: string; readonly note: { text: string }[]; readonly requester: { reference: string } }

describe.each(engines)('disclosures on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  const ask = (method: string, url: string, viewer: Viewer, body?: unknown) => call(service, { method, url, viewer, body });
  const parameters = async (url: string, viewer: Viewer): Promise<readonly Part[]> => (JSON.parse((await ask('GET', url, viewer)).body ?? '{}') as { parameter?: Part[] }).parameter ?? [];
  const words = async (id: string, viewer = ofPatient(id)): Promise<(string | undefined)[]> =>
    (await parameters(`Patient/${id}/$accounting-of-disclosures`, viewer)).filter(({ name }) => name === 'disclosure').map(({ part }) => part?.find(({ name }) => name === 'words')?.valueString);
  const refused = (asked: Promise<unknown>) => asked.then(() => 200, (error: unknown) => toFhirError(error).status);
  const lastEvent = async (id: string): Promise<string> => (await parameters(`Patient/${id}/$who-saw?count=1`, ofPatient(id)))[0]?.part?.find(({ name }) => name === 'event')?.valueReference?.reference ?? '';

  beforeEach(async () => {
    store = await open();
    const operations = [whoSaw, accountingOfDisclosures, makeQuestionAccess(perform)].map((operation) => [operation.name, operation] as const);
    service = { ...makeService(store), operations: new Map(operations), audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } };
    const index = makeAuditIndex(() => service);
    await ask('PUT', 'Organization/O', tS, { resourceType: 'Organization', id: 'O', name: 'Harbour Clinic' });
    await ask('PUT', 'Practitioner/P', tS, { resourceType: 'Practitioner', id: 'P', name: [{ given: ['Pia'], family: 'Roth' }] });
    await ask('PUT', 'PractitionerRole/PO', tS, { resourceType: 'PractitionerRole', id: 'PO', practitioner: { reference: 'Practitioner/P' }, organization: { reference: 'Organization/O' } });
    for (const id of ['A', 'B']) await ask('PUT', `Patient/${id}`, tS, { resourceType: 'Patient', id });
  });
  afterEach(() => store.close());

  it('I9 accounts for looks, exports and break-glass: who, for whom, by what, what and why', async () => {
    await ask('GET', 'Patient/B', tU);
    await recordSecurity(service, 'exported', { agent: { client: 'command export' }, outcomeText: 'export' });
    await recordEvent(service, { action: 'read', subtype: 'read', outcome: '0', agent: { client: 'chart', user: 'Practitioner/P' }, patient: 'B', data: ['Condition/c'], emergency: true, reason: 'found unconscious', requestId: 'r' });
    expect((await words('B')).sort()).toEqual([
      'Pia Roth (Harbour Clinic) looked at a diagnosis with the app "chart" in an emergency, past the usual limits (break-glass), giving as the reason: "found unconscious".',
      'Pia Roth (Harbour Clinic) looked at your personal details with the app "chart".',
      'The operator of this server copied the records of all patients, yours among them (export).',
      'The program "backend" added your personal details.',
    ]);
    // A's has the export and nothing of B.
    expect(await words('A')).toHaveLength(2);
  });

  it('leaves out what the patient looked at, refused looks, and copies from before there was a record', async () => {
    await recordSecurity(service, 'backed-up', { agent: { client: 'command backup' } });
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    await ask('PUT', 'Patient/N', tS, { resourceType: 'Patient', id: 'N' });
    await ask('GET', 'Patient/N', ofPatient('N'));
    await refused(ask('GET', 'Patient/N', ofPatient('A')));
    expect(await words('N')).toEqual(['The program "backend" added your personal details.']);
  });

  it('is for a time that is asked for, and comes as a table in which nothing is a formula', async () => {
    expect(await words('B')).toHaveLength(1);
    const [, period, count] = await parameters('Patient/B/$accounting-of-disclosures?end=2001-01-01&start=2000-01-01', ofPatient('B'));
    expect([period?.name, count?.valueInteger]).toEqual(['period', 0]);
    await recordEvent(service, { action: 'read', subtype: 'read', outcome: '0', agent: { client: '=1+1', user: 'Practitioner/P' }, patient: 'B', reason: '=HYPERLINK("x")', requestId: 'r' });
    const binary = JSON.parse((await ask('GET', 'Patient/B/$accounting-of-disclosures?format=csv', ofPatient('B'))).body ?? '{}') as { contentType: string; data: string };
    expect(binary.contentType).toContain('text/csv');
    const lines = Buffer.from(binary.data, 'base64').toString('utf8').split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain(`"'=1+1"`);
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`);
    expect(await refused(ask('GET', 'Patient/B/$accounting-of-disclosures?format=pdf', ofPatient('B')))).toBe(400);
    expect(await refused(ask('GET', 'Patient/B/$accounting-of-disclosures?start=soon', ofPatient('B')))).toBe(400);
    expect(await refused(ask('GET', 'Patient/B/$accounting-of-disclosures', ofPatient('A')))).toBe(404);
  });

  it('makes a Task of a questioned access, once, which the clinic works on and the patient asks after', async () => {
    await ask('GET', 'Patient/B', tU);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    const event = await lastEvent('B');
    const body = { resourceType: 'Parameters', parameter: [{ name: 'event', valueString: event }, { name: 'comment', valueString: 'I was not there that day.' }] };
    const first = await ask('POST', 'Patient/B/$question-access', ofPatient('B', 'patient/Patient.r'), body);
    expect(first.status).toBe(201);
    const task = JSON.parse(first.body ?? '{}') as Task;
    expect(task).toMatchObject({ resourceType: 'Task', focus: { reference: event }, note: [{ text: 'I was not there that day.' }], requester: { reference: 'Patient/B' } });
    expect(task.description).toContain('Pia Roth (Harbour Clinic) looked at your personal details');
    expect(makeValidator()(task as unknown as Record<string, unknown>).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(JSON.parse((await ask('POST', 'Patient/B/$question-access', ofPatient('B'), body)).body ?? '{}')).toMatchObject({ id: task.id });
    expect((await ask('GET', `Task/${task.id}`, tU)).status).toBe(200);
    // R4 has no Task in a patient's compartment: how far it is is learnt by asking again.
    expect(await refused(ask('GET', `Task/${task.id}`, ofPatient('B')))).toBe(403);
    await ask('PUT', `Task/${task.id}`, tS, { ...task, status: 'completed' });
    expect(JSON.parse((await ask('POST', 'Patient/B/$question-access', ofPatient('B'), body)).body ?? '{}')).toMatchObject({ id: task.id, status: 'completed' });
  });

  it('takes questions of the patient alone, about accesses to their own record', async () => {
    await ask('GET', 'Patient/A', tU);
    const event = await lastEvent('A');
    const question = (of: string) => ({ resourceType: 'Parameters', parameter: [{ name: 'event', valueString: of }] });
    expect(await refused(ask('POST', 'Patient/B/$question-access', ofPatient('B'), question(event)))).toBe(404);
    expect(await refused(ask('POST', 'Patient/A/$question-access', ofPatient('B'), question(event)))).toBe(404);
    expect(await refused(ask('POST', 'Patient/A/$question-access', tS, question(event)))).toBe(403);
    expect(await refused(ask('POST', 'Patient/A/$question-access', ofPatient('A'), question('Patient/A')))).toBe(400);
    expect(await refused(ask('GET', `Patient/A/$question-access?event=${event}`, ofPatient('A')))).toBe(405);
  });
});
