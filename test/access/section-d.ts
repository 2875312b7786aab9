/** Section D: history and versions. */
import { strict as assert } from 'node:assert';
import { reads, writes, type AccessCase } from './case.js';
import { category, denialOf, observation, sensitivityLabel, tokens } from './clinic.js';
import { serviceToken } from './viewers.js';

const { tA, tAlab, tB, tS, tSobs, tAw } = tokens;
const obsB: readonly [string, string] = ['obsB', 'obsX'];

interface History {
  readonly total?: number;
  readonly entry?: readonly { readonly resource?: { readonly id: string; readonly meta: { readonly versionId: string } } }[];
}
const versionsIn = (text: string): string[] => ((JSON.parse(text) as History).entry ?? []).map(({ resource }) => resource?.meta.versionId ?? 'deleted');
const nextOf = (text: string): string | undefined => /"relation":"next","url":"http:\/\/clinic\.example\/fhir([^"]+)"/.exec(text)?.[1];

export const sectionD: readonly AccessCase[] = [
  reads('D1', 'the history of another is as absent as none', async ({ absent }) => {
    for (const path of ['/Observation/obsB/_history', '/Observation/obsB/_history/1', '/Observation/obsB/_history?_count=1', '/Observation/obsB/_history?_since=2020']) assert.equal((await absent(tA, 'GET', path, obsB)).status, 404);
  }),
  writes('D2', 'a version is visible with the current one only', async ({ admin, ask, absent, expect }) => {
    await admin('PUT', '/Observation/mov1', { body: observation('mov1', 'B', { note: [{ text: 'of B' }] }) });
    await admin('PUT', '/Observation/mov1', { body: observation('mov1', 'A') });
    await expect(404, tA, 'GET', '/Observation/mov1/_history/1');
    await expect(200, tA, 'GET', '/Observation/mov1/_history/2');
    const history = await expect(200, tA, 'GET', '/Observation/mov1/_history');
    assert.deepEqual(versionsIn(history.text), ['2']);
    assert.equal((JSON.parse(history.text) as History).total, 1);
    for (const place of ['', '/_history/1', '/_history/2', '/_history', '/$meta']) assert.equal((await absent(tB, 'GET', `/Observation/mov1${place}`, ['mov1', 'none'])).status, 404);
    assert.ok(!(await ask(tA, 'GET', '/Observation/mov1/_history?_count=1')).text.includes('of B'));
  }),
  writes('D3', 'what narrows a resource takes its former versions away too', async ({ admin, absent, expect }) => {
    await admin('PUT', '/Observation/nar1', { body: observation('nar1', 'A', { category: category('laboratory') }) });
    await expect(200, tAlab, 'GET', '/Observation/nar1/_history/1');
    await admin('PUT', '/Observation/nar1', { body: observation('nar1', 'A', { category: category('vital-signs') }) });
    for (const place of ['', '/_history/1', '/_history/2', '/_history']) assert.equal((await absent(tAlab, 'GET', `/Observation/nar1${place}`, ['nar1', 'none'])).status, 404);
    await expect(200, tA, 'GET', '/Observation/nar1/_history/1');
    await admin('PUT', '/Observation/nar1', { body: observation('nar1', 'A', { meta: { security: [sensitivityLabel('NOPAT')] } }) });
    for (const place of ['', '/_history/1', '/_history/2', '/_history/3', '/_history']) assert.equal((await absent(tA, 'GET', `/Observation/nar1${place}`, ['nar1', 'none'])).status, 404);
  }),
  writes('D-withheld', 'the history of many resources leaves out what is withheld', async ({ admin, ask, expect }) => {
    const app = serviceToken('system/*.rs');
    await admin('PUT', '/Consent/deny', { body: JSON.parse(JSON.stringify(denialOf('Observation')).replace('"value":"app"', '"value":"backend"')) as object });
    for (const path of ['/_history?_count=200', '/Observation/_history?_count=200', '/Observation/_history?_since=2020']) {
      const { text } = await expect(200, app, 'GET', path);
      assert.doesNotMatch(text, /"fullUrl":"[^"]*Observation\/(obsA|vitA|obsAfB)"/);
      assert.match(text, /Observation\/obsB\b/);
    }
    assert.equal((await ask(app, 'GET', '/Observation/obsA')).status, 404);
  }),
  writes('D4', 'a deletion is told to who could see what was deleted', async ({ admin, absent, expect }) => {
    for (const id of ['obsA', 'obsB']) await admin('DELETE', `/Observation/${id}`);
    for (const place of ['', '/_history/1', '/_history/2', '/_history']) assert.equal((await absent(tA, 'GET', `/Observation/obsB${place}`, obsB)).status, 404);
    await expect(410, tA, 'GET', '/Observation/obsA');
    const { text } = await expect(200, tA, 'GET', '/Observation/obsA/_history');
    assert.deepEqual(versionsIn(text), ['deleted', '1']);
    await expect(200, tA, 'GET', '/Observation/obsA/_history/1');
    await expect(410, tA, 'GET', '/Observation/obsA/_history/2');
  }),
  writes('D5', 'the history of many resources is for who sees them all; pages of one have no gaps', async ({ admin, expect, ask }) => {
    for (const viewer of [tA, tB, tAlab, tAw]) for (const path of ['/_history', '/Observation/_history', '/Observation/_history?_since=2020', '/_history?_count=1']) await expect(403, viewer, 'GET', path);
    // All of one type is not all of them.
    for (const viewer of [tSobs, serviceToken('system/Observation.rs system/Patient.rs')]) await expect(403, viewer, 'GET', '/_history');
    await expect(200, tSobs, 'GET', '/Observation/_history');
    await expect(200, tS, 'GET', '/_history');
    for (const patient of ['A', 'B', 'A', 'B', 'A']) await admin('PUT', '/Observation/walk', { body: observation('walk', patient) });
    const seen: string[] = [];
    for (let path: string | undefined = '/Observation/walk/_history?_count=1'; path !== undefined && seen.length < 9;) {
      const { text }: { readonly text: string } = await ask(tA, 'GET', path);
      seen.push(...versionsIn(text));
      assert.equal((JSON.parse(text) as History).total, 3);
      path = nextOf(text);
    }
    assert.deepEqual(seen, ['5', '3', '1']);
  }),
  reads('D6', 'a version that cannot be is absent', async ({ ask }) => {
    for (const version of ['0', '-1', '1e3', '01', '../1', '9223372036854775808', '1.0', '%00', 'x'.repeat(65)]) {
      const { status } = await ask(tA, 'GET', `/Observation/obsA/_history/${version}`);
      assert.ok(status === 404 || status === 400, `${version}: ${String(status)}`);
    }
  }),
  reads('D7', 'nobody takes history away', async ({ ask, service }) => {
    for (const viewer of [tA, tAw, tS]) for (const [method, path] of [['POST', '/Observation/obsA/$expunge'], ['POST', '/$expunge'], ['POST', '/Observation/obsA/$purge'], ['DELETE', '/Observation/obsA/_history'], ['DELETE', '/Observation/obsA/_history/1']] as const) {
      const { status } = await ask(viewer, method, path);
      assert.ok(status === 403 || status === 404 || status === 405, `${method} ${path}: ${String(status)}`);
    }
    assert.equal((await service.store.read({ type: 'Observation', id: 'obsA' }, 1))?.version, 1);
  }),
];
