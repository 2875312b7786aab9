/** Section B: reading and searching past the compartment. */
import { strict as assert } from 'node:assert';
import { anonymousViewer } from '../../src/access/viewer.js';
import { reads, writes, type AccessCase } from './case.js';
import { categorySystem, denialOf, observation, reference, sensitivityLabel, tokens } from './clinic.js';
import { patientToken, serviceToken } from './viewers.js';

const { tA, tAlab, tAobs, tApat, tS, tU, tAw } = tokens;
const B: readonly [string, string] = ['Patient/B', 'Patient/X'];
const obsB: readonly [string, string] = ['obsB', 'obsX'];

const isEmpty = (text: string): boolean => !text.includes('"fullUrl"');
const totalOf = (text: string): number | undefined => (JSON.parse(text) as { total?: number }).total;
const nextOf = (text: string): string | undefined => /"relation":"next","url":"http:\/\/clinic\.example\/fhir([^"]+)"/.exec(text)?.[1];

/** One letter, what it gives, and what it does not. */
const letterCases: readonly (readonly [string, string, string, unknown?])[] = [
  ['r', 'GET', '/Observation/obsA'], ['r', 'GET', '/Observation/obsA/_history/1'], ['r', 'GET', '/Observation/obsA/_history'], ['s', 'GET', '/Observation'], ['s', 'GET', '/Patient/A/Observation'],
  ['c', 'POST', '/Observation', observation(undefined, 'A')], ['u', 'PUT', '/Observation/obsA', observation('obsA', 'A')], ['u', 'PATCH', '/Observation/obsA', [{ op: 'add', path: '/language', value: 'de' }]], ['rs', 'GET', '/Observation/$lastn?patient=Patient/A'], ['r', 'GET', '/Observation/obsA/$meta'], ['d', 'DELETE', '/Observation/vitA'],
];

/** Scopes, and which of [obsA (laboratory), vitA, Patient/A] can be read by id and found. */
const scopeTruths: readonly (readonly [string, string, string])[] = [
  ['patient/Observation.rs', 'oo-', 'oo-'], ['patient/Observation.r', 'oo-', '---'], ['patient/Observation.s', '---', 'oo-'], ['patient/Observation.cud', '---', '---'], ['patient/*.rs', 'ooo', 'ooo'], ['patient/*.r', 'ooo', '---'],
  [`patient/Observation.rs?category=${categorySystem}|laboratory`, 'o--', 'o--'], [`patient/Observation.rs?category=${categorySystem}|vital-signs`, '-o-', '-o-'], [`patient/Observation.r?category=${categorySystem}|laboratory`, 'o--', '---'],
  [`patient/Observation.rs?category=${categorySystem}|laboratory patient/Patient.r`, 'o-o', 'o--'], [`patient/Observation.rs?category=${categorySystem}|laboratory patient/Observation.rs?category=${categorySystem}|vital-signs`, 'oo-', 'oo-'],
  [`patient/Observation.r?category=${categorySystem}|laboratory patient/Observation.s`, 'o--', 'oo-'], [`patient/Observation.rs?category=${categorySystem}|laboratory&status=final`, 'o--', 'o--'], [`patient/Observation.rs?category=${categorySystem}|laboratory&status=amended`, '---', '---'],
  ['patient/Observation.read', 'oo-', 'oo-'], ['patient/Observation.write', '---', '---'], ['patient/*.*', 'ooo', 'ooo'], ['patient/Patient.read', '--o', '--o'], ['patient/Patient.rs patient/Observation.rs', 'ooo', 'ooo'], ['patient/Condition.rs', '---', '---'],
  ['user/Observation.rs', 'oo-', 'oo-'], ['patient/Observation.rs?status=final', 'oo-', 'oo-'], ['patient/Observation.rs?subject=Patient/B', '---', '---'], ['patient/Observation.rs?nonsense=1', '---', '---'],
];

