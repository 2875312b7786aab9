/** What people who work here reach, and apps that are held to a policy: case B32 of the security design and docs/access.md, on every engine. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import { omit } from '../../../src/core/omit.js';
import type { Service } from '../../../src/interaction/service.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const tU = token('user/*.cruds', { user: 'p', fhirUser: 'Practitioner/P', role: 'practitioner' });
const idle = token('user/*.cruds', { user: 'n', fhirUser: 'Practitioner/N', role: 'practitioner' });
const staff = token('user/*.cruds', { user: 's', fhirUser: 'Practitioner/S', role: 'staff' });
const admin = token('user/*.cruds', { user: 'a', fhirUser: 'Person/Z', role: 'admin' });
const ofHouse = token('system/*.cruds', { policy: 'Organization/H' });
const ofGroup = token('system/*.rs', { policy: 'Group/G' });

type Resource = { resourceType: string; id: string; [more: string]: unknown };
const reference = (name: string) => ({ reference: name });
const observation = (id: string, subject: string, more: object = {}): Resource => ({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: reference(subject), ...more });
const withoutId = (resource: Resource) => omit(resource, ['id']);

describe.each(engines)('who works here, on $name', ({ open }) => {
  let service: Service;
  const put = (resource: Resource) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
  const ask = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}) => call(service, { method, url, viewer, ...more });
  const statusOf = (viewer: Viewer, method: string, url: string, body?: unknown): Promise<number> =>
    ask(viewer, method, url, { body }).then(({ status }) => status, (error: unknown) => toFhirError(error).status);
  const found = async (viewer: Viewer, url: string): Promise<string[]> => {
    const { body = '{}' } = await ask(viewer, 'GET', url);
    return ((JSON.parse(body) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id).sort();
  };
  const refusal = (viewer: Viewer, url: string): Promise<string> => ask(viewer, 'GET', url).then(({ status }) => String(status), (thrown: unknown) => { const { status, code, message } = toFhirError(thrown); return `${String(status)} ${code} ${message}`; });

  beforeEach(async () => {
    service = makeService(await open());
    for (const id of ['H', 'I']) await put({ resourceType: 'Organization', id });
    for (const id of ['P', 'N', 'S', 'Q']) await put({ resourceType: 'Practitioner', id });
    await put({ resourceType: 'PractitionerRole', id: 'rS', practitioner: reference('Practitioner/S'), organization: reference('Organization/H') });
    await put({ resourceType: 'PractitionerRole', id: 'rQ', practitioner: reference('Practitioner/Q'), organization: reference('Organization/I') });
    await put({ resourceType: 'Person', id: 'Z', managingOrganization: reference('Organization/I') });
    await put({ resourceType: 'Patient', id: 'A', managingOrganization: reference('Organization/H') });
    await put({ resourceType: 'Patient', id: 'B', managingOrganization: reference('Organization/I') });
    await put({ resourceType: 'Encounter', id: 'encA', status: 'in-progress', class: { code: 'AMB' }, subject: reference('Patient/A'), participant: [{ individual: reference('Practitioner/P') }] });
    for (const [id, subject] of [['obsA', 'Patient/A'], ['obsB', 'Patient/B']] as const) await put(observation(id, subject));
    await put(observation('obsBfA', 'Patient/B', { focus: [reference('Patient/A')] }));
    await put({ resourceType: 'Group', id: 'G', type: 'person', actual: true, member: [{ entity: reference('Patient/B') }] });
  });
  afterEach(() => service.store.close());

  it('B32 a practitioner reads who they treat; others are as absent as what never was', async () => {
    expect([await found(tU, 'Patient'), await found(tU, 'Observation'), await statusOf(tU, 'GET', 'Observation/obsA')]).toEqual([['A'], ['obsA'], 200]);
    for (const [type, id] of [['Patient', 'B'], ['Observation', 'obsB'], ['Observation', 'obsBfA']] as const) expect(await refusal(tU, `${type}/${id}`)).toBe(await refusal(tU, `${type}/none`));
    expect([await found(idle, 'Patient'), await found(idle, 'Observation?patient=A')]).toEqual([[], []]);
    expect(await found(tU, 'Observation?_id=obsA,obsB&_include=Observation:subject')).toEqual(['A', 'obsA']);
    expect(await found(tU, 'Patient?_revinclude=Observation:focus')).toEqual(['A']);
  });

  it('a patient in the context of someone\'s app is there as long as they treat the patient', async () => {
    const [own, other] = ['A', 'B'].map((patient) => token('patient/*.rs', { user: 'p', fhirUser: 'Practitioner/P', patient })) as [Viewer, Viewer];
    expect([await statusOf(own, 'GET', 'Patient/A'), await statusOf(other, 'GET', 'Patient/B'), await found(other, 'Observation')]).toEqual([200, 404, []]);
    await call(service, { method: 'DELETE', url: 'Encounter/encA' });
    expect([await statusOf(own, 'GET', 'Patient/A'), await found(own, 'Observation')]).toEqual([404, []]);
  });

  it('staff and administrators see the patients of their organization, and register new ones there', async () => {
    expect([await found(staff, 'Observation'), await found(admin, 'Observation'), await found(admin, 'Patient')]).toEqual([['obsA'], ['obsB', 'obsBfA'], ['B']]);
    expect(await statusOf(staff, 'POST', 'Patient', { resourceType: 'Patient', managingOrganization: reference('Organization/H') })).toBe(201);
    expect(await statusOf(staff, 'POST', 'Patient', { resourceType: 'Patient', managingOrganization: reference('Organization/I') })).toBe(403);
    expect(await statusOf(staff, 'POST', 'Patient', { resourceType: 'Patient' })).toBe(403);
    expect(await statusOf(tU, 'POST', 'Patient', { resourceType: 'Patient', managingOrganization: reference('Organization/H') })).toBe(403);
    expect(await found(staff, 'Patient?_summary=count&_total=accurate')).toEqual([]);
    expect((await found(staff, 'Patient')).length).toBe(2);
  });

  it('the clinic\'s own resources are read by all, and kept by those whose role it is', async () => {
    await put({ resourceType: 'Location', id: 'L' });
    await put({ resourceType: 'Schedule', id: 'sched', actor: [reference('Location/L')] });
    await put({ resourceType: 'Schedule', id: 'schedB', actor: [reference('Patient/B')] });
    for (const viewer of [tU, idle, staff]) expect([await statusOf(viewer, 'GET', 'Location/L'), await found(viewer, 'Schedule'), await statusOf(viewer, 'GET', 'ValueSet')]).toEqual([200, ['sched'], 200]);
    expect(await statusOf(tU, 'PUT', 'Location/L', { resourceType: 'Location', id: 'L', name: 'x' })).toBe(403);
    expect(await statusOf(staff, 'PUT', 'Location/L', { resourceType: 'Location', id: 'L', name: 'x' })).toBe(200);
    expect(await statusOf(staff, 'POST', 'SearchParameter', '{}')).toBe(403);
    expect(await statusOf(tU, 'POST', 'Schedule', { resourceType: 'Schedule', actor: [reference('Practitioner/P')] })).toBe(201);
  });

  it('a role is given by who keeps the organization it is of', async () => {
    const role = (id: string, practitioner: string, organization: string): Resource => ({ resourceType: 'PractitionerRole', id, practitioner: reference(practitioner), organization: reference(organization) });
    expect(await statusOf(tU, 'POST', 'PractitionerRole', withoutId(role('x', 'Practitioner/P', 'Organization/I')))).toBe(403);
    expect(await statusOf(staff, 'POST', 'PractitionerRole', withoutId(role('x', 'Practitioner/S', 'Organization/I')))).toBe(403);
    expect(await statusOf(staff, 'PUT', 'PractitionerRole/rQ', role('rQ', 'Practitioner/S', 'Organization/H'))).toBe(404);
    expect(await statusOf(staff, 'POST', 'PractitionerRole', withoutId(role('x', 'Practitioner/N', 'Organization/H')))).toBe(201);
  });

  it('what names no patient is seen by who made it, or whose organization it is of', async () => {
    await put({ resourceType: 'Communication', id: 'mine', status: 'completed', sender: reference('Practitioner/P'), recipient: [reference('Practitioner/Q')] });
    await put({ resourceType: 'Communication', id: 'others', status: 'completed', sender: reference('Practitioner/Q') });
    await put({ resourceType: 'Communication', id: 'aboutB', status: 'completed', sender: reference('Practitioner/P'), subject: reference('Patient/B') });
    await put({ resourceType: 'Task', id: 'mine', status: 'requested', intent: 'order', owner: reference('Practitioner/P') });
    await put({ resourceType: 'Task', id: 'ofA', status: 'requested', intent: 'order', for: reference('Patient/A') });
    await put({ resourceType: 'Task', id: 'ofB', status: 'requested', intent: 'order', for: reference('Patient/B'), owner: reference('Practitioner/P') });
    expect([await found(tU, 'Communication'), await found(tU, 'Task'), await found(idle, 'Task')]).toEqual([['mine'], ['mine', 'ofA'], []]);
    expect(await statusOf(tU, 'POST', 'Communication', { resourceType: 'Communication', status: 'completed', sender: reference('Practitioner/P') })).toBe(201);
    expect(await statusOf(tU, 'POST', 'Communication', { resourceType: 'Communication', status: 'completed', sender: reference('Practitioner/Q') })).toBe(403);
    expect(await statusOf(tU, 'GET', 'Parameters/x')).toBe(403);
  });

  it('a backend client with a policy is held to its patients', async () => {
    expect([await found(ofHouse, 'Patient'), await found(ofHouse, 'Observation'), await found(ofGroup, 'Patient'), await found(ofGroup, 'Observation')]).toEqual([['A'], ['obsA'], ['B'], ['obsB', 'obsBfA']]);
    expect([await statusOf(ofHouse, 'GET', 'Patient/B'), await statusOf(ofHouse, 'GET', '_history')]).toEqual([404, 403]);
    await put({ resourceType: 'Group', id: 'G', type: 'person', actual: true, member: [{ entity: reference('Patient/A') }] });
    expect(await found(ofGroup, 'Observation')).toEqual(['obsA']);
    await call(service, { method: 'DELETE', url: 'Group/G' });
    expect(await found(ofGroup, 'Observation')).toEqual([]);
  });
});
