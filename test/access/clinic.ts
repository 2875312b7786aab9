/** The clinic that the cases of the security design speak of: two patients, what is theirs, and the tokens that ask for it. */
import { strict as assert } from 'node:assert';
import { openViewer, type Viewer } from '../../src/access/viewer.js';
import type { Store } from '../../src/store/store.js';
import type { Answer } from '../support/http.js';
import { tellOf } from '../two-world/compare.js';
import { openHouse, type Ask, type House, type HouseOptions } from './house.js';
import { patientToken, practitionerToken, serviceToken } from './viewers.js';

export interface Resource {
  readonly resourceType: string;
  readonly id?: string | undefined;
  readonly [name: string]: unknown;
}

export const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const category = (code: string): object[] => [{ coding: [{ system: categorySystem, code }] }];
export const reference = (text: string): { readonly reference: string } => ({ reference: text });

/** Returns an Observation of a patient. */
export const observation = (id: string | undefined, patient: string | undefined, more: Readonly<Record<string, unknown>> = {}): Resource =>
  ({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: patient === undefined ? undefined : reference(`Patient/${patient}`), ...more });

/** Returns a document that lies in a Binary. */
const documentOf = (patient: string): Resource[] => [
  { resourceType: 'Binary', id: `bin${patient}`, contentType: 'text/plain', data: Buffer.from(`letter of ${patient}`).toString('base64'), securityContext: reference(`Patient/${patient}`) },
  { resourceType: 'DocumentReference', id: `doc${patient}`, status: 'current', subject: reference(`Patient/${patient}`), content: [{ attachment: { contentType: 'text/plain', url: `Binary/bin${patient}` } }] },
];

const ofPatient = (patient: string, family: string): Resource[] => [
  { resourceType: 'Patient', id: patient, name: [{ family }], birthDate: '1970-01-01', identifier: [{ system: 'urn:mrn', value: `mrn-${patient}` }], ...(patient === 'A' ? { generalPractitioner: [reference('Practitioner/P')], link: [{ other: reference('Patient/B'), type: 'seealso' }] } : {}) },
  { resourceType: 'Encounter', id: `enc${patient}`, status: 'finished', class: { code: 'AMB' }, subject: reference(`Patient/${patient}`), ...(patient === 'A' ? { partOf: reference('Encounter/encB') } : { partOf: reference('Encounter/encB') }) },
  { resourceType: 'Condition', id: `con${patient}`, subject: reference(`Patient/${patient}`), encounter: reference(`Encounter/enc${patient}`), code: { coding: [{ system: 'urn:codes', code: 'c1' }] } },
  observation(`obs${patient}`, patient, { category: category('laboratory'), encounter: reference(`Encounter/enc${patient}`), identifier: [{ system: 'urn:obs', value: `secret-${patient}` }], valueQuantity: { value: patient === 'A' ? 3 : 7 } }),
  observation(`vit${patient}`, patient, { category: category('vital-signs'), valueQuantity: { value: 5 } }),
  { resourceType: 'Device', id: `dev${patient}`, patient: reference(`Patient/${patient}`) },
  ...documentOf(patient),
];

export const sensitivityLabel = (code: string): object => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code });

/** Returns a Consent that keeps a type of resources of patient A from the app that the tokens are of. */
export const denialOf = (type: string, status = 'active'): Resource => ({
  resourceType: 'Consent', id: 'deny', status, scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference('Patient/A'), policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  provision: { type: 'deny', actor: [{ role: { text: 'app' }, reference: { identifier: { system: 'https://concierge-fhir.example.org/NamingSystem/client-id', value: 'app' } } }], class: [{ system: 'http://hl7.org/fhir/resource-types', code: type }] },
});

/** Everything that is stored, in this order. */
export const clinicResources: readonly Resource[] = [
  { resourceType: 'Practitioner', id: 'P', name: [{ family: 'Healer' }] },
  { resourceType: 'Practitioner', id: 'Q', name: [{ family: 'Stranger' }] },
  { resourceType: 'Device', id: 'devN' },
  ...ofPatient('A', 'Lin'),
  ...ofPatient('B', 'Smith'),
  observation('obsBfA', 'B', { focus: [reference('Patient/A')] }),
  observation('obsAfB', 'A', { focus: [reference('Patient/B')], hasMember: [reference('Observation/obsB')] }),
  { resourceType: 'Group', id: 'groB', type: 'person', actual: true, member: [{ entity: reference('Patient/B') }] },
  { resourceType: 'List', id: 'lisB', status: 'current', mode: 'working', subject: reference('Patient/B'), entry: [{ item: reference('Observation/obsA') }] },
  { resourceType: 'Provenance', id: 'proB', target: [reference('Observation/obsA'), reference('Patient/B')], recorded: '2026-01-01T00:00:00Z', agent: [{ who: reference('Practitioner/P') }] },
];

const labOnly = `patient/Observation.rs?category=${categorySystem}|laboratory`;

export const tokens = {
  tA: patientToken('A', 'patient/*.rs'),
  tAw: patientToken('A', 'patient/*.cruds'),
  tB: patientToken('B', 'patient/*.rs'),
  tBw: patientToken('B', 'patient/*.cruds'),
  tAlab: patientToken('A', labOnly),
  tAobs: patientToken('A', 'patient/Observation.rs'),
  tApat: patientToken('A', 'patient/Patient.rs'),
  tU: practitionerToken('P', 'user/*.rs'),
  tUw: practitionerToken('P', 'user/*.cruds'),
  tS: serviceToken('system/*.rs'),
  tSobs: serviceToken('system/Observation.rs'),
} as const;

