/** Of sections D, C, I and 8: what a Consent or a label withholds is as absent as what never was, and break-glass opens it as it should. */
import { strict as assert } from 'node:assert';
import { clientSystem } from '../../src/access/consent/provision.js';
import { writes, type AccessCase } from './case.js';
import { observation, reference, tokens, type Clinic } from './clinic.js';
import { practitionerToken, tokenWith } from './viewers.js';

const { tA, tAw, tB, tU, tUw, tS } = tokens;
const otherApp = tokenWith('patient/*.rs', { client: 'other-app', patient: 'A', user: 'account of A', fhirUser: 'Patient/A', patients: ['A'] });
const system = tokenWith('system/*.cruds', { client: 'backend' });
const stranger = practitionerToken('Q', 'user/*.cruds');

const actor = (name: string): object[] => [{ role: { text: 'x' }, reference: reference(name) }];
const observations = [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }];
const label = (code: string) => ({ security: [{ system: code.length === 1 ? 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality' : 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }] });
const consentOf = (patient: string, provision: object, more: object = {}) => ({
  resourceType: 'Consent', id: `cns${patient}`, status: 'active', scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }], patient: reference(`Patient/${patient}`), policyRule: { text: 'x' }, provision, ...more,
});
const store = ({ admin }: Clinic, provision: object, more: object = {}) => admin('PUT', '/Consent/cnsA', { body: consentOf('A', provision, more) });
const parameters = (values: Readonly<Record<string, string>>) => ({ resourceType: 'Parameters', parameter: Object.entries(values).map(([name, valueString]) => ({ name, valueString })) });
const reason = 'Unconscious in the ambulance';

/** The ways to learn of what is withheld. */
const holdAbsent = async ({ absent, found, expect }: Clinic, viewer: typeof tU): Promise<void> => {
  for (const path of ['/Observation/obsA', '/Observation/obsA/_history', '/Observation/obsA/_history/1', '/Observation?_id=obsA', '/Observation?_id=obsA&_summary=count', '/Encounter?_has:Observation:encounter:_id=obsA']) await absent(viewer, 'GET', path, ['obsA', 'obsX']);
  assert.ok(!(await found(viewer, '/Observation?_count=100')).includes('Observation/obsA'));
  assert.ok(!(await found(viewer, '/Encounter?_revinclude=Observation:encounter')).includes('Observation/obsA'));
  assert.ok(!(await found(viewer, '/Patient/A/$everything')).includes('Observation/obsA'));
  const { text } = await expect(200, viewer, 'GET', '/Observation?_sort=_id&_count=1&_total=accurate');
  assert.equal((JSON.parse(text) as { total: number }).total, (await found(viewer, '/Observation?_count=100')).length);
};

/** Where anything is withheld no id is told to be free: neither by a PUT, nor in a bundle, nor as a try. */
const holdNoneIsMade = async (clinic: Clinic): Promise<void> => {
  const body = observation('obsA', 'A');
  const entry = [{ resource: body, request: { method: 'PUT', url: 'Observation/obsA' } }];
  for (const headers of [{}, { 'x-dry-run': 'true' }, { 'if-match': 'W/"1"' }]) assert.equal((await clinic.absent(system, 'PUT', '/Observation/obsA', ['obsA', 'obsX'], { body, headers })).status, 404);
  for (const type of ['batch', 'transaction']) await clinic.absent(system, 'POST', '/', ['obsA', 'obsX'], { body: { resourceType: 'Bundle', type, entry } });
  await clinic.absent(system, 'PUT', '/Observation?identifier=urn:obs|secret-A', ['secret-A', 'secret-X'], { body: { ...body, id: 'own' } });
  const tried = await clinic.absent(system, 'POST', '/Observation/$validate', ['obsA', 'obsX'], { body: { resourceType: 'Parameters', parameter: [{ name: 'mode', valueCode: 'update' }, { name: 'resource', resource: body }] } });
  assert.match(tried.text, /"code":"not-found"/);
  await clinic.absent(system, 'DELETE', '/Observation/obsA', ['obsA', 'obsX']);
  // What is not withheld is made as before, and so is what gets its id from the server.
  await clinic.expect(201, system, 'PUT', '/Location/locX', { body: { resourceType: 'Location', id: 'locX' } });
  // Of these types the server writes some alone, which hides none of them.
  await clinic.expect(201, system, 'PUT', '/Basic/own', { body: { resourceType: 'Basic', id: 'own', code: { text: 'x' } } });
  await clinic.expect(201, system, 'PUT', '/Communication/own', { body: { resourceType: 'Communication', id: 'own', status: 'completed' } });
  await clinic.expect(201, system, 'PUT', '/Observation?identifier=urn:obs|none', { body: { ...observation(undefined, 'B'), id: undefined } });
};

export const sectionWithheld: readonly AccessCase[] = [
  writes('S8-deny', 'what a Consent denies is absent from the next request on, and back when it ends', async (clinic) => {
    assert.ok((await clinic.found(tU, '/Observation')).includes('Observation/obsA'));
    await store(clinic, { type: 'deny', actor: actor('Practitioner/P'), class: observations });
    await holdAbsent(clinic, tU);
    await clinic.absent(tUw, 'PUT', '/Observation/obsA', ['obsA', 'obsX'], { body: observation('obsA', 'A') });
    await store(clinic, { type: 'deny', actor: actor('Practitioner/P'), class: observations, period: { end: '2020-01-01' } });
    await clinic.expect(200, tU, 'GET', '/Observation/obsA');
  }),
  writes('S8-system', 'a denial to everyone binds systems, whose histories of many have no trace of it, and not the patient', async (clinic) => {
    await store(clinic, { type: 'deny', class: observations });
    await holdAbsent(clinic, tS);
    for (const path of ['/Observation/_history?_count=100', '/_history?_count=100']) assert.doesNotMatch((await clinic.expect(200, tS, 'GET', path)).text, /"id":"obsA"|"total"/);
    await holdNoneIsMade(clinic);
    await clinic.expect(200, tA, 'GET', '/Observation/obsA');
  }),
  writes('S8-app', 'a denial to an app binds whoever uses it', async (clinic) => {
    await store(clinic, { type: 'deny', actor: [{ role: { text: 'x' }, reference: { identifier: { system: clientSystem, value: 'other-app' } } }] });
    await clinic.absent(otherApp, 'GET', '/Observation/obsA', ['obsA', 'obsX']);
    await clinic.expect(200, tA, 'GET', '/Observation/obsA');
  }),
  writes('S8-permit', 'a permit by name opens what it is about, to nobody but whom it names, and not for whoever writes it', async (clinic) => {
    await clinic.admin('PUT', '/Practitioner/Q', { body: { resourceType: 'Practitioner', id: 'Q' } });
    await clinic.absent(stranger, 'GET', '/Observation/obsA', ['obsA', 'obsX']);
    const permit = { type: 'permit', actor: actor('Practitioner/Q'), class: observations };
    await clinic.expect(403, tAw, 'POST', '/Consent', { body: { ...consentOf('B', permit), id: undefined } });
    await clinic.expect(403, tUw, 'POST', '/Consent', { body: { ...consentOf('A', { ...permit, actor: actor('Practitioner/P') }), id: undefined } });
    await clinic.expect(201, tAw, 'POST', '/Consent', { body: { ...consentOf('A', permit), id: undefined } });
    await clinic.expect(200, stranger, 'GET', '/Observation/obsA');
    await clinic.absent(stranger, 'GET', '/Condition/conA', ['conA', 'conX']);
    await clinic.expect(403, stranger, 'POST', '/CareTeam', { body: { resourceType: 'CareTeam', status: 'active', subject: reference('Patient/A'), participant: [{ member: reference('Practitioner/Q') }] } });
  }),
  writes('D3-label', 'a label hides all versions from who is not cleared, and no token without the right takes it away', async (clinic) => {
    await clinic.expect(200, tU, 'GET', '/Observation/obsA/_history/1');
    await clinic.admin('PUT', '/Observation/obsA', { body: observation('obsA', 'A', { meta: label('V'), encounter: reference('Encounter/encA') }) });
    await holdAbsent(clinic, tU);
    await clinic.expect(200, tA, 'GET', '/Observation/obsA/_history/1');
    for (const viewer of [tAw, system]) {
      await clinic.expect(403, viewer, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A') });
      await clinic.expect(403, viewer, 'PATCH', '/Observation/obsA', { body: [{ op: 'remove', path: '/meta/security' }], headers: { 'content-type': 'application/json-patch+json' } });
    }
    await clinic.expect(403, tUw, 'POST', '/Observation', { body: observation(undefined, 'A', { meta: label('N') }) });
    await store(clinic, { type: 'permit', actor: actor('Practitioner/P'), securityLabel: label('V').security });
    await clinic.expect(200, tU, 'GET', '/Observation/obsA');
  }),
  writes('I6', 'break-glass opens one record for a while, with a reason, never for patients, and leaves its marks', async (clinic) => {
    const { expect, absent } = clinic;
    const open = (viewer: typeof tU, body: object) => clinic.ask(viewer, 'POST', '/Patient/B/$break-glass', { body });
    await absent(tU, 'GET', '/Observation/obsB', ['obsB', 'obsX']);
    assert.equal((await open(tU, parameters({}))).status, 403);
    for (const viewer of [tA, tAw, tS]) assert.equal((await open(viewer, parameters({ reason }))).status, 403);
    const { status, text } = await open(tU, parameters({ reason, purpose: 'ETREAT' }));
    assert.equal(status, 200, text);
    const { text: read } = await expect(200, tU, 'GET', '/Observation/obsB');
    assert.match(read, /secret-B/);
    await expect(403, tU, 'DELETE', '/Observation/obsB');
    await absent(stranger, 'GET', '/Observation/obsB', ['obsB', 'obsX']);
    const kept = /Basic\/([A-Za-z0-9-]+)/.exec(text)?.[1] ?? '';
    await expect(404, tUw, 'PATCH', `/Basic/${kept}`, { body: [{ op: 'remove', path: '/extension' }], headers: { 'content-type': 'application/json-patch+json' } });
    await expect(403, tUw, 'POST', '/CareTeam', { body: { resourceType: 'CareTeam', status: 'active', subject: reference('Patient/B'), participant: [{ member: reference('Practitioner/P') }] } });
    const { text: seen } = await expect(200, tB, 'GET', '/Patient/B/$who-saw');
    assert.match(seen, /"emergency","valueBoolean":true/);
    assert.match((await expect(200, tB, 'GET', '/Communication?recipient=Patient/B')).text, /Healer/);
    const { text: events } = await expect(200, tB, 'GET', '/AuditEvent?_count=100');
    for (const mark of ['110113', '110127', 'ETREAT', reason]) assert.ok(events.includes(mark), mark);
    await expect(200, tU, 'POST', '/Patient/B/$break-glass-end');
    await absent(tU, 'GET', '/Observation/obsB', ['obsB', 'obsX']);
  }),
  writes('S8-explain', 'why something is refused does not tell whether it is there', async (clinic) => {
    await store(clinic, { type: 'deny', actor: actor('Practitioner/P'), class: observations });
    for (const [viewer, hidden, none] of [[tU, 'obsA', 'obsX'], [tU, 'obsB', 'obsX'], [tA, 'obsB', 'obsX']] as const) await clinic.absent(viewer, 'GET', `/$explain-access?resource=Observation/${hidden}`, [hidden, none]);
    await clinic.expect(403, tU, 'GET', '/$explain-access?resource=Observation/obsA&user=Practitioner/P');
    assert.match((await clinic.expect(200, tA, 'GET', '/$explain-access?resource=Observation/obsA&user=Practitioner/P')).text, /"consent"},\{"name":"outcome","valueCode":"refused"/);
  }),
];
