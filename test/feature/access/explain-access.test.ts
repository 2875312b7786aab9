/** $explain-access says which check allows and which refuses, agrees with what happens, and tells nobody whether something hidden is there. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { openViewer, tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import type { Service } from '../../../src/interaction/service.js';
import { accessOperations } from '../../../src/operation/access/operations.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const P = token('user/*.cruds', { user: 'p', fhirUser: 'Practitioner/P' });
const admin = token('user/*.cruds', { user: 'm', fhirUser: 'Practitioner/M', role: 'admin' });
const tA = token('patient/*.rs', { user: 'a', fhirUser: 'Patient/A', patient: 'A', patients: ['A'] });
const tAlab = token('patient/Observation.rs?category=lab', { user: 'a', fhirUser: 'Patient/A', patient: 'A', patients: ['A'] });
const reference = (name: string) => ({ reference: name });
interface Part { readonly name: string; readonly valueCode?: string; readonly valueString?: string; readonly valueReference?: { readonly reference?: string } }
interface Answer { readonly name: string; readonly valueCode?: string; readonly part?: readonly Part[] }
const consent = (provision: object, patient = 'A') => ({
  resourceType: 'Consent', status: 'draft', scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ text: 'x' }], patient: reference(`Patient/${patient}`), policyRule: { text: 'x' }, provision,
});
const denyP = { type: 'deny', actor: [{ role: { text: 'x' }, reference: reference('Practitioner/P') }] };

describe.each(engines)('$explain-access on $name', ({ open }) => {
  let service: Service;
  const put = (resource: { resourceType: string; id?: string; [more: string]: unknown }, id = resource.id ?? '') => call(service, { method: 'PUT', url: `${resource.resourceType}/${id}`, body: { ...resource, id } });
  const explain = async (viewer: Viewer, values: Readonly<Record<string, string>>, resource?: object): Promise<Answer[]> => {
    const parameter = [...Object.entries(values).map(([name, valueString]): object => ({ name, valueString })), ...(resource === undefined ? [] : [{ name: 'consent', resource }])];
    const { body = '{}' } = await call(service, { method: 'POST', url: '$explain-access', viewer, body: { resourceType: 'Parameters', parameter } });
    return (JSON.parse(body) as { parameter: Answer[] }).parameter;
  };
  const outcomes = (answer: readonly Answer[]): string => answer.flatMap(({ name, part = [] }) => (name === 'check' ? [`${part[0]?.valueCode ?? ''} ${part[1]?.valueCode ?? ''}`] : [])).filter((text) => !text.endsWith('allowed')).join(', ');
  const decision = (answer: readonly Answer[]): string | undefined => answer.find(({ name }) => name === 'decision')?.valueCode;
  const refused = (asked: Promise<unknown>) => asked.then(() => 200, (error: unknown) => toFhirError(error).status);
  const after = (name: string) => ['scope', 'compartment', 'relation', 'consent', 'label'].slice(['scope', 'compartment', 'relation', 'consent', 'label'].indexOf(name) + 1).map((one) => `${one} not-reached`);
  const stops = (name: string): string => [`${name} refused`, ...after(name)].join(', ');

  beforeEach(async () => {
    service = { ...makeService(await open()), operations: new Map(accessOperations.map((operation) => [operation.name, operation])) };
    for (const id of ['P', 'Q', 'M']) await put({ resourceType: 'Practitioner', id });
    for (const id of ['A', 'B']) {
      await put({ resourceType: 'Patient', id });
      await put({ resourceType: 'Observation', id: `obs${id}`, status: 'final', code: { text: 'x' }, subject: reference(`Patient/${id}`) });
    }
    await put({ resourceType: 'CareTeam', id: 'team', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Practitioner/P') }] });
  });
  afterEach(() => service.store.close());

  it('an administrator is told of each check, for any user, app and resource', async () => {
    const about = (values: Readonly<Record<string, string>>) => explain(admin, { resource: 'Observation/obsA', ...values });
    const seen = await about({ user: 'Practitioner/P' });
    expect([decision(seen), outcomes(seen)]).toEqual(['allowed', '']);
    expect(JSON.stringify(seen)).toContain('care team');
    expect(outcomes(await about({ user: 'Practitioner/Q' }))).toBe(stops('relation'));
    expect(outcomes(await about({ user: 'Practitioner/P', scope: 'user/Patient.rs' }))).toBe(stops('scope'));
    expect(outcomes(await about({ user: 'Patient/A', patient: 'A', scope: 'patient/Observation.rs?category=lab' }))).toBe(stops('scope'));
    expect(outcomes(await about({ user: 'Patient/B', patient: 'B' }))).toBe(stops('compartment'));
    expect(decision(await about({ app: 'backend' }))).toBe('allowed');
    await put({ ...consent(denyP), status: 'active' }, 'c');
    expect(outcomes(await about({ user: 'Practitioner/P' }))).toBe(stops('consent'));
    await put({ ...consent(denyP), status: 'inactive' }, 'c');
    await put({ resourceType: 'Observation', id: 'obsA', status: 'final', code: { text: 'x' }, subject: reference('Patient/A'), meta: { security: [{ code: '42CFRPart2' }] } });
    expect(outcomes(await about({ user: 'Practitioner/P' }))).toBe(stops('label'));
    const absent = await explain(admin, { resource: 'Observation/none', user: 'Practitioner/P' });
    expect([decision(absent), outcomes(absent)]).toEqual(['refused', after('scope').join(', ')]);
  });

  it('says what a Consent would do that is not stored, and stores nothing', async () => {
    const what = (provision: object) => explain(admin, { resource: 'Observation/obsA', user: 'Practitioner/P' }, consent(provision));
    expect(outcomes(await what(denyP))).toBe(stops('consent'));
    expect(decision(await what({ ...denyP, period: { end: '2020-01-01' } }))).toBe('allowed');
    const permitted = await explain(admin, { resource: 'Observation/obsA', user: 'Practitioner/Q' }, consent({ ...denyP, type: 'permit', actor: [{ role: { text: 'x' }, reference: reference('Practitioner/Q') }] }));
    expect([decision(permitted), JSON.stringify(permitted).includes('named in') || JSON.stringify(permitted).includes('by name in a Consent')]).toEqual(['allowed', true]);
    expect(await refused(call(service, { method: 'GET', url: 'Observation/obsA', viewer: P }))).toBe(200);
    // Patients may ask it of their own record.
    expect(outcomes(await explain(tA, { resource: 'Observation/obsA', user: 'Practitioner/P' }, consent(denyP)))).toBe(stops('consent'));
    expect(await refused(explain(tA, { resource: 'Observation/obsB', user: 'Practitioner/P' }))).toBe(403);
    expect(await refused(explain(tA, { resource: 'Observation/none', user: 'Practitioner/P' }))).toBe(403);
    expect(await refused(explain(tA, { resource: 'Observation/obsA', user: 'Practitioner/P' }, consent(denyP, 'B')))).toBe(403);
    for (const viewer of [P, token('system/*.cruds')]) expect(await refused(explain(viewer, { resource: 'Observation/obsA', user: 'Practitioner/P' }))).toBe(403);
  });

  it('of one\'s own refusal tells what token and request tell: what is hidden is told like what is not there', async () => {
    expect(decision(await explain(P, { resource: 'Observation/obsA' }))).toBe('allowed');
    expect(outcomes(await explain(tA, { resource: 'Observation/obsA', interaction: 'delete' }))).toBe(stops('scope'));
    expect(outcomes(await explain(tAlab, { resource: 'Patient/A' }))).toBe(stops('scope'));
    await put({ ...consent({ type: 'deny', class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] }), status: 'active' }, 'c');
    for (const [viewer, hidden] of [[P, ['Observation/obsA', 'Observation/obsB', 'Patient/B']], [tA, ['Observation/obsB', 'Patient/B']], [tAlab, ['Observation/obsA']]] as const) {
      for (const resource of hidden) {
        const [told, absent] = [await explain(viewer, { resource }), await explain(viewer, { resource: `${resource.split('/')[0] ?? ''}/none` })];
        expect(told).toEqual(absent);
        expect(decision(told)).toBe('refused');
      }
    }
  });

  it('names the relations that one has and sees, and no others', async () => {
    const relations = async (): Promise<(string | undefined)[]> => (await explain(P, { resource: 'Observation/none' })).flatMap(({ name, part = [] }) => (name === 'relation' ? [part[0]?.valueReference?.reference, part[1]?.valueCode] : []));
    expect(await relations()).toEqual(['Patient/A', 'care-team']);
    await put({ ...consent(denyP), status: 'active' }, 'c');
    expect(await relations()).toEqual([]);
  });

  it('explains a Binary by what it is shown with', async () => {
    for (const id of ['A', 'B']) await put({ resourceType: 'Binary', id: `bin${id}`, contentType: 'text/plain', data: 'eA==', securityContext: reference(`Observation/obs${id}`) });
    await put({ resourceType: 'Binary', id: 'loose', contentType: 'text/plain', data: 'eA==' });
    for (const viewer of [P, tA]) {
      expect(decision(await explain(viewer, { resource: 'Binary/binA' }))).toBe('allowed');
      for (const id of ['binB', 'loose', 'none']) expect(decision(await explain(viewer, { resource: `Binary/${id}` }))).toBe('refused');
    }
    const about = (values: Readonly<Record<string, string>>) => explain(admin, { user: 'Practitioner/P', ...values });
    expect(outcomes(await about({ resource: 'Binary/binA' }))).toBe('');
    expect(outcomes(await about({ resource: 'Binary/binB' }))).toBe(stops('relation'));
    expect(JSON.stringify(await about({ resource: 'Binary/binB' }))).toContain('Patient/B');
    expect(outcomes(await about({ resource: 'Binary/loose' }))).toBe(stops('relation'));
    expect(outcomes(await about({ resource: 'Binary/binA', scope: 'user/Binary.rs' }))).toBe(stops('scope'));
    expect(outcomes(await explain(tA, { resource: 'Binary/binA', user: 'Practitioner/P' }, consent(denyP)))).toBe(stops('consent'));
    expect(outcomes(await about({ resource: 'Binary/binA' }))).toBe('');
  });

  it('agrees with what happens, for every reader and resource', async () => {
    await put({ ...consent(denyP), status: 'active' }, 'c');
    const readers = { P, tA, tAlab, backend: token('system/*.rs', { client: 'backend' }) };
    for (const [name, viewer] of Object.entries(readers)) for (const resource of ['Observation/obsA', 'Observation/obsB', 'Patient/A', 'Patient/B', 'Practitioner/P', 'CareTeam/team']) {
      const grant = viewer.kind === 'token' ? viewer.grant : undefined;
      const told = await explain(openViewer, { resource, scope: grant?.scopes.map(({ text }) => text).join(' ') ?? '', ...(grant?.fhirUser === undefined ? {} : { user: grant.fhirUser }), ...(grant?.patient === undefined ? {} : { patient: grant.patient }), app: grant?.client ?? '' });
      const status = await refused(call(service, { method: 'GET', url: resource, viewer }));
      expect([name, resource, decision(told)]).toEqual([name, resource, status === 200 ? 'allowed' : 'refused']);
    }
  });

  it('names what is wrong with a question', async () => {
    for (const values of [{ resource: 'Nothing/1' }, { resource: 'Observation/obsA/_history/1' }, { resource: 'Observation/obsA', interaction: 'look' }, { resource: 'Observation/obsA', user: 'Device/1' }, { resource: 'Observation/obsA', role: 'king' }]) expect(await refused(explain(admin, values))).toBe(400);
    expect(await refused(explain(admin, { resource: 'Observation/obsA', user: 'Practitioner/P' }, { ...consent(denyP), scope: { coding: [{ code: 'research' }] } }))).toBe(400);
  });
});