export interface Clinic extends Omit<House, 'ask'> {
  readonly ask: (viewer: Viewer, method: string, path: string, more?: Ask) => Promise<Answer>;
  /** As the operator: nothing is hidden. */
  readonly admin: (method: string, path: string, more?: Ask) => Promise<Answer>;
  /** Asks and holds the answer to a status; an error must be an OperationOutcome. */
  readonly expect: (status: number, viewer: Viewer, method: string, path: string, more?: Ask) => Promise<Answer>;
  /** Returns `Type/id` of what a search shows, sorted. */
  readonly found: (viewer: Viewer, path: string, more?: Ask) => Promise<string[]>;
  /** Returns what left no record in the audit though it should have; undefined when nothing did. */
  readonly unrecorded: () => Promise<string | undefined>;
  /** Holds that what is hidden is answered as what is not there: the path and what is sent name `hidden` in both, of one length. */
  readonly absent: (viewer: Viewer, method: string, path: string, hidden: Hidden, more?: Ask) => Promise<Answer>;
}

/** A hidden id, or text with one, and one of the same length that nothing has. */
export type Hidden = readonly [hidden: string, absent: string];

/** Returns the comparable text of an answer, the id that was asked for left out. */
const told = (answer: Answer, id: string): string => tellOf(answer).replace(/"relation":"self","url":"([^"]*)"/g, (_, url: string) => `"relation":"self","url":"<${String(url.length)}>"`).replaceAll(id, '<id>').replace(/"lastUpdated":"[^"]*"/g, '"lastUpdated":"<now>"').replace(/\n"?date: [^\n]*/g, '').replace(/(\n"?last-modified: )[^\n]*/g, '$1<now>');

const makeAbsent = (house: House): Clinic['absent'] => async (viewer, method, path, [hidden, absent], more = {}) => {
  assert.equal(hidden.length, absent.length, 'ids that are compared have one length');
  const renamed = (value: unknown): unknown => (value === undefined ? undefined : typeof value === 'string' ? value.replaceAll(hidden, absent) : JSON.parse(JSON.stringify(value).replaceAll(hidden, absent)) as unknown);
  const send = (to: string, { body, headers = {} }: Ask) => house.ask(viewer, method, to, { headers, ...(body === undefined ? {} : { body }) });
  const one = await send(path, more);
  const other = await send(path.replaceAll(hidden, absent), { ...more, body: renamed(more.body), headers: renamed(more.headers ?? {}) as Record<string, string> });
  assert.ok(one.status < 500, `${method} ${path}: ${one.text}`);
  assert.equal(told(one, hidden), told(other, absent), `${method} ${path} is not answered as what is absent`);
  return one;
};

const entriesOf = (text: string): { readonly resource?: { readonly resourceType: string; readonly id?: string } }[] => (JSON.parse(text) as { entry?: { resource?: { resourceType: string; id?: string } }[] }).entry ?? [];

const makeFound = (house: House): Clinic['found'] => async (viewer, path, more = {}) => {
  const { status, text } = await house.ask(viewer, more.body === undefined ? 'GET' : 'POST', path, more);
  assert.equal(status, 200, `${path}: ${text}`);
  return entriesOf(text).flatMap(({ resource }) => (resource === undefined || resource.resourceType === 'OperationOutcome' ? [] : [`${resource.resourceType}/${resource.id ?? ''}`])).sort();
};

/** Whether an answer must have left a record of the access: all that was shown, stored, or refused for who asked. */
const isRecorded = ({ status, text }: Answer, path: string): boolean =>
  !path.startsWith('/metadata') && path !== '/' && (status < 400 || status === 403 || (status === 404 && text.includes('"code":"not-found"') && text.includes('There is no')));

/** A house that counts the records its answers must have left, those of its operator left out. */
const openWatched = async (store: Store, options: HouseOptions): Promise<{ readonly house: House; readonly unrecorded: () => Promise<string | undefined> }> => {
  const house = await openHouse(store, { audit: true, ...options });
  let due = 0;
  const ask: House['ask'] = async (viewer, method, path, more) => {
    const answer = await house.ask(viewer, method, path, more);
    if (isRecorded(answer, path)) due += 1;
    return answer;
  };
  const unrecorded = async (): Promise<string | undefined> => {
    const records = await store.records('audit', 0, 100_000);
    const missing = due - records.length;
    return missing > 0 ? `${String(missing)} of ${String(due)} accesses left no record` : undefined;
  };
  return { house: { ...house, ask }, unrecorded };
};

/** Opens the clinic on an empty store. */
export const openClinic = async (store: Store, options: HouseOptions = {}): Promise<Clinic> => {
  const { house, unrecorded } = await openWatched(store, options);
  const admin: Clinic['admin'] = (method, path, more) => house.ask(openViewer, method, path, more);
  const entry = clinicResources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id ?? ''}` } }));
  const { status, text } = await admin('POST', '/', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  assert.equal(status, 200, text);
  const expect: Clinic['expect'] = async (wanted, viewer, method, path, more) => {
    const answer = await house.ask(viewer, method, path, more);
    assert.equal(answer.status, wanted, `${method} ${path}: ${answer.text.slice(0, 500)}`);
    if (wanted >= 400 && method !== 'HEAD') assert.match(answer.text, /"resourceType":"OperationOutcome"/);
    return answer;
  };
  return { ...house, admin, expect, found: makeFound(house), absent: makeAbsent(house), unrecorded };
};
