/** What tokens may do, through `perform`: the cases of sections A to D of the security design that need no other engine. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { anonymousViewer, tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import { toFhirError } from '../../../src/core/error.js';
import { compartmentParams, resourceTypes } from '../../../src/fhir/definitions.js';
import { ownedBy } from '../../../src/access/compartment.js';
import { makeRegistry } from '../../../src/search/registry.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const ofA = (scope: string): Viewer => token(scope, { patient: 'A', user: 'u', fhirUser: 'Patient/A', patients: ['A'] });
const tA = ofA('patient/*.rs');
const tAw = ofA('patient/*.cruds');
const tAobs = ofA('patient/Observation.rs');
const lab = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
const tAlab = ofA(`patient/Observation.rs?category=${lab}`);
const tU = token('user/*.rs', { user: 'p', fhirUser: 'Practitioner/P' });
const tS = token('system/*.rs');

const observation = (id: string, subject: string, more: Record<string, unknown> = {}) => ({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${subject}` }, ...more });
const category = (code: string) => [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }] }];

let service: Service;
const ask = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}) => call(service, { method, url, viewer, ...more });
/** The answer as a client sees it: status, code and text, ids of the resource asked for masked. */
const seen = async (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}): Promise<string> => {
  try {
    const { status, body } = await ask(viewer, method, url, more);
    return `${String(status)} ${body ?? ''}`;
  } catch (thrown) {
    const { status, code, message } = toFhirError(thrown);
    return `${String(status)} ${code} ${message}`;
  }
};
const statusOf = async (...args: Parameters<typeof seen>): Promise<number> => Number((await seen(...args)).slice(0, 3));
const found = async (viewer: Viewer, url: string): Promise<string[]> => {
  const { body = '{}' } = await ask(viewer, 'GET', url);
  return ((JSON.parse(body) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id).sort();
};

beforeEach(async () => {
  service = makeService(makeMemoryStore(systemClock));
  const put = (resource: { resourceType: string; id: string }) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
  for (const id of ['A', 'B']) await put({ resourceType: 'Patient', id });
  await put({ resourceType: 'Practitioner', id: 'P' });
  await put(observation('obsA', 'A', { category: category('laboratory') }));
  await put(observation('vitA', 'A', { category: category('vital-signs') }));
  await put(observation('obsB', 'B', { category: category('laboratory') }));
  await put(observation('obsBfA', 'B', { focus: [{ reference: 'Patient/A' }] }));
});

describe('anonymous', () => {
  it('A1 gets 401 for everything but the CapabilityStatement', async () => {
    for (const [method, url] of [['GET', 'Patient/A'], ['GET', 'Patient'], ['GET', ''], ['GET', '_history'], ['DELETE', 'Patient/A']] as const) expect(await statusOf(anonymousViewer, method, url)).toBe(401);
    expect(await statusOf(anonymousViewer, 'GET', 'metadata')).toBe(200);
  });
});

describe('a token without its context', () => {
  it('A10 gets nothing: patient/ without patient, user/ without fhirUser', async () => {
    for (const viewer of [token('patient/*.cruds'), token('user/*.cruds'), token('user/*.cruds', { fhirUser: 'Patient/A' }), token('user/*.cruds', { fhirUser: 'Device/x' })]) {
      for (const [method, url] of [['GET', 'Patient/A'], ['GET', 'Observation'], ['GET', 'Patient/A/_history'], ['DELETE', 'Patient/A']] as const) expect(await statusOf(viewer, method, url)).toBe(403);
    }
  });
});

describe('scopes', () => {
  it('A13 refuses a type outside of the scopes alike, whether the resource is there or not', async () => {
    expect(await seen(tAobs, 'GET', 'Patient/A')).toBe(await seen(tAobs, 'GET', 'Patient/none'));
    expect(await statusOf(tAobs, 'GET', 'Patient/A')).toBe(403);
    expect(await statusOf(tAobs, 'GET', 'Claim')).toBe(403);
  });

  const interactions: readonly (readonly [string, string, string])[] = [
    ['r', 'GET', 'Observation/obsA'], ['r', 'GET', 'Observation/obsA/_history/1'], ['r', 'GET', 'Observation/obsA/_history'], ['s', 'GET', 'Observation'],
    ['c', 'POST', 'Observation'], ['u', 'PUT', 'Observation/obsA'], ['u', 'PATCH', 'Observation/obsA'], ['d', 'DELETE', 'Observation/vitA'],
    ['us', 'PUT', 'Observation?_id=obsA'], ['us', 'PATCH', 'Observation?_id=obsA'], ['ds', 'DELETE', 'Observation?_id=vitA'], ['rs', 'GET', 'Observation/_history'],
  ];
  const bodies: Readonly<Record<string, unknown>> = { POST: { ...observation('x', 'A'), id: undefined }, PUT: observation('obsA', 'A'), PATCH: [{ op: 'replace', path: '/status', value: 'amended' }] };
  it.each(interactions)('B21 needs %s for %s %s, and no other letter helps', async (needed, method, url) => {
    const body = bodies[method];
    for (const letter of needed) {
      const without = [...'cruds'].filter((each) => each !== letter).join('');
      expect(await statusOf(token(`system/Observation.${without}`), method, url, { body })).toBe(403);
    }
    const only = [...'cruds'].filter((each) => needed.includes(each)).join('');
    expect(await statusOf(token(`system/Observation.${only}`), method, url, { body })).toBeLessThan(300);
  });

  it('B20 are put together: each gives what it says, none takes away', async () => {
    const both = ofA(`patient/Observation.rs?category=${lab} patient/Patient.r`);
    expect(await found(both, 'Observation')).toEqual(['obsA']);
    expect(await statusOf(both, 'GET', 'Patient/A')).toBe(200);
    expect(await statusOf(both, 'GET', 'Patient')).toBe(403);
    expect(await found(ofA(`patient/Observation.rs?category=${lab} patient/Observation.s`), 'Observation')).toEqual(['obsA', 'vitA']);
  });

  it('system/ scopes see all of their types, user/ scopes of a practitioner those of their patients', async () => {
    expect(await found(tS, 'Observation')).toEqual(['obsA', 'obsB', 'obsBfA', 'vitA']);
    expect(await found(tU, 'Observation')).toEqual([]);
    await call(service, { method: 'PUT', url: 'Patient/A', body: { resourceType: 'Patient', id: 'A', generalPractitioner: [{ reference: 'Practitioner/P' }] } });
    expect(await found(tU, 'Observation')).toEqual(['obsA', 'vitA']);
    expect(await statusOf(tS, 'GET', '_history')).toBe(200);
  });
});

describe('a patient token', () => {
  const absent = (type: string): Promise<string> => seen(tA, 'GET', `${type}/none`);

  it('B1 B2 sees the resources of its patient; others are as absent as what never was', async () => {
    expect(await statusOf(tA, 'GET', 'Patient/A')).toBe(200);
    expect(await statusOf(tA, 'GET', 'Observation/obsA')).toBe(200);
    expect(await seen(tA, 'GET', 'Patient/B')).toBe(await absent('Patient'));
    for (const id of ['obsB', 'obsBfA']) expect(await seen(tA, 'GET', `Observation/${id}`)).toBe(await absent('Observation'));
  });

  it('B4 B5 B16 finds and counts only its own', async () => {
    expect(await found(tA, 'Observation?patient=B')).toEqual([]);
    expect(await found(tA, 'Observation?subject=Patient/B')).toEqual([]);
    expect(await found(tA, 'Patient')).toEqual(['A']);
    expect(await found(tA, 'Patient?_id=A,B')).toEqual(['A']);
    const { body = '' } = await ask(tA, 'GET', 'Observation?_total=accurate&_summary=count');
    expect((JSON.parse(body) as { total: number }).total).toBe(2);
    expect(await found(tA, '?_type=Patient,Observation,ValueSet')).toEqual(['A', 'obsA', 'vitA']);
  });

  it('B19 a narrowed one sees only what its parameters say, by search and by id', async () => {
    expect(await found(tAlab, 'Observation')).toEqual(['obsA']);
    expect(await found(tAlab, 'Observation?category=vital-signs')).toEqual([]);
    expect(await found(tAlab, 'Observation?category:not=laboratory')).toEqual([]);
    expect(await found(tAlab, 'Observation?_id=vitA')).toEqual([]);
    expect(await seen(tAlab, 'GET', 'Observation/vitA')).toBe(await seen(tAlab, 'GET', 'Observation/none'));
    expect(await statusOf(tAlab, 'GET', 'Observation/obsA')).toBe(200);
  });

  it('B6 the compartment of another is as absent as none', async () => {
    const mask = (text: string): string => text.replace(/"id":"[0-9a-f-]{36}"|"lastUpdated":"[^"]*"|Patient\/(B|none)/g, '');
    for (const path of ['Observation', '*']) expect(mask(await seen(tA, 'GET', `Patient/B/${path}`))).toBe(mask(await seen(tA, 'GET', `Patient/none/${path}`)));
    expect(await found(tA, 'Patient/A/Observation')).toEqual(['obsA', 'vitA']);
  });

  it('B7 B8 B10 nothing hidden is brought along', async () => {
    await call(service, { method: 'PUT', url: 'Observation/toB', body: observation('toB', 'A', { focus: [{ reference: 'Patient/B' }] }) });
    expect(await found(tA, 'Patient?_id=A&_revinclude=Observation:focus')).toEqual(['A']);
    for (const include of ['_include=Observation:focus', '_include=Observation:*', '_include=*']) expect(await found(tA, `Observation?_id=toB&${include}`)).not.toContain('B');
    expect(await found(tA, 'Observation?_id=toB&_include=Observation:subject')).toEqual(['A', 'toB']);
  });

  it('B11 what is brought along needs a scope of its own', async () => {
    expect(await found(tAobs, 'Observation?_id=obsA&_include=Observation:subject')).toEqual(['obsA']);
    expect(await found(ofA('patient/Patient.rs'), 'Patient?_id=A&_revinclude=Observation:subject')).toEqual(['A']);
  });

  it('B12 B13 a chain needs the right to search what it goes through, whatever it matches', async () => {
    for (const query of ['patient.name=Smith', 'subject:Patient.birthdate=gt1980', 'patient.name=Nobody']) expect(await statusOf(tAobs, 'GET', `Observation?${query}`)).toBe(403);
    for (const value of ['1', '2']) expect(await statusOf(ofA('patient/Patient.rs'), 'GET', `Patient?_has:Observation:patient:code=${value}`)).toBe(403);
  });

  it('B26 conditions tell nothing of what is hidden', async () => {
    const conditions = { ifNoneMatch: 'W/"1"' };
    expect(await seen(tA, 'GET', 'Observation/obsB', { conditions })).toBe(await seen(tA, 'GET', 'Observation/none', { conditions }));
  });

  it('reads who cares for its patient, where and with what, and changes none of it', async () => {
    expect(await statusOf(tAw, 'GET', 'Practitioner/P')).toBe(200);
    expect(await statusOf(tAw, 'PUT', 'Practitioner/P', { body: { resourceType: 'Practitioner', id: 'P' } })).toBe(403);
    expect(await statusOf(tAw, 'GET', 'ValueSet')).toBe(403);
  });

  it('C2 stores only what is of its patient', async () => {
    const make = (resource: object) => statusOf(tAw, 'POST', 'Observation', { body: { ...resource, id: undefined } });
    expect(await make(observation('x', 'B'))).toBe(403);
    expect(await make({ ...observation('x', 'A'), subject: undefined })).toBe(403);
    expect(await make(observation('x', 'A', { focus: [{ reference: 'Patient/B' }] }))).toBe(201);
  });

  it('C3 can neither give away nor capture', async () => {
    expect(await statusOf(tAw, 'PUT', 'Observation/obsA', { body: observation('obsA', 'B') })).toBe(403);
    expect(await seen(tAw, 'PUT', 'Observation/obsB', { body: observation('obsB', 'A') })).toBe(await seen(tAw, 'PUT', 'Observation/none', { body: observation('none', 'A') }));
    expect(await statusOf(tS, 'GET', 'Observation/obsB')).toBe(200);
  });

  it('C4 a patch is judged by what comes out', async () => {
    expect(await statusOf(tAw, 'PATCH', 'Observation/obsA', { body: [{ op: 'replace', path: '/subject/reference', value: 'Patient/B' }] })).toBe(403);
    expect(await statusOf(tAw, 'PATCH', 'Observation/obsA', { body: [{ op: 'replace', path: '/status', value: 'amended' }] })).toBe(200);
  });

  it('C6 cannot create by PUT', async () => {
    expect(await statusOf(tAw, 'PUT', 'Observation/new', { body: observation('new', 'A') })).toBe(404);
    expect(await statusOf(tAw, 'PUT', 'Observation/obsB', { body: observation('obsB', 'A') })).toBe(404);
  });

  it('C8 C9 C10 conditions see only its own', async () => {
    await call(service, { method: 'PUT', url: 'Observation/idB', body: observation('idB', 'B', { identifier: [{ system: 's', value: 'x' }] }) });
    const body = { ...observation('new', 'A'), id: undefined };
    expect(await statusOf(tAw, 'POST', 'Observation', { body, conditions: { ifNoneExist: 'identifier=s|x' } })).toBe(201);
    expect(await statusOf(tAw, 'PUT', 'Observation?identifier=s|x', { body })).toBe(404);
    expect(await statusOf(tAw, 'DELETE', 'Observation?identifier=s|x')).toBe(204);
    expect(await statusOf(tS, 'GET', 'Observation/idB')).toBe(200);
  });

  it('C13 C14 C17 bundles have the rights of their entries', async () => {
    const post = { request: { method: 'POST', url: 'Observation' }, resource: { ...observation('x', 'A'), id: undefined } };
    const put = { request: { method: 'PUT', url: 'Observation/obsB' }, resource: observation('obsB', 'A') };
    const get = { request: { method: 'GET', url: 'Patient/A' } };
    const bundle = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry });
    expect(await statusOf(tAw, 'POST', '', { body: bundle('transaction', post, put) })).toBe(404);
    expect(await statusOf(tA, 'POST', '', { body: bundle('transaction', post) })).toBe(403);
    expect((await found(tS, 'Observation'))).toHaveLength(4);
    const answer = await ask(tAw, 'POST', '', { body: bundle('batch', post, put, get) });
    const statuses = (JSON.parse(answer.body ?? '') as { entry: { response: { status: string } }[] }).entry.map(({ response }) => response.status.slice(0, 3));
    expect(statuses).toEqual(['201', '404', '200']);
    expect(await seen(ofA('patient/*.c'), 'POST', '', { body: bundle('batch', get) })).toContain('"403');
  });

  it('C1 without the letter stores nothing', async () => {
    for (const [method, url] of [['POST', 'Observation'], ['PUT', 'Observation/obsA'], ['PATCH', 'Observation/obsA'], ['DELETE', 'Observation/obsA']] as const) expect(await statusOf(tA, method, url, { body: 'not even json' })).toBe(403);
    expect((await service.store.statistics()).versions).toBe(7);
  });

  it('D1 D2 D4 history shows a version only with the current one', async () => {
    expect(await seen(tA, 'GET', 'Observation/obsB/_history')).toBe(await seen(tA, 'GET', 'Observation/none/_history'));
    expect(await seen(tA, 'GET', 'Observation/obsB/_history/1')).toBe(await seen(tA, 'GET', 'Observation/none/_history/1'));
    await call(service, { method: 'PUT', url: 'Observation/moved', body: observation('moved', 'B') });
    await call(service, { method: 'PUT', url: 'Observation/moved', body: observation('moved', 'A') });
    expect(await statusOf(tA, 'GET', 'Observation/moved/_history/1')).toBe(404);
    expect(await statusOf(tA, 'GET', 'Observation/moved/_history/2')).toBe(200);
    const { body = '' } = await ask(tA, 'GET', 'Observation/moved/_history');
    expect(JSON.parse(body)).toMatchObject({ total: 1, entry: [{ resource: { meta: { versionId: '2' } } }] });
    const tB = token('patient/*.rs', { patient: 'B' });
    for (const place of ['', '/_history/1', '/_history/2']) expect(await statusOf(tB, 'GET', `Observation/moved${place}`)).toBe(404);
    for (const id of ['obsA', 'obsB']) await call(service, { method: 'DELETE', url: `Observation/${id}` });
    expect(await statusOf(tA, 'GET', 'Observation/obsA')).toBe(410);
    expect(await statusOf(tA, 'GET', 'Observation/obsA/_history')).toBe(200);
    expect(await statusOf(tA, 'GET', 'Observation/obsB')).toBe(404);
  });

  it('D5 is not given the history of many resources at once', async () => {
    for (const url of ['_history', 'Observation/_history']) expect(await statusOf(tA, 'GET', url)).toBe(403);
    // All of one type is not all of them: the rest would be shown with it.
    expect(await statusOf(token('system/Observation.rs system/Patient.rs'), 'GET', '_history')).toBe(403);
    expect(await statusOf(token('system/Observation.rs'), 'GET', 'Observation/_history')).toBe(200);
  });

  it('page links and idempotency keys are of one viewer', () => {
    expect(tA.key).not.toBe(tAobs.key);
    expect(tA.key).not.toBe(token('patient/*.rs', { patient: 'B' }).key);
    expect(tA.key).toBe(ofA('patient/*.rs').key);
  });
});

