/** What a Consent or a label hides is absent everywhere from the next request on, in every process (D3, C5, C20 and section 8 of the security design). */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clientSystem } from '../../../src/access/consent/provision.js';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import { toFhirError } from '../../../src/core/error.js';
import { defaultRules } from '../../../src/access/rules.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeStandings } from '../../../src/interaction/standing.js';
import { recordOperations } from '../../../src/operation/record/operations.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant>): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const worker = (id: string, grant: Partial<TokenGrant> = {}): Viewer => token('user/*.cruds', { user: id, fhirUser: `Practitioner/${id}`, ...grant });
const P = worker('P');
const Q = worker('Q');
const admin = worker('M', { role: 'admin' });
const tA = token('patient/*.cruds', { user: 'a', fhirUser: 'Patient/A', patient: 'A', patients: ['A'] });
const tAother = token('patient/*.cruds', { client: 'other-app', user: 'a', fhirUser: 'Patient/A', patient: 'A', patients: ['A'] });
const proxy = token('user/*.rs', { user: 'r', fhirUser: 'RelatedPerson/R', patients: ['A'] });
const tS = token('system/*.cruds', { client: 'backend' });
const partner = token('system/*.rs', { client: 'partner', policy: 'Organization/ward' });

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const label = (code: string) => ({ security: [{ system: code.length === 1 ? confidentiality : 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }] });
const reference = (name: string) => ({ reference: name });
const person = (name: string) => [{ role: { text: 'recipient' }, reference: reference(name) }];
const app = (id: string) => [{ role: { text: 'recipient' }, reference: { identifier: { system: clientSystem, value: id } } }];
const observations = [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }];
interface Entry { readonly search?: { readonly mode?: string }; readonly resource?: { readonly id: string } }

describe.each(engines)('Consents and labels on $name', ({ open }) => {
  let service: Service;
  let other: Service;
  const ask = (viewer: Viewer | undefined, method: string, url: string, more: Partial<Call> = {}, through = service) => call(through, { method, url, ...(viewer === undefined ? {} : { viewer }), ...more });
  const put = (resource: { resourceType: string; id: string; [more: string]: unknown }) => ask(undefined, 'PUT', `${resource.resourceType}/${resource.id}`, { body: resource });
  const statusOf = (viewer: Viewer, method: string, url: string, more: Partial<Call> = {}, through = service): Promise<number> =>
    ask(viewer, method, url, more, through).then(({ status }) => status, (error: unknown) => toFhirError(error).status);
  const found = async (viewer: Viewer, url: string, through = service): Promise<string[]> => {
    const { body = '{}' } = await ask(viewer, 'GET', url, {}, through);
    return ((JSON.parse(body) as { entry?: Entry[] }).entry ?? []).map(({ resource }) => resource?.id ?? '').sort();
  };
  const consent = (id: string, provision: object, more: object = {}) => put({
    resourceType: 'Consent', id, status: 'active', scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ text: 'privacy' }], patient: reference('Patient/A'), policyRule: { text: 'x' }, provision, ...more,
  });
  const observation = (id: string, patient: string, more: object = {}) => ({ resourceType: 'Observation', id, status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '1' }] }, subject: reference(`Patient/${patient}`), ...more });

  beforeEach(async () => {
    const store = await open();
    const operations = new Map(recordOperations.map((operation) => [operation.name, operation]));
    [service, other] = [{ ...makeService(store), operations }, { ...makeService(store), operations }];
    for (const id of ['P', 'Q', 'M']) await put({ resourceType: 'Practitioner', id });
    await put({ resourceType: 'Organization', id: 'clinic' });
    await put({ resourceType: 'Organization', id: 'ward', partOf: reference('Organization/clinic') });
    await put({ resourceType: 'PractitionerRole', id: 'role', practitioner: reference('Practitioner/P'), organization: reference('Organization/ward'), code: [{ coding: [{ system: 'http://snomed.info/sct', code: '224535009' }] }] });
    for (const id of ['A', 'B']) {
      await put({ resourceType: 'Patient', id, managingOrganization: reference('Organization/ward') });
      await put({ resourceType: 'CareTeam', id: `team${id}`, status: 'active', subject: reference(`Patient/${id}`), participant: [{ member: reference('Practitioner/P') }] });
      await put({ resourceType: 'Encounter', id: `enc${id}`, status: 'finished', class: { code: 'AMB' }, subject: reference(`Patient/${id}`) });
      await put(observation(`obs${id}`, id, { encounter: reference(`Encounter/enc${id}`) }));
    }
  });
  afterEach(() => service.store.close());

  const expectHidden = async (viewer: Viewer): Promise<void> => {
    for (const through of [service, other]) {
      expect(await found(viewer, 'Observation', through)).toEqual(['obsB']);
      expect(await statusOf(viewer, 'GET', 'Observation/obsA', {}, through)).toBe(404);
    }
    for (const url of ['Observation/obsA/_history', 'Observation/obsA/_history/1']) expect(await statusOf(viewer, 'GET', url)).toBe(404);
    expect(await found(viewer, 'Encounter?_revinclude=Observation:encounter')).not.toContain('obsA');
    expect(await found(viewer, 'Encounter?_has:Observation:encounter:code=1')).toEqual(['encB']);
    expect(JSON.parse((await ask(viewer, 'GET', 'Observation?_summary=count')).body ?? '{}')).toMatchObject({ total: 1 });
    expect(await found(viewer, 'Patient/A/$everything')).not.toContain('obsA');
    expect(await found(viewer, 'Patient/A/$everything')).toContain('encA');
    expect(await found(viewer, 'Patient/A/Observation')).toEqual([]);
    for (const [method, body] of [['DELETE', undefined], ['PUT', observation('obsA', 'A')]] as const) {
      const absent = method === 'DELETE' ? await statusOf(viewer, method, 'Observation/none') : 404;
      expect(await statusOf(viewer, method, 'Observation/obsA', { body })).toBe(absent);
    }
    expect((await ask(undefined, 'GET', 'Observation/obsA')).status).toBe(200);
  };

  it('a denial of a category hides it from the person everywhere, at once and in every process, and comes back when it ends', async () => {
    expect(await found(P, 'Observation', other)).toEqual(['obsA', 'obsB']);
    await consent('c', { type: 'deny', actor: person('Practitioner/P'), class: observations });
    await expectHidden(P);
    await consent('c', { type: 'deny', actor: person('Practitioner/P'), class: observations }, { status: 'inactive' });
    for (const through of [service, other]) expect(await found(P, 'Observation', through)).toEqual(['obsA', 'obsB']);
    await consent('c', { type: 'deny', actor: person('Practitioner/P'), class: observations });
    await ask(undefined, 'DELETE', 'Consent/c');
    for (const through of [service, other]) expect(await found(P, 'Observation', through)).toEqual(['obsA', 'obsB']);
  });

  it('binds systems too, whose histories of many skip what is hidden and do not count it', async () => {
    await consent('c', { type: 'deny', class: observations });
    await expectHidden(tS);
    const history = async (url: string): Promise<string[]> => found(tS, url);
    expect(await history('Observation/_history')).toEqual(['obsB']);
    expect(await history('_history?_count=100')).not.toContain('obsA');
    expect((await ask(tS, 'GET', 'Observation/_history')).body).not.toContain('"total"');
    const { body = '{}' } = await ask(tS, 'GET', 'Observation/_history?_count=1');
    expect((JSON.parse(body) as { link: { relation: string }[] }).link.map(({ relation }) => relation)).toEqual(['self']);
    // No id is told to be free where one may be hidden; of a type of which nothing is withheld it may be chosen still.
    for (const id of ['obsA', 'new']) expect([id, await statusOf(tS, 'PUT', `Observation/${id}`, { body: observation(id, 'B') })]).toEqual([id, 404]);
    expect(await statusOf(tS, 'PUT', 'Location/new', { body: { resourceType: 'Location', id: 'new' } })).toBe(201);
    // A record that may not be shown can be added to.
    expect(await statusOf(tS, 'POST', 'Observation', { body: { ...observation('x', 'A'), id: undefined } })).toBe(201);
  });

  it('a link to the next page shows nothing that was hidden since', async () => {
    for (const id of ['o1', 'o2', 'o3']) await put(observation(id, 'A'));
    const { body = '{}' } = await ask(P, 'GET', 'Observation?_count=1');
    const next = (JSON.parse(body) as { link: { relation: string; url: string }[] }).link.find(({ relation }) => relation === 'next')?.url ?? '';
    await consent('c', { type: 'deny', actor: person('Practitioner/P'), class: observations });
    expect((await found(P, next.slice('http://test/fhir/'.length))).filter((id) => id !== 'obsB')).toEqual([]);
  });

  it('an organization is everyone who works in it or in a part of it; a kind of work is named by its code', async () => {
    for (const actor of [person('Organization/clinic'), person('CareTeam/teamB'), person('PractitionerRole/role'), [{ role: { text: 'x' }, reference: { identifier: { system: 'http://snomed.info/sct', value: '224535009' } } }]]) {
      await consent('c', { type: 'deny', actor, class: observations });
      expect(await found(P, 'Observation')).toEqual(['obsB']);
    }
    await put({ resourceType: 'PractitionerRole', id: 'role', active: false, practitioner: reference('Practitioner/P'), organization: reference('Organization/ward') });
    await consent('c', { type: 'deny', actor: person('Organization/clinic'), class: observations });
    expect(await found(P, 'Observation', other)).toEqual(['obsA', 'obsB']);
    await put({ resourceType: 'PractitionerRole', id: 'role', practitioner: reference('Practitioner/P'), organization: reference('Organization/ward') });
    expect(await found(P, 'Observation', other)).toEqual(['obsB']);
    await put({ resourceType: 'Organization', id: 'ward' });
    expect(await found(P, 'Observation', other)).toEqual(['obsA', 'obsB']);
  });

  it('patients see their own record whatever they deny to others, unless they deny it to the app they use', async () => {
    await consent('c', { type: 'deny' });
    expect([await found(tA, 'Observation'), await found(proxy, 'Observation')]).toEqual([['obsA'], []]);
    expect([await statusOf(P, 'GET', 'Patient/A'), await found(P, 'Observation')]).toEqual([404, ['obsB']]);
    await consent('c', { type: 'deny', actor: app('other-app') });
    expect([await found(tA, 'Observation'), await found(tAother, 'Observation'), await found(P, 'Observation')]).toEqual([['obsA'], [], ['obsA', 'obsB']]);
    await consent('c', { type: 'deny', provision: [{ type: 'permit', actor: person('RelatedPerson/R'), class: observations }] });
    expect([await found(proxy, 'Observation'), await found(proxy, 'Encounter')]).toEqual([['obsA'], []]);
  });

  it('a permit that names a person lets them reach what it is about, and nothing else', async () => {
    expect(await found(Q, 'Observation')).toEqual([]);
    await consent('c', { type: 'permit', actor: person('Practitioner/Q'), class: observations });
    expect([await found(Q, 'Observation', other), await found(Q, 'Encounter'), await statusOf(Q, 'GET', 'Patient/A')]).toEqual([['obsA'], [], 404]);
    await consent('c', { type: 'permit', actor: person('Practitioner/Q') }, { patient: reference('Patient/B') });
    expect([await found(Q, 'Observation', other), await found(Q, 'Encounter'), await statusOf(Q, 'GET', 'Patient/B')]).toEqual([['obsB'], ['encB'], 200]);
    await consent('c', { type: 'permit', actor: person('Practitioner/Q') }, { status: 'rejected' });
    expect(await found(Q, 'Observation', other)).toEqual([]);
  });

  it('a period that is over has no effect, and one ends without anything being written', async () => {
    const clock = { ...systemClock, time: Date.parse('2030-01-01T12:00:00Z'), now: () => clock.time };
    const timed = { ...service, clock, standings: makeStandings(() => ({ ...service, clock }), defaultRules) };
    await consent('c', { type: 'deny', class: observations, period: { end: '2030-01-01' } });
    expect(await found(P, 'Observation', timed)).toEqual(['obsB']);
    clock.time = Date.parse('2030-01-01T23:59:59.999Z');
    expect(await found(P, 'Observation', timed)).toEqual(['obsB']);
    clock.time += 1;
    expect(await found(P, 'Observation', timed)).toEqual(['obsA', 'obsB']);
    await consent('c', { type: 'deny', class: observations, period: { end: '2020-01-01' } });
    expect(await found(P, 'Observation')).toEqual(['obsA', 'obsB']);
  });

  it('names resources: what is related follows them as they change', async () => {
    await put({ resourceType: 'DiagnosticReport', id: 'report', status: 'final', code: { text: 'x' }, subject: reference('Patient/A'), result: [reference('Observation/obsA')] });
    await consent('c', { type: 'deny', data: [{ meaning: 'related', reference: reference('DiagnosticReport/report') }] });
    expect([await found(P, 'Observation'), await found(P, 'DiagnosticReport')]).toEqual([['obsB'], []]);
    await put({ resourceType: 'DiagnosticReport', id: 'report', status: 'final', code: { text: 'x' }, subject: reference('Patient/A') });
    expect([await found(P, 'Observation', other), await found(P, 'Observation')]).toEqual([['obsA', 'obsB'], ['obsA', 'obsB']]);
  });

  it('a Consent about a care team counts for whoever joins it or leaves it, from the next request on', async () => {
    const team = (member: string, more: object = {}) => put({ resourceType: 'CareTeam', id: 'x', status: 'active', subject: reference('Patient/B'), participant: [{ member: reference(member) }], ...more });
    const seen = async (): Promise<readonly number[]> => Promise.all([service, other].map((through) => statusOf(P, 'GET', 'Observation/obsA', {}, through)));
    await consent('c', { type: 'deny', actor: person('CareTeam/x'), class: observations });
    expect(await seen()).toEqual([200, 200]);
    for (const member of ['Practitioner/P', 'PractitionerRole/role']) {
      await team(member);
      expect([member, ...await seen()]).toEqual([member, 404, 404]);
      await team('Practitioner/Q');
      expect([member, ...await seen()]).toEqual([member, 200, 200]);
    }
    for (const more of [{ status: 'inactive' }, { period: { end: '2020-01-01' } }, { period: { start: '2990-01-01' } }]) {
      await team('Practitioner/P');
      expect(await seen()).toEqual([404, 404]);
      await team('Practitioner/P', more);
      expect(await seen()).toEqual([200, 200]);
    }
    await team('Practitioner/P');
    await ask(undefined, 'DELETE', 'CareTeam/x');
    expect(await seen()).toEqual([200, 200]);
  });

  it('labels hide from who is not cleared; a Consent may lift them for whom it names', async () => {
    await put(observation('obsA', 'A', { meta: label('V'), encounter: reference('Encounter/encA') }));
    await expectHidden(P);
    expect(await found(tA, 'Observation')).toEqual(['obsA']);
    await put(observation('obsA', 'A', { meta: label('R') }));
    expect([await found(P, 'Observation'), await found(proxy, 'Observation'), await found(worker('P', { role: 'staff' }), 'Observation')]).toEqual([['obsA', 'obsB'], [], ['obsB']]);
    await put(observation('obsA', 'A', { meta: label('42CFRPart2') }));
    expect([await found(P, 'Observation'), await found(partner, 'Observation'), await found(tS, 'Observation'), await found(tA, 'Observation')]).toEqual([['obsB'], ['obsB'], ['obsA', 'obsB'], ['obsA']]);
    await consent('c', { type: 'permit', actor: person('Practitioner/P'), securityLabel: label('42CFRPart2').security });
    expect([await found(P, 'Observation', other), await found(partner, 'Observation')]).toEqual([['obsA', 'obsB'], ['obsB']]);
  });

  it('D3 a label that was narrowed hides the earlier versions from the old reader too', async () => {
    await put(observation('obsA', 'A', { valueString: 'second' }));
    expect([await statusOf(P, 'GET', 'Observation/obsA/_history/1'), await statusOf(P, 'GET', 'Observation/obsA/_history/2')]).toEqual([200, 200]);
    await put(observation('obsA', 'A', { meta: label('V') }));
    for (const url of ['Observation/obsA', 'Observation/obsA/_history', 'Observation/obsA/_history/1', 'Observation/obsA/_history/2', 'Observation/obsA/_history/3']) expect([url, await statusOf(P, 'GET', url)]).toEqual([url, 404]);
    expect(await statusOf(tA, 'GET', 'Observation/obsA/_history/1')).toBe(200);
    // Deleted by who may, it stays hidden from who could not see it.
    await ask(undefined, 'DELETE', 'Observation/obsA');
    for (const url of ['Observation/obsA', 'Observation/obsA/_history', 'Observation/obsA/_history/4']) expect([url, await statusOf(P, 'GET', url)]).toEqual([url, 404]);
  });

  it('C5, C20 labels are changed by who may, and by no other token', async () => {
    await put(observation('obsA', 'A', { meta: label('R') }));
    const patch = (path: string, op: string, value?: unknown) => ({ body: [{ op, path, ...(value === undefined ? {} : { value }) }] });
    for (const viewer of [P, tA, tS]) {
      for (const more of [patch('/meta/security', 'remove'), patch('/meta/security/0/code', 'replace', 'N'), patch('/meta', 'remove'), patch('/meta/security/-', 'add', { code: 'HIV' })]) expect(await statusOf(viewer, 'PATCH', 'Observation/obsA', more)).toBe(403);
      for (const meta of [undefined, label('N'), { security: [] }]) expect(await statusOf(viewer, 'PUT', 'Observation/obsA', { body: observation('obsA', 'A', meta === undefined ? {} : { meta }) })).toBe(403);
      expect(await statusOf(viewer, 'POST', 'Observation', { body: { ...observation('x', 'A', { meta: label('N') }), id: undefined } })).toBe(403);
      expect(await statusOf(viewer, 'POST', 'Observation/obsA/$meta-delete', { body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: label('R') }] } })).toBe(403);
      expect(await statusOf(viewer, 'PUT', 'Observation/obsA', { body: observation('obsA', 'A', { meta: { security: [{ ...label('R').security[0], display: 'restricted' }] }, valueString: String(viewer.key) }) })).toBe(200);
    }
    await ask(undefined, 'PUT', 'Observation/spelt', { body: JSON.stringify(observation('spelt', 'A', { meta: { ...label('R'), tag: [{ code: 'kept' }] } })).replace('"security"', '"\\u0073ecurity"').replace('"tag"', '"t\\u0061g"') });
    for (const meta of [undefined, label('R')]) expect(await statusOf(tA, 'PUT', 'Observation/spelt', { body: observation('spelt', 'A', meta === undefined ? {} : { meta }) })).toBe(403);
    const entry = { fullUrl: 'urn:x', resource: observation('obsA', 'A'), request: { method: 'PUT', url: 'Observation/obsA' } };
    expect(await statusOf(P, 'POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [entry] } })).toBe(403);
    expect(await statusOf(token('system/*.cruds', { client: 'loader', changesLabels: true }), 'PUT', 'Observation/labelled', { body: observation('labelled', 'A', { meta: label('V') }) })).toBe(201);
    await put({ resourceType: 'PractitionerRole', id: 'roleM', practitioner: reference('Practitioner/M'), organization: reference('Organization/ward') });
    expect(await statusOf(admin, 'PATCH', 'Observation/obsA', patch('/meta/security', 'remove'))).toBe(200);
  });

  it('D4 what was deleted and is withheld is absent, what was deleted and is not is gone', async () => {
    await ask(undefined, 'DELETE', 'Observation/obsA');
    expect(await statusOf(P, 'GET', 'Observation/obsA')).toBe(410);
    await consent('c', { type: 'deny', actor: person('Practitioner/P'), class: observations });
    for (const url of ['Observation/obsA', 'Observation/obsA/_history', 'Observation/obsA/_history/1']) expect(await statusOf(P, 'GET', url)).toBe(404);
    expect(await statusOf(tA, 'GET', 'Observation/obsA')).toBe(410);
  });

  it('C23 a Consent that a patient writes about another is refused, and gives nobody anything', async () => {
    const own = (patient: string) => ({ resourceType: 'Consent', status: 'active', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference(`Patient/${patient}`), policyRule: { text: 'x' }, provision: { type: 'permit', actor: person('Practitioner/Q') } });
    expect(await statusOf(tA, 'POST', 'Consent', { body: own('B') })).toBe(403);
    expect(await found(Q, 'Observation')).toEqual([]);
    // Nor can who works here permit something to themselves.
    const byHand = { ...own('A'), provision: { type: 'deny', provision: [{ type: 'permit', actor: person('PractitionerRole/role') }] } };
    expect(await statusOf(P, 'POST', 'Consent', { body: byHand })).toBe(403);
    expect(await statusOf(P, 'POST', 'Consent', { body: { ...byHand, provision: { type: 'deny', actor: person('Practitioner/P') } } })).toBe(201);
    expect(await statusOf(tA, 'POST', 'Consent', { body: own('A') })).toBe(201);
    expect(await found(Q, 'Observation')).toEqual(['obsA']);
  });
});
