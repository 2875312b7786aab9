/** Section C: writing. */
import { strict as assert } from 'node:assert';
import { writes, type AccessCase } from './case.js';
import { category, observation, reference, sensitivityLabel, tokens, type Clinic, type Resource } from './clinic.js';
import { patientToken } from './viewers.js';

const { tA, tAw, tB, tBw, tS, tUw } = tokens;
const obsB: readonly [string, string] = ['obsB', 'obsX'];
const fhirPathPatch = (...part: object[]): Resource => ({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] });
const asFhir = { headers: { 'content-type': 'application/fhir+json' } };

const bundle = (type: 'batch' | 'transaction', ...entry: object[]): Resource => ({ resourceType: 'Bundle', type, entry });
const entry = (method: string, url: string, resource?: object, more: object = {}): object => ({ resource, request: { method, url, ...more } });
const statusesOf = (text: string): string[] => (JSON.parse(text) as { entry: { response: { status: string } }[] }).entry.map(({ response }) => response.status.slice(0, 3));
const versionsOf = async ({ service }: Clinic): Promise<number> => {
  const changes = await service.store.changes(0, 100_000);
  return changes.filter(({ type }) => type !== 'AuditEvent').length;
};

/** Holds that what others have is as it was. */
const unharmed = async ({ admin, service }: Clinic): Promise<void> => {
  for (const name of ['Patient/B', 'Observation/obsB', 'Encounter/encB', 'Binary/binB', 'DocumentReference/docB', 'Observation/obsBfA', 'Group/groB', 'List/lisB']) {
    const [type = '', id = ''] = name.split('/');
    assert.equal((await service.store.read({ type, id }))?.version, 1, name);
  }
  assert.equal((await admin('GET', '/Patient/B')).status, 200);
};

const jsonPatches: readonly (readonly object[])[] = [
  [{ op: 'replace', path: '/subject/reference', value: 'Patient/B' }], [{ op: 'add', path: '/focus/-', value: { reference: 'Patient/A' } }, { op: 'move', from: '/focus/0', path: '/subject' }], [{ op: 'copy', from: '/focus/0/reference', path: '/subject/reference' }], [{ op: 'remove', path: '/subject' }], [{ op: 'replace', path: '/subject', value: { reference: 'Patient/B' } }],
];

/** Holds that of two updates of one version exactly one is stored, so many times. */
export const holdOneWins = async ({ ask }: Clinic, times: number): Promise<void> => {
  const body = observation('obsA', 'A', { category: category('laboratory') });
  for (let version = 1; version <= times; version += 1) {
    const put = (): Promise<number> => ask(tAw, 'PUT', '/Observation/obsA', { body, headers: { 'if-match': `W/"${String(version)}"` } }).then(({ status }) => status);
    assert.deepEqual((await Promise.all([put(), put()])).sort(), [200, 412], `of version ${String(version)}`);
  }
};