export const sectionB: readonly AccessCase[] = [
  reads('B1', 'another patient and what is theirs are as absent as what never was', async ({ absent, expect }) => {
    assert.equal((await absent(tA, 'GET', '/Patient/B', B)).status, 404);
    for (const [type, hidden, none] of [['Observation', 'obsB', 'obsX'], ['Encounter', 'encB', 'encX'], ['Condition', 'conB', 'conX'], ['DocumentReference', 'docB', 'docX'], ['Group', 'groB', 'groX'], ['List', 'lisB', 'lisX'], ['Provenance', 'proB', 'proX']] as const) assert.equal((await absent(tA, 'GET', `/${type}/${hidden}`, [hidden, none])).status, 404);
    await expect(200, tA, 'GET', '/Observation/obsA');
  }),
  reads('B2', 'a focus puts nothing into the compartment', async ({ absent }) => { assert.equal((await absent(tA, 'GET', '/Observation/obsBfA', ['obsBfA', 'obsXfA'])).status, 404); }),
  reads('B4', 'a search by another patient finds nothing, in whatever form they are named', async ({ absent }) => {
    for (const query of ['patient=B', 'patient=Patient/B', 'subject=Patient/B', 'subject:Patient=B', 'subject=http://clinic.example/fhir/Patient/B', 'subject=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6eB']) {
      const { status, text } = await absent(tA, 'GET', `/Observation?${query}`, [query, query.replace(/B$/, 'X')]);
      assert.ok(status === 403 || isEmpty(text), text);
    }
  }),
  reads('B5', 'all patients are the one in context', async ({ ask, found }) => {
    assert.deepEqual(await found(tA, '/Patient'), ['Patient/A']);
    assert.deepEqual(await found(tA, '/?_type=Patient,Encounter'), ['Encounter/encA', 'Patient/A']);
    assert.equal(totalOf((await ask(tA, 'GET', '/Patient?_id=A,B&_total=accurate')).text), 1);
  }),
  reads('B6', 'the compartment of another is as absent as that of nobody, and the one of who cares shows one\'s own', async ({ absent, found }) => {
    // What is A's own and refers to B is A's: the Patient, and the records of A's own accesses.
    assert.deepEqual((await found(tA, '/Patient/B/*')).filter((name) => !name.startsWith('AuditEvent/')), ['Patient/A']);
    for (const path of ['/Patient/B/Observation', '/Patient/B/Condition?code=c1', '/Patient/B/Observation?_include=*']) await absent(tA, 'GET', path, B);
    await absent(tA, 'GET', '/Encounter/encB/Observation', ['encB', 'encX']);
    assert.deepEqual(await found(tA, '/Practitioner/P/Patient'), ['Patient/A']);
  }),
  reads('B7', '_revinclude brings nothing hidden along', async ({ found }) => { assert.deepEqual(await found(tA, '/Patient?_id=A&_revinclude=Observation:focus'), ['Patient/A']); }),
  reads('B8', '_include brings nothing hidden along', async ({ found }) => {
    for (const include of ['Observation:focus', 'Observation:has-member', 'Observation:*', '*']) assert.ok(!(await found(tA, `/Observation?_id=obsAfB&_include=${include}`)).some((name) => /\/(B|obsB)$/.test(name)), include);
  }),
  writes('B8-version', 'a version that a reference names comes along only where it may be read', async ({ admin, found, ask }) => {
    for (const patient of ['B', 'A']) await admin('PUT', '/Observation/moved', { body: observation('moved', patient) });
    for (const language of ['de', 'fr']) await admin('PUT', '/Observation/kept', { body: observation('kept', 'A', { language }) });
    await admin('PUT', '/Observation/own', { body: observation('own', 'A', { focus: [reference('Patient/B/_history/1')], hasMember: [reference('Observation/moved/_history/1'), reference('Observation/kept/_history/1')] }) });
    const path = '/Observation?_id=own&_include=Observation:focus&_include=Observation:has-member';
    assert.deepEqual(await found(tA, path), ['Observation/kept', 'Observation/moved', 'Observation/own']);
    const { text } = await ask(tA, 'GET', path);
    assert.doesNotMatch(text, /"subject":\{"reference":"Patient\/B"\}/);
    assert.match(text, /"language":"de"/);
    assert.deepEqual(await found(patientToken('A', 'patient/*.s'), path), ['Observation/own']);
  }),
  reads('B9', ':iterate ends, and reaches nothing behind what is hidden', async ({ found }) => {
    const names = await found(tA, '/Observation?_id=obsA,obsAfB&_include=Observation:encounter&_include=Observation:has-member&_include:iterate=Encounter:part-of&_include:iterate=Encounter:subject&_revinclude:iterate=Encounter:part-of');
    assert.deepEqual(names.filter((name) => name.endsWith('B') && name !== 'Observation/obsAfB'), []);
  }),
  reads('B10', 'reverse includes of every kind show one\'s own only', async ({ found, ask }) => {
    for (const query of ['/Observation?_id=obsA&_revinclude=Provenance:target&_revinclude=List:item', '/Patient?_id=A&_revinclude=AuditEvent:entity&_revinclude=Group:member&_revinclude=Composition:entry']) assert.deepEqual((await found(tA, query)).filter((name) => /B$/.test(name)), []);
    const { status, text } = await ask(tA, 'GET', '/Patient?_id=A&_revinclude=*:*');
    assert.ok(status === 400 || (!text.includes('"id":"obsB') && !text.includes('"id":"lisB"')), text);
  }),
  reads('B11', 'what is brought along needs a scope of its own', async ({ found }) => {
    assert.deepEqual(await found(tAobs, '/Observation?_id=obsA&_include=Observation:subject'), ['Observation/obsA']);
    assert.deepEqual(await found(tApat, '/Patient?_id=A&_revinclude=Observation:subject'), ['Patient/A']);
  }),
  reads('B12', 'a chain needs the right to search what it goes through, whatever it matches', async ({ expect }) => {
    for (const query of ['patient.name=Smith', 'subject:Patient.birthdate=gt1960', 'patient.name=Nobody', '_filter=patient.name%20eq%20Smith', 'encounter.subject:Patient.name=Lin']) await expect(403, tAobs, 'GET', `/Observation?${query}`);
  }),
  reads('B13', '_has needs the right to search what refers, whatever its values', async ({ expect, found }) => {
    for (const value of ['1', '3', '9']) await expect(403, tApat, 'GET', `/Patient?_has:Observation:patient:value-quantity=gt${value}`);
    // Of another patient no value can be found out by halves.
    for (const value of ['2', '6', '8']) assert.deepEqual(await found(tA, `/Patient?_id=B&_has:Observation:patient:value-quantity=gt${value}`), []);
  }),
  reads('B14', '_has goes through one\'s own resources only', async ({ found }) => {
    assert.deepEqual(await found(tA, '/Patient?_has:Encounter:subject:_has:Condition:encounter:code=c1'), ['Patient/A']);
    // obsA is on a list of B's, and has a Provenance of B's: neither is there for A.
    for (const query of ['_has:List:item:status=current', '_has:Provenance:target:recorded=gt2000', '_has:List:item:subject:Patient.name=Smith']) assert.deepEqual(await found(tA, `/Observation?${query}`), []);
  }),
  reads('B15', 'a chain whose far end is hidden finds nothing', async ({ found, absent }) => {
    assert.deepEqual(await found(tA, '/Encounter?part-of.subject:Patient.name=Smith'), []);
    for (const query of ['part-of.class=AMB', 'part-of:Encounter.status=finished', 'part-of:Encounter._id=encB']) assert.deepEqual(await found(tA, `/Encounter?${query}`), []);
    await absent(tA, 'GET', '/Observation?has-member:Observation._id=obsB', obsB);
    assert.deepEqual(await found(tA, '/Encounter?subject:Patient.general-practitioner.name=Healer'), ['Encounter/encA']);
  }),
  reads('B16', 'totals count what is visible', async ({ ask }) => {
    for (const query of ['_total=accurate', '_total=estimate', '_summary=count', '_count=0', '_total=accurate&_count=1', '_total=estimate&_count=1', 'value-quantity=gt1&_summary=count']) assert.equal(totalOf((await ask(tA, 'GET', `/Observation?${query}`)).text), query.startsWith('value') ? 2 : 3, query);
  }),
  reads('B17', 'sorted pages have no holes where something is hidden', async ({ ask, service }) => {
    const seen: string[] = [];
    for (let path: string | undefined = '/Observation?_sort=-value-quantity&_count=1'; path !== undefined;) {
      const { text }: { readonly text: string } = await ask(tA, 'GET', path);
      const ids = [...text.matchAll(/"fullUrl":"[^"]+\/Observation\/([^"]+)"/g)].map(([, id = '']) => id);
      assert.equal(ids.length, 1);
      seen.push(...ids);
      path = nextOf(text);
    }
    assert.deepEqual(seen, ['vitA', 'obsA', 'obsAfB']);
    assert.equal(service.options.pageSize, 20);
  }),
  reads('B18', 'a page link is of one token: another\'s, a changed one or one of another search gives no data', async ({ ask, expect }) => {
    const { text } = await ask(tS, 'GET', '/Observation?_count=1');
    const next = nextOf(text) ?? '';
    assert.match(next, /_page=/);
    assert.ok((await ask(tA, 'GET', next)).status >= 400);
    assert.ok((await ask(tS, 'GET', next.replace(/(_page=.{20})(.)/, (_, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A')))).status >= 400);
    assert.ok((await ask(tS, 'GET', next.replace('/Observation', '/Encounter'))).status >= 400);
    await expect(401, anonymousViewer, 'GET', next);
    await expect(200, tS, 'GET', next);
    const history = nextOf((await ask(tA, 'GET', '/Observation/obsA/_history?_count=1')).text);
    if (history !== undefined) assert.ok((await ask(tS, 'GET', history)).status >= 400);
  }),
  reads('B19', 'a narrowed scope shows what its parameters say, everywhere', async ({ absent, found, expect, ask }) => {
    for (const query of ['', '?_id=obsA,vitA', '?category:not=vital-signs']) assert.deepEqual(await found(tAlab, `/Observation${query}`), ['Observation/obsA']);
    for (const query of ['category=vital-signs', 'category:not=laboratory', 'category:missing=true', '_id=vitA']) assert.deepEqual(await found(tAlab, `/Observation?${query}`), []);
    assert.equal((await absent(tAlab, 'GET', '/Observation/vitA', ['vitA', 'vitX'])).status, 404);
    for (const path of ['/Observation/vitA/_history', '/Observation/vitA/_history/1', '/Observation/vitA/$meta']) await absent(tAlab, 'GET', path, ['vitA', 'vitX']);
    await expect(200, tAlab, 'GET', '/Observation/obsA');
    assert.equal(totalOf((await ask(tAlab, 'GET', '/Observation?_summary=count')).text), 1);
    assert.deepEqual(await found(tAlab, '/Observation/$lastn?patient=Patient/A&max=9'), ['Observation/obsA']);
  }),
  reads('B20', 'scopes are put together: each gives what it says, none takes away (24 sets)', async ({ ask }) => {
    for (const [scope, readable, findable] of scopeTruths) {
      const token = patientToken('A', scope);
      const names = ['Observation/obsA', 'Observation/vitA', 'Patient/A'];
      let [read, find] = ['', ''];
      for (const name of names) {
        const [type = '', id = ''] = name.split('/');
        read += (await ask(token, 'GET', `/${name}`)).status === 200 ? 'o' : '-';
        const { status, text } = await ask(token, 'GET', `/${type}?_id=${id}`);
        find += status === 200 && !isEmpty(text) ? 'o' : '-';
      }
      assert.deepEqual([scope, read, find], [scope, readable, findable]);
    }
  }),
  writes('B21', 'each missing letter is refused, and no other letter helps', async ({ ask }) => {
    for (const [needed, method, path, body] of letterCases) {
      for (const letter of needed) {
        const { status, text } = await ask(serviceToken(`system/Observation.${[...'cruds'].filter((each) => each !== letter).join('')}`), method, path, { body });
        assert.equal(status, 403, `${method} ${path} without ${letter}: ${text.slice(0, 200)}`);
      }
      const { status, text } = await ask(serviceToken(`system/Observation.${[...'cruds'].filter((each) => needed.includes(each)).join('')}`), method, path, { body });
      assert.ok(status < 300, `${method} ${path} with ${needed}: ${text.slice(0, 200)}`);
    }
    assert.equal((await ask(patientToken('A', 'patient/*.r'), 'GET', '/Patient/A/$everything')).status, 403);
  }),
  writes('B22', 'scopes of version 1 are .rs, .cud and .cruds exactly', async ({ ask }) => {
    const can = async (scope: string): Promise<string> => {
      const token = serviceToken(scope);
      const tries: readonly (readonly [string, string, string, unknown?])[] = [['c', 'POST', '/Observation', observation(undefined, 'A')], ['r', 'GET', '/Observation/obsA'], ['u', 'PUT', '/Observation/obsA', observation('obsA', 'A')], ['d', 'DELETE', '/Observation/vitB'], ['s', 'GET', '/Observation']];
      let letters = '';
      for (const [letter, method, path, body] of tries) if ((await ask(token, method, path, { body })).status < 300) letters += letter;
      return letters;
    };
    assert.equal(await can('system/Observation.read'), 'rs');
    assert.equal(await can('system/Observation.write'), 'cud');
    assert.equal(await can('system/Observation.*'), 'cruds');
  }),
  reads('B23', 'devices are one\'s own and those of nobody', async ({ found, absent }) => {
    assert.deepEqual(await found(tA, '/Device'), ['Device/devA', 'Device/devN']);
    assert.deepEqual(await found(tA, '/Device?patient:missing=true'), ['Device/devN']);
    assert.deepEqual(await found(tA, '/Device?patient=B'), []);
    assert.equal((await absent(tA, 'GET', '/Device/devB', ['devB', 'devX'])).status, 404);
  }),
  reads('B24', 'a Patient that is linked is another person\'s record', async ({ absent, found }) => {
    assert.equal((await absent(tA, 'GET', '/Patient/B', B)).status, 404);
    assert.deepEqual(await found(tA, '/Patient?_id=A&_include=Patient:link'), ['Patient/A']);
    assert.deepEqual(await found(tA, '/Patient?link:Patient.name=Smith'), []);
  }),
  reads('B25', 'parameters of body and URL are both meant; other bodies are refused', async ({ ask, found, expect }) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.deepEqual(await found(tA, '/Observation/_search?patient=A', { body: 'patient=B', headers: form }), []);
    assert.deepEqual(await found(tA, '/Observation/_search?patient=B', { body: 'patient=A', headers: form }), []);
    assert.deepEqual(await found(tS, '/Observation/_search?patient=B', { body: 'patient=A', headers: form }), []);
    await expect(415, tA, 'POST', '/Observation/_search', { body: { patient: 'B' }, headers: { 'content-type': 'application/json' } });
    const slash = await ask(tA, 'POST', '/Observation/_search/', { body: 'patient=B', headers: form });
    assert.ok(slash.status >= 400 || isEmpty(slash.text), slash.text);
  }),
  reads('B26', 'conditions tell nothing of what is hidden', async ({ absent }) => {
    for (const headers of [{ 'if-none-match': 'W/"1"' }, { 'if-none-match': 'W/"3"' }, { 'if-none-match': '*' }, { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }]) assert.equal((await absent(tA, 'GET', '/Observation/obsB', obsB, { headers })).status, 404);
  }),
  reads('B27', 'HEAD tells what GET tells', async ({ absent, ask }) => {
    for (const [path, hidden] of [['/Patient/B', B], ['/Observation/obsB', obsB], ['/Observation?patient=B', ['patient=B', 'patient=X']], ['/Patient/B/Observation', B]] as const) {
      const head = await absent(tA, 'HEAD', path, hidden);
      const get = await ask(tA, 'GET', path);
      assert.deepEqual([head.status, head.headers['content-length'], head.headers.etag], [get.status, get.headers['content-length'], get.headers.etag]);
    }
  }),
  reads('B28', 'no form of answer shows more', async ({ absent, ask }) => {
    for (const query of ['?_elements=subject', '?_summary=text', '?_format=html', '?_format=application/fhir%2Bxml', '?_pretty=true']) await absent(tA, 'GET', `/Observation/obsB${query}`, obsB);
    assert.ok((await absent(tA, 'GET', '/Observation/obsB', obsB, { headers: { accept: 'text/html' } })).status >= 400);
    const { text } = await ask(tA, 'GET', '/Observation/obsA?_elements=status');
    assert.ok(!text.includes('secret-A'));
  }),
  writes('B29', 'a contained resource gives no rights, and is not found for what it holds', async ({ admin, absent, found, ask }) => {
    await admin('PUT', '/Observation/obsC', { body: observation('obsC', undefined, { subject: reference('#p'), contained: [{ resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:mrn', value: 'mrn-A' }], name: [{ family: 'Contained' }] }] }) });
    await admin('PUT', '/Observation/obsD', { body: observation('obsD', 'A', { contained: [{ resourceType: 'Patient', id: 'A', name: [{ family: 'Contained' }] }] }) });
    await admin('PUT', '/Observation/obsE', { body: observation('obsE', 'B', { contained: [{ resourceType: 'Patient', id: 'A', name: [{ family: 'Contained' }] }, observation('x', 'A')] }) });
    for (const id of ['obsC', 'obsE']) assert.equal((await absent(tA, 'GET', `/Observation/${id}`, [id, 'obsX'])).status, 404);
    assert.deepEqual(await found(tA, '/Patient?name=Contained'), []);
    for (const query of ['/Patient?name=Contained&_contained=true', '/Patient?_contained=both', '/Observation?_contained=true', '/Observation?_contained=both', '/Patient?_contained=true&_containedType=contained', '/?_type=Patient&_contained=true']) {
      const { status, text } = await ask(tA, 'GET', query);
      assert.ok(status >= 400 || !/obsE|obsC/.test(text), `${query}: ${text}`);
    }
  }),
  writes('B30', 'only a literal reference to the patient of this server is membership', async ({ admin, absent, expect }) => {
    const subjects: readonly (readonly [string, object])[] = [['obsF', { reference: 'http://evil.example/fhir/Patient/A' }], ['obsG', { type: 'Patient', identifier: { system: 'urn:mrn', value: 'mrn-A' } }], ['obsH', { reference: 'Group/A' }], ['obsI', { display: 'Patient/A' }], ['obsJ', { reference: 'https://clinic.example/fhir/Patient/A' }], ['obsK', { reference: 'urn:uuid:A' }]];
    for (const [id, subject] of subjects) {
      await admin('PUT', `/Observation/${id}`, { body: { ...observation(id, undefined), subject } });
      assert.equal((await absent(tA, 'GET', `/Observation/${id}`, [id, 'obsX'])).status, 404, JSON.stringify(subject));
    }
    for (const [id, text] of [['obsL', 'http://clinic.example/fhir/Patient/A'], ['obsM', 'Patient/A']] as const) {
      await admin('PUT', `/Observation/${id}`, { body: observation(id, undefined, { subject: reference(text) }) });
      await expect(200, tA, 'GET', `/Observation/${id}`);
    }
  }),
  reads('B31', 'labels, tags and profiles filter what is visible and never widen it', async ({ found }) => {
    for (const query of ['_security=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R', '_tag=x', '_profile=http://p']) assert.deepEqual(await found(tA, `/Observation?${query}`), []);
    for (const query of ['_security:not=R', '_tag:not=x', '_tag:missing=true']) assert.deepEqual(await found(tA, `/Observation?${query}`), ['Observation/obsA', 'Observation/obsAfB', 'Observation/vitA']);
  }),
  reads('B33', 'texts of errors name nothing that is stored', async ({ absent }) => {
    for (const query of ['subject=Patient/B&bogus=1', 'subject=Patient/B&_sort=bogus', 'subject=Patient/B&_include=Bogus:x', 'subject:Nothing=B']) {
      const { text } = await absent(tA, 'GET', `/Observation?${query}`, ['=Patient/B', '=Patient/X'], { headers: { prefer: 'handling=strict' } });
      assert.doesNotMatch(text, /Smith|secret-B|mrn-B/);
    }
  }),
  reads('B34', 'what is public says what the server can do, and nothing of what it holds', async ({ expect }) => {
    for (const path of ['/metadata', '/metadata?mode=terminology']) {
      const { text, headers } = await expect(200, anonymousViewer, 'GET', path);
      assert.doesNotMatch(text, /Smith|secret-|mrn-|\bnode(js)?\b|sqlite|\bexpress\b/i);
      assert.equal(headers['x-powered-by'], undefined);
      assert.equal(headers.server, undefined);
    }
  }),
  reads('B32', 'a practitioner who does not treat the patient finds their record absent', async ({ absent, expect }) => {
    await expect(200, tU, 'GET', '/Patient/A');
    for (const [path, hidden] of [['/Patient/B', B], ['/Observation/obsB', obsB], ['/Patient/B/$everything', B], ['/Patient/B/Observation', B]] as const) await absent(tU, 'GET', path, hidden);
    assert.equal((await absent(tU, 'GET', '/Patient/B', B)).status, 404);
    assert.ok(tAw.kind === 'token');
  }),
  writes('B32-next', 'a relation that ends has ended for the next request', async ({ admin, absent, expect }) => {
    await expect(200, tU, 'GET', '/Observation/obsA');
    await admin('PUT', '/Patient/A', { body: { resourceType: 'Patient', id: 'A' } });
    for (const [path, hidden] of [['/Observation/obsA', ['obsA', 'obsX']], ['/Patient/A', ['Patient/A', 'Patient/X']]] as const) assert.equal((await absent(tU, 'GET', path, hidden)).status, 404);
    await admin('PUT', '/Patient/B', { body: { resourceType: 'Patient', id: 'B', generalPractitioner: [reference('Practitioner/P')] } });
    await expect(200, tU, 'GET', '/Observation/obsB');
  }),
  reads('B-explain', 'how a search was run is told without what it cost', async ({ ask }) => {
    assert.doesNotMatch((await ask(tA, 'GET', '/Observation?_explain=true&code=x')).text, /rows|\d ms/);
    assert.match((await ask(tS, 'GET', '/Observation?_explain=true&code=x')).text, /\d ms/);
  }),
  writes('B-codes', 'value sets that may not be read decide nothing', async ({ admin, absent, ask }) => {
    await admin('PUT', '/ValueSet/vsB', { body: { resourceType: 'ValueSet', id: 'vsB', url: 'http://codes.example/setB', status: 'active', compose: { include: [{ system: 'urn:codes', concept: [{ code: 'c1' }] }] } } });
    for (const [path, hidden] of [['/Condition?code:in=http://codes.example/setB', ['setB', 'setX']], ['/Condition?code:in=ValueSet/vsB', ['vsB', 'vsX']], ['/Condition?code:not-in=http://codes.example/setB', ['setB', 'setX']]] as const) assert.ok((await absent(tA, 'GET', path, hidden)).status >= 400);
    for (const path of ['/ValueSet/$expand?url=http://codes.example/setB', '/ValueSet/vsB/$expand', '/ValueSet/vsB']) assert.equal((await ask(tA, 'GET', path)).status, 403, path);
    assert.equal((await ask(tS, 'GET', '/Condition?code:in=http://codes.example/setB')).status, 200);
  }),
  writes('B-consent', 'what a Consent denies is absent from the next request on, everywhere, and back when it ends', async ({ admin, absent, found, ask, expect }) => {
    await admin('PUT', '/Consent/deny', { body: denialOf('Observation') });
    for (const path of ['/Observation/obsA', '/Observation/obsA/_history', '/Observation/obsA/_history/1', '/Observation/obsA/$meta']) assert.equal((await absent(tA, 'GET', path, ['obsA', 'obsX'])).status, 404);
    for (const path of ['/Observation', '/Patient/A/Observation', '/Observation/$lastn?patient=Patient/A', '/Encounter?_has:Observation:encounter:status=final', '/?_type=Observation']) assert.deepEqual(await found(tA, path), [], path);
    assert.equal(totalOf((await ask(tA, 'GET', '/Observation?_summary=count')).text), 0);
    assert.deepEqual(await found(tA, '/Encounter?_revinclude=Observation:encounter'), ['Encounter/encA']);
    assert.ok(!(await found(tA, '/Patient/A/$everything')).some((name) => name.startsWith('Observation/')));
    await expect(200, tA, 'GET', '/Condition/conA');
    await admin('PUT', '/Consent/deny', { body: denialOf('Observation', 'inactive') });
    await expect(200, tA, 'GET', '/Observation/obsA');
  }),
  writes('B-label', 'a label hides, and asking for it does not show', async ({ admin, absent, found }) => {
    await admin('PUT', '/Observation/obsN', { body: observation('obsN', 'A', { meta: { security: [sensitivityLabel('NOPAT')] } }) });
    assert.equal((await absent(tA, 'GET', '/Observation/obsN', ['obsN', 'obsX'])).status, 404);
    for (const query of ['_security=NOPAT', '_security=http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPAT', '_id=obsN']) assert.deepEqual(await found(tA, `/Observation?${query}`), []);
  }),
];