describe('the patient compartment', () => {
  const registry = makeRegistry();
  it.each(resourceTypes.filter((type) => compartmentParams('Patient', type).length > 0))('B3 every membership parameter of %s is one that is indexed', (type) => {
    const parameters = registry.parametersOf(type);
    for (const code of compartmentParams('Patient', type)) expect(parameters.get(code)?.sources.length ?? 0).toBeGreaterThan(0);
    expect(ownedBy(registry, type, ['A'])).toBeDefined();
  });
});

describe('contained resources', () => {
  const names = [{ family: 'Secret' }];
  beforeEach(async () => {
    const put = (resource: { resourceType: string; id: string }) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
    const inside = { contained: [{ resourceType: 'Patient', id: 'c', name: names }, { resourceType: 'Medication', id: 'm', status: 'active' }] };
    await put(observation('conA', 'A', { ...inside, category: category('laboratory'), focus: [{ reference: '#c' }, { reference: '#m' }] }));
    await put(observation('conB', 'B', { ...inside, focus: [{ reference: '#c' }, { reference: '#m' }] }));
  });

  it('B29 are found through containers that may be seen, and only where they may be seen by themselves', async () => {
    expect(await found(tA, 'Patient?name=secret')).toEqual([]);
    expect(await found(tA, 'Patient?name=secret&_contained=true')).toEqual([]);
    expect(await found(tA, 'Patient?name=secret&_contained=both&_containedType=contained')).toEqual([]);
    expect(await found(tA, 'Observation?focus:Patient.name=secret')).toEqual([]);
    expect(await found(tA, 'Medication?status=active&_contained=true')).toEqual(['conA']);
    expect(await found(tA, 'Medication?status=active&_contained=true&_containedType=contained')).toEqual(['m']);
    expect(await found(tS, 'Patient?name=secret&_contained=true')).toEqual(['conA', 'conB']);
    expect(await found(tS, 'Observation?focus:Patient.name=secret')).toEqual(['conA', 'conB']);
  });

  it('B29 need the right to search their type and to see what contains them', async () => {
    expect(await statusOf(tAobs, 'GET', 'Medication?_contained=true')).toBe(403);
    expect(await found(ofA('patient/Medication.rs'), 'Medication?_contained=true')).toEqual([]);
    expect(await found(ofA(`patient/Medication.rs patient/Observation.rs?category=${lab}`), 'Medication?_contained=true')).toEqual(['conA']);
    expect(JSON.parse((await ask(tA, 'GET', 'Medication?_contained=true&_containedType=contained&_total=accurate')).body ?? '{}')).toMatchObject({ total: 1 });
  });
});
