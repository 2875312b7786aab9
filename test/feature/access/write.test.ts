/** What writing may not do: cases B32, C8, C9, C18, C22 to C24, C26, F-1 and F-2 of the security design, on every engine. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { toInstant } from '../../../src/core/clock.js';
import { toFhirError } from '../../../src/core/error.js';
import { stampResource } from '../../../src/core/json/stamp.js';
import { omit } from '../../../src/core/omit.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const patient = (id: string, scope = 'patient/*.cruds'): Viewer => token(scope, { patient: id, user: id, fhirUser: `Patient/${id}`, patients: [id] });
const tA = patient('A', 'patient/*.rs');
const tAw = patient('A');
const tBw = patient('B');
const tUw = token('user/*.cruds', { user: 'p', fhirUser: 'Practitioner/P', role: 'practitioner' });
const staff = token('user/*.cruds', { user: 's', fhirUser: 'Practitioner/S', role: 'staff' });
const ofGroup = token('system/*.cruds', { policy: 'Group/G' });
const tS = token('system/*.cruds');

type Resource = { resourceType: string; id: string; [more: string]: unknown };
const reference = (name: string) => ({ reference: name });
const observation = (id: string, subject: string, more: object = {}): Resource => ({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: reference(subject), ...more });
const appointment = (id: string, ...actors: string[]): Resource => ({ resourceType: 'Appointment', id, status: 'booked', participant: actors.map((name) => ({ actor: reference(name), status: 'accepted' })) });
const binary = (id: string, context?: string): Resource => ({ resourceType: 'Binary', id, contentType: 'text/plain', data: 'eA==', ...(context === undefined ? {} : { securityContext: reference(context) }) });
const transaction = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });

describe.each(engines)('writing on $name', ({ open }) => {
  let service: Service;
  const put = (resource: Resource) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
  const ask = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}) => call(service, { method, url, viewer, ...more });
  const seen = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}): Promise<string> =>
    ask(viewer, method, url, more).then(({ status, body }) => `${String(status)} ${body ?? ''}`, (thrown: unknown) => { const { status, code, message } = toFhirError(thrown); return `${String(status)} ${code} ${message}`; });
  const statusOf = async (viewer: Viewer, method: string, url: string, body?: unknown): Promise<number> => Number((await seen(viewer, method, url, { body })).slice(0, 3));
  const create = (viewer: Viewer, resource: Resource): Promise<number> => statusOf(viewer, 'POST', resource.resourceType, omit(resource, ['id']));
  const update = (viewer: Viewer, resource: Resource): Promise<number> => statusOf(viewer, 'PUT', `${resource.resourceType}/${resource.id}`, resource);
  const bodyOf = async (name: string): Promise<Record<string, unknown>> => JSON.parse((await ask(tS, 'GET', name)).body ?? '{}') as Record<string, unknown>;

  beforeEach(async () => {
    service = makeService(await open());
    for (const id of ['A', 'B']) await put({ resourceType: 'Patient', id });
    for (const id of ['P', 'Q', 'S']) await put({ resourceType: 'Practitioner', id });
    await put({ resourceType: 'PractitionerRole', id: 'rS', practitioner: reference('Practitioner/S'), organization: reference('Organization/H') });
    await put({ resourceType: 'CareTeam', id: 'teamA', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Practitioner/P') }] });
    await put({ resourceType: 'Group', id: 'G', type: 'person', actual: true, member: [{ entity: reference('Patient/A') }] });
    await put(observation('obsA', 'Patient/A'));
    await put(observation('obsB', 'Patient/B', { identifier: [{ system: 's', value: 'x' }] }));
  });
  afterEach(() => service.store.close());

  const tying: readonly (readonly [string, Resource, Resource])[] = [
    ['an appointment', appointment('x', 'Patient/A', 'Practitioner/P'), appointment('x', 'Patient/A', 'Patient/B', 'Practitioner/P')],
    ['a care team', { resourceType: 'CareTeam', id: 'x', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Practitioner/P') }] }, { resourceType: 'CareTeam', id: 'x', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Patient/B') }, { member: reference('Practitioner/P') }] }],
    ['a group', { resourceType: 'Group', id: 'x', type: 'person', actual: true, member: [{ entity: reference('Patient/A') }] }, { resourceType: 'Group', id: 'x', type: 'person', actual: true, member: [{ entity: reference('Patient/A') }, { entity: reference('Patient/B') }] }],
    ['a person', { resourceType: 'Person', id: 'x', link: [{ target: reference('Patient/A') }] }, { resourceType: 'Person', id: 'x', link: [{ target: reference('Patient/A') }, { target: reference('Patient/B') }] }],
    ['a plan', { resourceType: 'CarePlan', id: 'x', status: 'active', intent: 'plan', subject: reference('Patient/A') }, { resourceType: 'CarePlan', id: 'x', status: 'active', intent: 'plan', subject: reference('Patient/A'), activity: [{ detail: { status: 'in-progress', performer: [reference('Patient/B')] } }] }],
  ];

  it.each(tying)('C22 C23 C24 %s that names a patient beyond reach is refused, in every way of writing it', async (_name, own, both) => {
    const path = own.resourceType;
    for (const [viewer, id] of [[tAw, 'kept'], [tUw, 'held']] as const) {
      expect([await create(viewer, own), await create(viewer, both)]).toEqual([201, 403]);
      // Nobody learns whether the other patient is there.
      const named = JSON.parse(JSON.stringify(both).replaceAll('Patient/B', 'Patient/none')) as Resource;
      expect(await seen(viewer, 'POST', path, { body: omit(both, ['id']) })).toBe(await seen(viewer, 'POST', path, { body: omit(named, ['id']) }));
      await put({ ...own, id });
      expect(await update(viewer, { ...both, id })).toBe(403);
      const members = Object.entries(both).filter(([name]) => name !== 'id' && name !== 'resourceType').map(([name, value]) => ({ op: 'add', path: `/${name}`, value }));
      expect(await statusOf(viewer, 'PATCH', `${path}/${id}`, members)).toBe(403);
      expect(await statusOf(viewer, 'PUT', `${path}?_id=${id}`, { ...both, id })).toBe(403);
      const post = { request: { method: 'POST', url: path }, resource: omit(both, ['id']) };
      expect(await statusOf(viewer, 'POST', '', transaction({ request: { method: 'POST', url: 'Observation' }, resource: omit(observation('y', 'Patient/A'), ['id']) }, post))).toBe(403);
      expect(await seen(viewer, 'POST', '', { body: { ...transaction(post), type: 'batch' } })).toContain('"403');
      expect((await bodyOf(`${path}/${id}`))['meta']).toMatchObject({ versionId: '1' });
    }
    expect(await statusOf(tUw, 'GET', 'Patient/B')).toBe(404);
  });

  it('C24 a link to another patient is refused, be the other there or not', async () => {
    const linked = (id: string): Resource => ({ resourceType: 'Patient', id: 'A', link: [{ other: reference(`Patient/${id}`), type: 'seealso' }] });
    for (const viewer of [tAw, tUw]) expect(await seen(viewer, 'PUT', 'Patient/A', { body: linked('B') })).toBe(await seen(viewer, 'PUT', 'Patient/A', { body: linked('none') }));
    expect(await update(tAw, linked('B'))).toBe(403);
    expect(await update(tAw, { resourceType: 'Patient', id: 'A', gender: 'other' })).toBe(200);
  });

  it('nobody makes themselves someone else, or gives themselves a role', async () => {
    expect(await create(tUw, { resourceType: 'Person', id: 'x', link: [{ target: reference('Patient/A') }, { target: reference('Practitioner/Q') }] })).toBe(403);
    expect(await create(tUw, { resourceType: 'Person', id: 'x', link: [{ target: reference('Patient/A') }], managingOrganization: reference('Organization/H') })).toBe(403);
    const role = (practitioner: string): Resource => ({ resourceType: 'PractitionerRole', id: 'x', practitioner: reference(practitioner), organization: reference('Organization/H') });
    expect([await create(staff, role('Practitioner/S')), await create(staff, role('Practitioner/Q'))]).toEqual([403, 201]);
  });

  it('who acts for a patient neither prolongs that nor permits more to themselves; the patient does', async () => {
    const related = (more: object = {}): Resource => ({ resourceType: 'RelatedPerson', id: 'R', patient: reference('Patient/A'), period: { end: '2999-01-01' }, ...more });
    await put(related());
    const permit = (actor: object): Resource => ({ resourceType: 'Consent', id: 'x', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference('Patient/A'), policyRule: { text: 'x' }, provision: { type: 'deny', actor: [{ role: { text: 'x' }, reference: reference('Practitioner/Q') }], provision: [{ type: 'permit', securityLabel: [{ code: 'HIV' }], actor: [{ role: { text: 'x' }, reference: actor }] }] } });
    const app = { identifier: { system: 'https://concierge-fhir.example.org/NamingSystem/client-id', value: 'app' } };
    const proxies: [Viewer, string][] = [[token('user/*.cruds', { user: 'r', fhirUser: 'RelatedPerson/R', patients: ['A'] }), 'RelatedPerson/R'], [token('user/*.cruds patient/*.cruds', { user: 'b', fhirUser: 'Patient/B', patient: 'A', patients: ['B', 'A'] }), 'Patient/B']];
    for (const [proxy, self] of proxies) {
      expect(await statusOf(proxy, 'GET', 'RelatedPerson/R')).toBe(200);
      expect(await update(proxy, related({ period: { end: '3999-01-01' } }))).toBe(403);
      expect(await statusOf(proxy, 'PATCH', 'RelatedPerson/R', [{ op: 'remove', path: '/period' }])).toBe(403);
      expect(await create(proxy, related())).toBe(403);
      for (const actor of [reference(self), app]) expect(await create(proxy, permit(actor))).toBe(403);
      expect(await create(proxy, permit(reference('Practitioner/P')))).toBe(201);
    }
    expect([await update(tAw, related({ period: { end: '3999-01-01' } })), await create(tAw, related()), await create(tAw, permit(reference('RelatedPerson/R'))), await create(tAw, permit(app))]).toEqual([200, 201, 201, 201]);
    expect(await create(tUw, related())).toBe(201);
  });

  it('a team of one patient does not open a plan of another that names it', async () => {
    await put({ resourceType: 'CarePlan', id: 'planB', status: 'active', intent: 'plan', subject: reference('Patient/B'), careTeam: [reference('CareTeam/teamA')] });
    expect(await statusOf(tUw, 'GET', 'Patient/B')).toBe(404);
    await put({ resourceType: 'CareTeam', id: 'ward', status: 'active', participant: [{ member: reference('Practitioner/P') }] });
    await put({ resourceType: 'CarePlan', id: 'planB', status: 'active', intent: 'plan', subject: reference('Patient/B'), careTeam: [reference('CareTeam/ward')] });
    expect(await statusOf(tUw, 'GET', 'Patient/B')).toBe(200);
  });

  it('an app that is held to a group cannot let others in', async () => {
    const group = (...ids: string[]): Resource => ({ resourceType: 'Group', id: 'G', type: 'person', actual: true, member: ids.map((id) => ({ entity: reference(`Patient/${id}`) })) });
    expect([await update(ofGroup, group('A', 'B')), await statusOf(ofGroup, 'GET', 'Patient/B')]).toEqual([403, 404]);
    expect(await update(ofGroup, group('A'))).toBe(200);
  });

  it('C22 a patient makes nothing that the server or the clinic goes by', async () => {
    for (const type of ['Subscription', 'SearchParameter', 'StructureDefinition', 'ValueSet', 'Practitioner', 'PractitionerRole', 'Organization']) expect([type, await create(tAw, { resourceType: type, id: 'x' })]).toEqual([type, 403]);
    for (const [type, member] of [['Consent', 'patient'], ['Provenance', 'target']] as const) {
      const of = (id: string): Resource => ({ resourceType: type, id: 'x', [member]: member === 'target' ? [reference(`Patient/${id}`)] : reference(`Patient/${id}`) });
      expect([type, await create(tAw, of('A')), await create(tAw, of('B'))]).toEqual([type, 201, 403]);
    }
  });

  it('C23 a consent to another\'s data opens none of it', async () => {
    expect(await create(tAw, { resourceType: 'Consent', id: 'x', status: 'active', patient: reference('Patient/A'), provision: { type: 'permit', data: [{ meaning: 'instance', reference: reference('Observation/obsB') }], actor: [{ role: { text: 'x' }, reference: reference('Practitioner/P') }] } })).toBe(201);
    expect([await statusOf(tAw, 'GET', 'Observation/obsB'), await statusOf(tUw, 'GET', 'Observation/obsB')]).toEqual([404, 404]);
  });

  it('C8 C9 conditions are met by what is seen alone', async () => {
    for (const viewer of [tAw, tUw]) {
      const body = omit(observation('new', 'Patient/A', { identifier: [{ system: 's', value: 'x' }] }), ['id']);
      expect(await statusOf(viewer, 'PUT', 'Observation?identifier=s|x', body)).toBe(404);
      const made = await ask(viewer, 'POST', 'Observation', { body, conditions: { ifNoneExist: 'identifier=s|x' } });
      expect([made.status, made.version?.id === 'obsB']).toEqual([201, false]);
      await ask(tS, 'DELETE', `Observation/${made.version?.id ?? ''}`);
    }
    expect((await bodyOf('Observation/obsB'))['meta']).toMatchObject({ versionId: '1' });
  });

  it('C18 a conditional reference finds no one beyond reach', async () => {
    await put({ resourceType: 'Patient', id: 'B', identifier: [{ system: 's', value: 'b' }] });
    const bundle = (value: string) => transaction({ request: { method: 'POST', url: 'Observation' }, resource: omit(observation('x', `Patient?identifier=s|${value}`), ['id']) });
    for (const viewer of [tAw, tUw]) expect((await seen(viewer, 'POST', '', { body: bundle('b') })).replaceAll('s|b', '')).toBe((await seen(viewer, 'POST', '', { body: bundle('none') })).replaceAll('s|none', ''));
  });

  it('C4 what is wrong with a patch is told without what the resource has in it to who may not read it', async () => {
    service = { ...service, validate: makeValidator() };
    const [blind, lab, reader] = [patient('A', 'patient/Observation.u'), patient('A', 'patient/Observation.r?category=lab patient/Observation.u'), patient('A', 'patient/Observation.ru')];
    for (const secret of ['Hodgkin', 'Crohn']) {
      await put(observation('obsA', 'Patient/A', { code: { text: secret } }));
      for (const body of [[{ op: 'copy', from: '/code/text', path: '/status' }], [{ op: 'copy', from: '/code/text', path: '/id' }], [{ op: 'move', from: '/code/text', path: '/effectiveDateTime' }, { op: 'add', path: '/code/text', value: 'x' }]]) {
        expect(await seen(reader, 'PATCH', 'Observation/obsA', { body })).toMatch(/^4/);
        const told = await Promise.all([blind, lab].map((viewer) => seen(viewer, 'PATCH', 'Observation/obsA', { body })));
        for (const text of told) expect([text, text.includes(secret)]).toEqual([expect.stringMatching(/^422 invalid-patch .*may read/), false]);
      }
      expect(await seen(reader, 'PATCH', 'Observation/obsA', { body: [{ op: 'copy', from: '/code/text', path: '/status' }] })).toContain('422');
    }
    expect(await statusOf(blind, 'PATCH', 'Observation/obsA', [{ op: 'replace', path: '/status', value: 'amended' }])).toBe(200);
    const codes = (found: unknown) => ((found as { issues?: readonly { diagnostics: string }[] }).issues ?? []).map(({ diagnostics }) => diagnostics).join(' ');
    const thrown = await ask(blind, 'PATCH', 'Observation/obsA', { body: [{ op: 'copy', from: '/code/text', path: '/status' }] }).then(() => undefined, toFhirError);
    expect(codes(thrown)).not.toContain('Crohn');
  });

  it('C26 a deleted resource is not revived by someone else, nor into anyone\'s view', async () => {
    await call(service, { method: 'DELETE', url: 'Observation/obsA' });
    expect([await update(tBw, observation('obsA', 'Patient/B')), await update(tBw, observation('never', 'Patient/B'))]).toEqual([404, 404]);
    await put(observation('obsA', 'Patient/B'));
    for (const url of ['Observation/obsA', 'Observation/obsA/_history/1', 'Observation/obsA/_history']) expect(await statusOf(tAw, 'GET', url)).toBe(404);
  });

  it('F-1 a Binary is seen with what it belongs to, and by nobody who is held to patients otherwise', async () => {
    await put({ resourceType: 'DocumentReference', id: 'docA', status: 'current', subject: reference('Patient/A'), content: [] });
    await put({ resourceType: 'DocumentReference', id: 'docB', status: 'current', subject: reference('Patient/B'), content: [] });
    const contexts: readonly (readonly [string, string | undefined, number])[] = [
      ['own', 'Patient/A', 200], ['document', 'DocumentReference/docA', 200], ['other', 'Patient/B', 404], ['otherDocument', 'DocumentReference/docB', 404], ['none', undefined, 404],
      ['dangling', 'Patient/none', 404], ['version', 'Patient/A/_history/1', 404], ['foreign', 'https://elsewhere/fhir/Patient/A', 404], ['binary', 'Binary/own', 404],
    ];
    for (const [id, context, status] of contexts) {
      await put(binary(id, context));
      for (const viewer of [tA, tUw]) expect([id, await statusOf(viewer, 'GET', `Binary/${id}`), await statusOf(viewer, 'GET', `Binary/${id}/_history/1`)]).toEqual([id, status, status]);
      expect(await statusOf(tS, 'GET', `Binary/${id}`)).toBe(200);
    }
    expect(await seen(tA, 'GET', 'Binary/other')).toBe(await seen(tA, 'GET', 'Binary/never'));
    for (const viewer of [tA, tUw]) expect(await seen(viewer, 'GET', 'Binary')).not.toContain('"resource"');
    expect(await statusOf(patient('A', 'patient/Binary.r'), 'GET', 'Binary/own')).toBe(404);
    expect(await statusOf(patient('A', 'patient/Patient.rs'), 'GET', 'Binary/own')).toBe(403);
  });

  it('F-2 a Binary cannot be captured, given away, or hung on what is everybody\'s', async () => {
    await put(binary('binA', 'Patient/A'));
    await put(binary('binB', 'Patient/B'));
    await put(binary('binP', 'Practitioner/P'));
    expect([await update(tAw, binary('binB', 'Patient/A')), await update(tAw, binary('never', 'Patient/A'))]).toEqual([404, 404]);
    expect([await update(tAw, binary('binA', 'Patient/B')), await update(tAw, binary('binA')), await update(tAw, binary('binA', 'Patient/none'))]).toEqual([403, 403, 403]);
    expect([await statusOf(tA, 'GET', 'Binary/binP'), await update(tAw, binary('binP', 'Practitioner/P')), await create(tAw, binary('x', 'Practitioner/P'))]).toEqual([200, 404, 403]);
    expect([await update(tAw, binary('binA', 'Patient/A')), await create(tAw, binary('x', 'Patient/A')), await create(tAw, binary('x', 'Patient/B'))]).toEqual([200, 201, 403]);
    expect((await bodyOf('Binary/binB'))['meta']).toMatchObject({ versionId: '1' });
  });

  it('referential integrity asks for the writer: what is hidden is as absent', async () => {
    const strict = { ...service, options: { ...service.options, referentialIntegrity: 'enforce' as const } };
    const post = (viewer: Viewer, focus: string) => call(strict, { method: 'POST', url: 'Observation', viewer, body: omit(observation('x', 'Patient/A', { focus: [reference(focus)] }), ['id']) }).then(({ status }) => String(status), (thrown: unknown) => toFhirError(thrown).message);
    expect([await post(tAw, 'Patient/B'), await post(tS, 'Patient/B'), await post(tAw, 'Patient/A')]).toEqual([await post(tAw, 'Patient/none'), '201', '201']);
    await put(observation('toObsA', 'Patient/B', { focus: [reference('Observation/obsA')] }));
    const remove = (viewer: Viewer, name: string) => call(strict, { method: 'DELETE', url: name, viewer }).then(({ status }) => status, (thrown: unknown) => toFhirError(thrown).status);
    expect([await remove(tS, 'Observation/obsA'), await remove(tAw, 'Observation/obsA')]).toEqual([409, 204]);
    await put(observation('own', 'Patient/A'));
    await put(observation('toOwn', 'Patient/A', { focus: [reference('Observation/own')] }));
    expect(await remove(tAw, 'Observation/own')).toBe(409);
    const both = transaction(...['own', 'toOwn'].map((id) => ({ request: { method: 'DELETE', url: `Observation/${id}` } })));
    expect((await call(strict, { method: 'POST', url: '', viewer: tAw, body: both })).status).toBe(200);
  });

  /** Deletes an Observation of A that somebody begins to refer to in the moment of the commit. */
  const deleteLate = async (late: string, patient: string): Promise<number> => {
    const strict = { ...service, options: { ...service.options, referentialIntegrity: 'enforce' as const } };
    let isLate = true;
    const commit: Service['store']['commit'] = async (asked) => {
      if (isLate && asked.writes.some(({ method }) => method === 'DELETE')) {
        isLate = false;
        await put(observation(`to-${late}`, patient, { focus: [reference(`Observation/${late}`)] }));
      }
      return service.store.commit(asked);
    };
    return call({ ...strict, store: { ...service.store, commit } }, { method: 'DELETE', url: `Observation/${late}`, viewer: tAw }).then((answer) => answer.status, (thrown: unknown) => toFhirError(thrown).status);
  };

  it('what begins to refer while a delete is decided counts if the writer sees it, and only then', async () => {
    for (const [patient, late, status] of [['Patient/A', 'lateA', 409], ['Patient/B', 'lateB', 204]] as const) {
      await put(observation(late, 'Patient/A'));
      expect([patient, await deleteLate(late, patient)]).toEqual([patient, status]);
    }
  });

  it('the same holds where more refer to it unseen than stand on one page', async () => {
    await put(observation('late', 'Patient/A'));
    const writes = Array.from({ length: 1_100 }, (_, at) => {
      const resource = observation(`far-${String(at)}`, 'Patient/B', { focus: [reference('Observation/late')] });
      return { type: 'Observation', id: resource.id, method: 'PUT' as const, base: 0, body: stampResource(JSON.stringify(resource), { id: resource.id, versionId: '1', lastUpdated: toInstant(0) }), index: service.registry.extract(resource) };
    });
    expect((await service.store.commit({ writes })).ok).toBe(true);
    expect(await deleteLate('late', 'Patient/A')).toBe(409);
    await call(service, { method: 'DELETE', url: 'Observation/to-late' });
    expect(await call({ ...service, options: { ...service.options, referentialIntegrity: 'enforce' } }, { method: 'DELETE', url: 'Observation/late', viewer: tAw }).then(({ status }) => status)).toBe(204);
  }, 120_000);
});