export const sectionC: readonly AccessCase[] = [
  writes('C1', 'without the letter nothing is stored, whatever the body', async (clinic) => {
    const before = await versionsOf(clinic);
    for (const body of [observation('obsA', 'A'), 'not even json']) {
      for (const [method, path] of [['POST', '/Observation'], ['PUT', '/Observation/obsA'], ['PATCH', '/Observation/obsA'], ['DELETE', '/Observation/obsA'], ['PUT', '/Observation?_id=obsA'], ['PATCH', '/Observation?_id=obsA'], ['DELETE', '/Observation?_id=obsA']] as const) await clinic.expect(403, tA, method, path, method === 'DELETE' ? {} : { body });
    }
    assert.equal(await versionsOf(clinic), before);
  }),
  writes('C2', 'what is made must belong to the patient in context', async ({ expect }) => {
    await expect(403, tAw, 'POST', '/Observation', { body: observation(undefined, 'B') });
    await expect(403, tAw, 'POST', '/Observation', { body: observation(undefined, undefined) });
    await expect(201, tAw, 'POST', '/Observation', { body: observation(undefined, 'A', { focus: [reference('Patient/B')] }) });
    await expect(403, tAw, 'POST', '/Patient', { body: { resourceType: 'Patient' } });
  }),
  writes('C3', 'nothing is given away and nothing is captured', async (clinic) => {
    await clinic.expect(403, tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'B') });
    assert.equal((await clinic.absent(tAw, 'PUT', '/Observation/obsB', obsB, { body: observation('obsB', 'A') })).status, 404);
    await unharmed(clinic);
  }),
  writes('C4', 'a patch is judged by what comes out of it', async (clinic) => {
    for (const body of jsonPatches) await clinic.expect(403, tAw, 'PATCH', '/Observation/obsAfB', { body });
    const type = (value: string): object => ({ name: 'type', valueCode: value });
    for (const body of [fhirPathPatch(type('replace'), { name: 'path', valueString: 'Observation.subject.reference' }, { name: 'value', valueString: 'Patient/B' }), fhirPathPatch(type('delete'), { name: 'path', valueString: 'Observation.subject' })]) await clinic.expect(403, tAw, 'PATCH', '/Observation/obsAfB', { ...asFhir, body });
    await clinic.expect(200, tAw, 'PATCH', '/Observation/obsAfB', { body: [{ op: 'replace', path: '/status', value: 'amended' }] });
    assert.equal((await clinic.absent(tAw, 'PATCH', '/Observation/obsB', obsB, { body: [{ op: 'replace', path: '/subject/reference', value: 'Patient/A' }] })).status, 404);
  }),
  writes('C5', 'a patch reaches neither labels, tags, id and version nor the prototype', async (clinic) => {
    const tag = [{ system: 'urn:tags', code: 'urgent' }];
    for (const path of ['/meta/tag', '/meta']) await clinic.expect(403, tAw, 'PATCH', '/Observation/obsA', { body: [{ op: 'add', path, value: path === '/meta' ? { tag } : tag }] });
    const meta = { name: 'name', valueString: 'tag' };
    await clinic.expect(403, tAw, 'PATCH', '/Observation/obsA', { ...asFhir, body: fhirPathPatch({ name: 'type', valueCode: 'add' }, { name: 'path', valueString: 'Observation.meta' }, meta, { name: 'value', valueCoding: tag[0] }) });
    await clinic.expect(403, tAw, 'PATCH', '/Observation?_id=obsA', { body: [{ op: 'add', path: '/meta/tag', value: tag }] });
    await clinic.expect(403, tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A', { meta: { tag } }) });
    // Who makes a resource may tag it, and keeps the tags it has; people who work here change them.
    const made = await clinic.expect(201, tAw, 'POST', '/Observation', { body: observation(undefined, 'A', { meta: { tag } }) });
    const { id } = JSON.parse(made.text) as Resource;
    await clinic.expect(200, tAw, 'PATCH', `/Observation/${id ?? ''}`, { body: [{ op: 'replace', path: '/status', value: 'amended' }] });
    await clinic.expect(403, tAw, 'PATCH', `/Observation/${id ?? ''}`, { body: [{ op: 'remove', path: '/meta/tag' }] });
    await clinic.expect(200, tUw, 'PATCH', `/Observation/${id ?? ''}`, { body: [{ op: 'remove', path: '/meta/tag' }] });
    for (const operation of [{ op: 'add', path: '/meta/security', value: [sensitivityLabel('NOPAT')] }, { op: 'add', path: '/meta', value: { security: [sensitivityLabel('NOPAT')] } }, { op: 'replace', path: '/id', value: 'obsB' }, { op: 'replace', path: '/resourceType', value: 'Patient' }]) {
      const { status, text } = await clinic.ask(tAw, 'PATCH', '/Observation/obsA', { body: [operation] });
      assert.ok(status === 403 || status === 422 || status === 400, `${JSON.stringify(operation)}: ${String(status)} ${text}`);
    }
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted', '/subject/__proto__/polluted']) {
      const { status } = await clinic.ask(tAw, 'PATCH', '/Observation/obsA', { body: [{ op: 'add', path, value: 'yes' }] });
      assert.ok(status >= 400 && status < 500, path);
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    // The server's own version numbers win over what a patch says.
    await clinic.ask(tAw, 'PATCH', '/Observation/obsA', { body: [{ op: 'replace', path: '/meta/versionId', value: '77' }] });
    assert.doesNotMatch((await clinic.admin('GET', '/Observation/obsA')).text, /"versionId":"7/);
  }),
  writes('C6', 'no PUT creates: an id that is taken and one that is free are answered alike', async (clinic) => {
    assert.equal((await clinic.absent(tAw, 'PUT', '/Observation/obsB', obsB, { body: observation('obsB', 'A') })).status, 404);
    assert.equal((await clinic.absent(tAw, 'PUT', '/Patient/B', ['B', 'X'], { body: { resourceType: 'Patient', id: 'B' } })).status, 404);
    await clinic.absent(tAw, 'DELETE', '/Observation/obsB', obsB);
    await unharmed(clinic);
  }),
  writes('C7', 'body and URL must name the same resource', async ({ expect }) => {
    await expect(400, tAw, 'PUT', '/Observation/obsA', { body: observation('obsB', 'A') });
    await expect(400, tAw, 'PUT', '/Observation/obsA', { body: { resourceType: 'Condition', id: 'obsA', subject: reference('Patient/A') } });
  }),
  writes('C8', 'a conditional update does not find what is hidden', async (clinic) => {
    const { status } = await clinic.absent(tAw, 'PUT', '/Observation?identifier=urn:obs|secret-B', ['secret-B', 'secret-X'], { body: observation(undefined, 'A') });
    assert.notEqual(status, 412);
    await clinic.absent(tAw, 'PUT', '/Observation?identifier=urn:obs|secret-B', obsB, { body: observation('obsB', 'A') });
    await unharmed(clinic);
  }),
  writes('C9', 'a conditional create does not find what is hidden', async (clinic) => {
    const { status, text } = await clinic.expect(201, tAw, 'POST', '/Observation', { body: observation(undefined, 'A'), headers: { 'if-none-exist': 'identifier=urn:obs|secret-B' } });
    assert.ok(status === 201 && !text.includes('obsB'));
    await clinic.expect(200, tAw, 'POST', '/Observation', { body: observation(undefined, 'A'), headers: { 'if-none-exist': 'identifier=urn:obs|secret-A' } });
    await unharmed(clinic);
  }),
  writes('C10', 'a conditional delete reaches one\'s own only, and needs a condition', async (clinic) => {
    await clinic.expect(204, tAw, 'DELETE', '/Observation?value-quantity=5');
    assert.equal((await clinic.admin('GET', '/Observation/vitA')).status, 410);
    assert.equal((await clinic.admin('GET', '/Observation/vitB')).status, 200);
    await clinic.expect(204, tAw, 'DELETE', '/Observation?identifier=urn:obs|secret-B');
    const { status } = await clinic.ask(tAw, 'DELETE', '/Observation');
    assert.ok(status === 400 || status === 412, String(status));
    await unharmed(clinic);
  }),
  writes('C11', 'several matches are counted among what is visible', async (clinic) => {
    const body = [{ op: 'add', path: '/language', value: 'de' }];
    // One laboratory value of A, one of B.
    await clinic.expect(200, tAw, 'PATCH', '/Observation?category=laboratory', { body });
    await clinic.expect(412, tAw, 'PATCH', '/Observation?status=final', { body });
    await unharmed(clinic);
  }),
  writes('C12', 'If-Match is held to, and must be readable', async ({ expect, ask }) => {
    await expect(200, tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A'), headers: { 'if-match': 'W/"1"' } });
    await expect(412, tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A'), headers: { 'if-match': 'W/"1"' } });
    assert.equal((await ask(tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A'), headers: { 'if-match': '*' } })).status, 200);
    const { status } = await ask(tAw, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A'), headers: { 'if-match': 'garbage' } });
    assert.ok(status === 400 || status === 412, String(status));
  }),
  writes('C13', 'a transaction with one entry beyond reach stores nothing', async (clinic) => {
    const before = await versionsOf(clinic);
    await clinic.absent(tAw, 'POST', '/', obsB, { body: bundle('transaction', entry('POST', 'Observation', observation(undefined, 'A')), entry('PUT', 'Observation/obsB', observation('obsB', 'A'))) });
    assert.equal(await versionsOf(clinic), before);
  }),
  writes('C14', 'in a batch each entry is answered for itself', async (clinic) => {
    const { text } = await clinic.expect(200, tAw, 'POST', '/', { body: bundle('batch', entry('POST', 'Observation', observation(undefined, 'A')), entry('PUT', 'Observation/obsB', observation('obsB', 'A')), entry('GET', 'Observation/obsB'), entry('GET', 'Patient/A'), entry('DELETE', 'Encounter?_id=encB')) });
    assert.deepEqual(statusesOf(text), ['201', '404', '404', '200', '204']);
    await unharmed(clinic);
  }),
  writes('C15', 'an entry leads nowhere but below the base', async (clinic) => {
    const before = await versionsOf(clinic);
    for (const url of ['http://evil.example/Patient/1', '//evil.example/Patient/A', '../admin', 'Patient/$export', '?', '%2e%2e/admin', 'Observation/../Patient/B', 'http://clinic.example/other/Patient/A']) {
      const { status, text } = await clinic.ask(tAw, 'POST', '/', { body: bundle('batch', entry('GET', url)) });
      assert.ok(status === 400 || /^[34]/.test(statusesOf(text)[0] ?? '4') || (url === '?' && status === 200), `${url}: ${text}`);
      assert.doesNotMatch(text, /Smith|secret-B/);
    }
    assert.equal(await versionsOf(clinic), before);
  }),
  writes('C16', 'nested bundles are none, and a patch or a read in a bundle is one outside of it', async (clinic) => {
    const inner = bundle('transaction', entry('DELETE', 'Observation/obsA'));
    const nested = await clinic.ask(tAw, 'POST', '/', { body: bundle('batch', entry('POST', '', inner), entry('POST', '/', inner)) });
    assert.ok(nested.status >= 400 || statusesOf(nested.text).every((status) => status.startsWith('4')), nested.text);
    assert.equal((await clinic.admin('GET', '/Observation/obsA')).status, 200);
    const patch = { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from('[{"op":"replace","path":"/subject/reference","value":"Patient/B"}]').toString('base64') };
    for (const kind of ['batch', 'transaction'] as const) {
      const { status, text } = await clinic.ask(tAw, 'POST', '/', { body: bundle(kind, entry('PATCH', 'Observation/obsA', patch)) });
      assert.equal(kind === 'batch' ? statusesOf(text)[0] : String(status), '403', text);
    }
    assert.equal((await clinic.absent(tAw, 'POST', '/', ['Patient/B', 'Patient/X'], { body: bundle('transaction', entry('GET', 'Patient/B')) })).status, 404);
  }),
  writes('C17', 'a bundle has the rights of its entries', async (clinic) => {
    const { text } = await clinic.expect(200, patientToken('A', 'patient/*.c'), 'POST', '/', { body: bundle('batch', entry('GET', 'Patient/A'), entry('POST', 'Observation', observation(undefined, 'A'))) });
    assert.deepEqual(statusesOf(text), ['403', '201']);
    for (const one of [entry('POST', 'Observation', observation(undefined, 'A')), entry('DELETE', 'Observation/obsA'), entry('DELETE', 'Observation?_id=obsA')]) await clinic.expect(403, tA, 'POST', '/', { body: bundle('transaction', one) });
  }),
  writes('C18', 'entries that overlap are refused, and a conditional reference finds one\'s own only', async (clinic) => {
    const made = observation(undefined, 'A');
    const twice = bundle('transaction', { fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1', ...entry('POST', 'Observation', made) }, { fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1', ...entry('POST', 'Observation', made) });
    await clinic.expect(400, tAw, 'POST', '/', { body: twice });
    await clinic.expect(400, tAw, 'POST', '/', { body: bundle('transaction', entry('PUT', 'Observation/obsA', observation('obsA', 'A')), entry('PUT', 'Observation/obsA', observation('obsA', 'A'))) });
    const mrn = (letter: string): Resource => bundle('transaction', entry('POST', 'Observation', observation(undefined, 'A', { focus: [reference(`Patient?identifier=mrn-${letter}`)] })));
    await clinic.absent(tAw, 'POST', '/', ['mrn-B', 'mrn-X'], { body: mrn('B') });
    await clinic.expect(200, tAw, 'POST', '/', { body: mrn('A') });
    assert.ok((await clinic.ask(tAw, 'POST', '/', { body: mrn('B') })).status >= 400);
  }),
  writes('C19', 'too many or too large entries store nothing', async (clinic) => {
    const before = await versionsOf(clinic);
    const many = bundle('transaction', ...Array.from({ length: 10_001 }, () => entry('POST', 'Observation', observation(undefined, 'A'))));
    const { status } = await clinic.ask(tAw, 'POST', '/', { body: many });
    assert.ok(status === 413 || status === 422 || status === 400, String(status));
    const huge = await clinic.ask(tAw, 'POST', '/', { body: bundle('transaction', entry('POST', 'Observation', observation(undefined, 'A', { note: [{ text: 'x'.repeat(60_000_000) }] }))) }).catch(() => ({ status: 413 }));
    assert.ok(huge.status === 413 || huge.status === 422, String(huge.status));
    assert.equal(await versionsOf(clinic), before);
  }),
  writes('C20', 'the server\'s version and time win over those that are sent', async ({ expect, admin }) => {
    const { text } = await expect(201, tAw, 'POST', '/Observation', { body: observation('mine', 'A', { meta: { versionId: '99', lastUpdated: '2099-01-01T00:00:00Z' } }) });
    assert.doesNotMatch(text, /2099|"99"|"mine"/);
    await admin('PUT', '/Observation/obsR', { body: observation('obsR', 'A', { meta: { tag: [{ code: 't' }] } }) });
    await expect(200, tAw, 'PUT', '/Observation/obsR', { body: observation('obsR', 'A', { meta: { tag: [{ code: 't' }] } }) });
    const labelled = (code?: string): Resource => observation('obsL', 'A', code === undefined ? {} : { meta: { security: [sensitivityLabel(code)] } });
    await admin('PUT', '/Observation/obsL', { body: labelled('HIV') });
    await expect(200, tAw, 'PUT', '/Observation/obsL', { body: labelled('HIV') });
    for (const code of [undefined, 'PSY']) await expect(403, tAw, 'PUT', '/Observation/obsL', { body: labelled(code) });
    await expect(403, tAw, 'POST', '/Observation', { body: { ...labelled('HIV'), id: undefined } });
  }),
  writes('C21', 'names that FHIR does not know are refused', async (clinic) => {
    for (const name of ['_owner', '_access', '_id', '__v', '$set', '_search']) await clinic.expect(422, tAw, 'POST', '/Observation', { body: { ...observation(undefined, 'A'), [name]: name.startsWith('_') ? { a: 1 } : 'x' } }).catch(async () => clinic.expect(400, tAw, 'POST', '/Observation', { body: { ...observation(undefined, 'A'), [name]: 'x' } }));
  }),
  writes('C22', 'a patient\'s app makes no resource that would rule over others', async (clinic) => {
    const made: readonly Resource[] = [
      { resourceType: 'Group', type: 'person', actual: true }, { resourceType: 'SearchParameter', url: 'http://x.example/s', name: 'X', status: 'active', description: 'x', code: 'x', base: ['Patient'], type: 'string', expression: 'Patient.name' }, { resourceType: 'StructureDefinition', url: 'http://x.example/d', name: 'X', status: 'active', kind: 'resource', abstract: false, type: 'Patient' },
      { resourceType: 'Subscription', status: 'requested', reason: 'x', criteria: 'Observation?', channel: { type: 'rest-hook', endpoint: 'https://x.example/' } }, { resourceType: 'Organization', name: 'x' }, { resourceType: 'Practitioner' }, { resourceType: 'PractitionerRole' }, { resourceType: 'ValueSet', status: 'active' },
      { resourceType: 'Provenance', target: [reference('Observation/obsB')], recorded: '2026-01-01T00:00:00Z', agent: [{ who: reference('Practitioner/P') }] },
    ];
    for (const body of made) await clinic.expect(403, tAw, 'POST', `/${body.resourceType}`, { body });
    const event = { resourceType: 'AuditEvent', type: { code: 'rest' }, recorded: '2026-01-01T00:00:00Z', agent: [{ requestor: false, who: reference('Patient/A') }], source: { observer: reference('Device/devN') } };
    for (const viewer of [tAw, tS]) {
      const { status } = await clinic.ask(viewer, 'POST', '/AuditEvent', { body: event });
      assert.ok(status === 403 || status === 405, String(status));
    }
    assert.equal((await clinic.ask(tAw, 'POST', '/Client', { body: {} })).status, 404);
  }),
  writes('C23', 'no resource of one\'s own opens the record of another', async (clinic) => {
    const consent = (patient: string): Resource => ({ resourceType: 'Consent', status: 'active', scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] }, category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }], patient: reference(`Patient/${patient}`), policyRule: { text: 'x' }, provision: { type: 'permit', actor: [{ role: { text: 'x' }, reference: reference('Patient/A') }], data: [{ meaning: 'related', reference: reference('Patient/B') }] } });
    await clinic.expect(403, tAw, 'POST', '/Consent', { body: consent('B') });
    await clinic.ask(tAw, 'POST', '/Consent', { body: consent('A') });
    await clinic.ask(tAw, 'POST', '/Group', { body: { resourceType: 'Group', type: 'person', actual: true, member: [{ entity: reference('Patient/A') }, { entity: reference('Patient/B') }] } });
    await clinic.ask(tAw, 'POST', '/RelatedPerson', { body: { resourceType: 'RelatedPerson', patient: reference('Patient/A') } });
    await clinic.expect(403, tAw, 'POST', '/Appointment', { body: { resourceType: 'Appointment', status: 'proposed', participant: [{ actor: reference('Patient/A'), status: 'accepted' }, { actor: reference('Patient/B'), status: 'accepted' }] } });
    for (const path of ['/Patient/B', '/Observation/obsB']) await clinic.absent(tAw, 'GET', path, [path.slice(1), `${path.slice(1, -1)}X`]);
    assert.deepEqual(await clinic.found(tAw, '/Patient'), ['Patient/A']);
    assert.deepEqual((await clinic.found(tAw, '/Observation')).filter((name) => name.endsWith('B') && name !== 'Observation/obsAfB'), []);
  }),
  writes('C24', 'links to another patient are refused or give nothing', async (clinic) => {
    const patient = { resourceType: 'Patient', id: 'A', link: [{ other: reference('Patient/B'), type: 'replaces' }] };
    const one = await clinic.ask(tAw, 'PUT', '/Patient/A', { body: patient });
    const other = await clinic.ask(tAw, 'PUT', '/Patient/A', { body: { ...patient, link: [{ other: reference('Patient/X'), type: 'replaces' }] } });
    assert.equal(one.status, other.status);
    const person = (letter: string): Resource => ({ resourceType: 'Person', link: [{ target: reference(`Patient/${letter}`) }, { target: reference('Patient/A') }] });
    assert.equal((await clinic.ask(tAw, 'POST', '/Person', { body: person('B') })).status, (await clinic.ask(tAw, 'POST', '/Person', { body: person('X') })).status);
    await clinic.absent(tAw, 'GET', '/Patient/B', ['Patient/B', 'Patient/X']);
    await clinic.absent(tAw, 'GET', '/Patient/B/$everything', ['Patient/B', 'Patient/X']);
  }),
  writes('C25', 'of two updates of one version exactly one is stored (1,000 times in test:fault)', (clinic) => holdOneWins(clinic, 50)),
  writes('C26', 'what one patient deleted another does not bring back', async (clinic) => {
    await clinic.expect(204, tBw, 'DELETE', '/Observation/obsB');
    assert.equal((await clinic.absent(tAw, 'PUT', '/Observation/obsB', obsB, { body: observation('obsB', 'A') })).status, 404);
    assert.equal((await clinic.absent(tAw, 'GET', '/Observation/obsB', obsB)).status, 404);
    await clinic.expect(410, tB, 'GET', '/Observation/obsB');
    assert.equal((await clinic.service.store.read({ type: 'Observation', id: 'obsB' }))?.version, 2);
  }),
  writes('C-replay', 'an answer that is kept is not shown again to who may not see it any more', async (clinic) => {
    const once = { body: observation(undefined, 'A', { note: [{ text: 'kept' }] }), headers: { 'idempotency-key': 'once' } };
    const first = await clinic.expect(201, tAw, 'POST', '/Observation', once);
    const id = (JSON.parse(first.text) as Resource).id ?? '';
    assert.match((await clinic.expect(201, tAw, 'POST', '/Observation', once)).text, /kept/);
    await clinic.admin('PUT', `/Observation/${id}`, { body: observation(id, 'B') });
    const again = await clinic.expect(201, tAw, 'POST', '/Observation', once);
    assert.equal(again.text, '');
  }),
  writes('C-referrers', 'a delete does not tell of hidden resources that refer to what is deleted', async (clinic) => {
    const headers = { prefer: 'return=OperationOutcome' };
    await clinic.admin('PUT', '/Observation/vitC', { body: observation('vitC', 'A') });
    await clinic.admin('PUT', '/Observation/vitD', { body: observation('vitD', 'A') });
    await clinic.admin('PUT', '/List/lisD', { body: { resourceType: 'List', id: 'lisD', status: 'current', mode: 'working', subject: reference('Patient/B'), entry: [{ item: reference('Observation/vitC') }] } });
    await clinic.absent(tAw, 'DELETE', '/Observation/vitC', ['vitC', 'vitD'], { headers });
  }),
  writes('C-unread', 'who may change and not read is shown nothing of what was there', async ({ ask }) => {
    const token = patientToken('A', 'patient/Observation.u');
    const body = [{ op: 'add', path: '/language', value: 'de' }];
    for (const headers of [{ 'x-dry-run': 'true' }, { prefer: 'return=representation' }, { prefer: 'return=OperationOutcome' }] as const) {
      const { status, text } = await ask(token, 'PATCH', '/Observation/obsA', { body, headers: { ...headers } });
      assert.equal(status, 200);
      assert.doesNotMatch(text, /secret-A|laboratory|language/);
    }
    const put = await ask(token, 'PUT', '/Observation/obsA', { body: observation('obsA', 'A'), headers: { 'x-dry-run': 'true' } });
    assert.doesNotMatch(put.text, /category|identifier/);
  }),
];
