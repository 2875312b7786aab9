/** Section E: operations, asynchronous work, GraphQL, subscriptions. What is not built yet answers without data (docs/security-cases.md). */
import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anonymousViewer, type Viewer } from '../../src/access/viewer.js';
import { reads, writes, type AccessCase } from './case.js';
import { observation, reference, tokens, type Clinic } from './clinic.js';

const { tA, tAw, tAobs, tS, tSobs, tU } = tokens;
const B: readonly [string, string] = ['Patient/B', 'Patient/X'];
const noDoor = new Set([400, 403, 404, 405, 501]);

/** Holds that a path is no door: it refuses, and nothing of the record is in the answer. */
const closed = async ({ ask }: Clinic, viewers: readonly Viewer[], requests: readonly (readonly [string, string, unknown?])[]): Promise<void> => {
  for (const viewer of viewers) {
    for (const [method, path, body] of requests) {
      const { status, text } = await ask(viewer, method, path, body === undefined ? {} : { body });
      assert.ok(noDoor.has(status), `${method} ${path}: ${String(status)} ${text.slice(0, 200)}`);
      assert.doesNotMatch(text, /Smith|Lin|secret-|letter of/);
    }
  }
};

const subscription = (endpoint: string, criteria = 'Observation?patient=A', more: object = {}): object => ({ resourceType: 'Subscription', status: 'requested', reason: 'x', criteria, channel: { type: 'rest-hook', endpoint, ...more } });

/** Subscriptions are stored like any resource and nothing is ever sent: an endpoint that waits hears nothing. */
const silent = async (clinic: Clinic, act: (endpoint: string) => Promise<void>): Promise<void> => {
  const heard: string[] = [];
  const receiver = createServer((req, res) => {
    heard.push(req.url ?? '');
    res.end();
  });
  await new Promise<void>((resolve) => { receiver.listen(0, '127.0.0.1', () => { resolve(); }); });
  try {
    await act(`http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/hook`);
    await clinic.admin('PUT', '/Observation/obsA', { body: observation('obsA', 'A') });
    await clinic.admin('GET', '/Observation/obsA');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.deepEqual(heard, []);
  } finally {
    receiver.closeAllConnections();
    await new Promise((resolve) => { receiver.close(resolve); });
  }
};

export const sectionE: readonly AccessCase[] = [
  reads('E1', '$everything of another is absent, and there is none of all', async (clinic) => {
    for (const path of ['/Patient/B/$everything', '/Patient/B/$everything?_type=Observation', '/Patient/B/$everything?_count=1']) assert.equal((await clinic.absent(tA, 'GET', path, B)).status, 404);
    assert.equal((await clinic.absent(tA, 'GET', '/Encounter/encB/$everything', ['encB', 'encX'])).status, 404);
    const names = await clinic.found(tA, '/Patient/A/$everything');
    assert.deepEqual(names.filter((name) => /B$/.test(name) && name !== 'Observation/obsAfB'), []);
    assert.ok(names.includes('Observation/obsA'));
    await closed(clinic, [tA], [['GET', '/Patient/$everything'], ['GET', '/$everything']]);
    for (const path of ['/Patient/A/$everything']) await clinic.expect(403, tAobs, 'GET', path);
  }),
  reads('E2', 'there is no export for patients and practitioners', async (clinic) => closed(clinic, [tA, tU, anonymousViewer].slice(0, 2), [['GET', '/$export'], ['GET', '/Patient/$export'], ['GET', '/Group/groB/$export'], ['POST', '/$export', {}]])),
  reads('E3', 'there is no export for services either', async (clinic) => closed(clinic, [tSobs, tS], [['GET', '/$export?_type=Patient'], ['GET', '/$export'], ['GET', '/Patient/$export'], ['GET', '/Group/groB/$export']])),
  reads('E4', 'there are no jobs to ask about', async (clinic) => closed(clinic, [tA, tS], [['GET', '/$export-poll-status?_jobId=1'], ['DELETE', '/$export-poll-status?_jobId=1'], ['GET', '/job/1']])),
  reads('E5', 'there are no files of exports', async ({ origin, expect, tokenOf }) => {
    await expect(404, tS, 'GET', '/export/1/Patient.ndjson');
    for (const path of ['/export/1/Patient.ndjson', '/files/../fhir.db', '/export/..%2f..%2ffhir.db']) {
      const answer = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${tokenOf(tS)}` } });
      assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${String(answer.status)}`);
    }
  }),
  reads('E6', 'no filter makes an export', async (clinic) => closed(clinic, [tS], [['GET', '/$export?_typeFilter=Observation%3F_include=Observation:subject'], ['GET', '/$export?_typeFilter=Observation%3Fpatient.name=Lin'], ['GET', '/$export?_since=9999-01-01']])),
  reads('E7', 'fifty at once start nothing', async ({ ask }) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(tS, 'GET', '/$export', { headers: { prefer: 'respond-async' } })));
    assert.ok(answers.every(({ status }) => noDoor.has(status)));
  }),
  reads('E8', 'there is no GraphQL', async (clinic) => closed(clinic, [tA, tS], [['GET', '/$graphql?query={Patient(id:"B"){name{family}}}'], ['POST', '/$graphql', { query: '{PatientList{name{family}}}' }], ['GET', '/Patient/B/$graphql?query={name{family}}'], ['POST', '/$graphql', { query: '{__schema{types{name}}}' }]])),
  reads('E9', 'operations on records show what is visible', async (clinic) => {
    for (const path of ['/Patient/B/$meta', '/Patient/B/$validate', '/Patient/B/$validate?mode=delete', '/Patient/B/$who-saw']) await clinic.absent(tA, 'GET', path, B);
    assert.equal((await clinic.absent(tA, 'GET', '/Patient/B/$meta', B)).status, 404);
    assert.deepEqual(await clinic.found(tA, '/Observation/$lastn?patient=Patient/B&max=9'), []);
    assert.deepEqual((await clinic.found(tA, '/Observation/$lastn?subject:Patient.name=Smith&max=9')), []);
    await closed(clinic, [tA], [['POST', '/Patient/$match', { resourceType: 'Parameters' }], ['GET', '/Observation/$stats?subject=Patient/B']]);
    const update = { resourceType: 'Parameters', parameter: [{ name: 'mode', valueCode: 'update' }, { name: 'resource', resource: observation('obsB', 'A') }] };
    assert.match((await clinic.absent(tAw, 'POST', '/Observation/$validate', ['obsB', 'obsX'], { body: update })).text, /"code":"not-found"/);
    for (const [name, part] of [['meta-add', { meta: { tag: [{ code: 'x' }] } }], ['meta-delete', { meta: { tag: [{ code: 'x' }] } }]] as const) {
      const body = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: part.meta }] };
      assert.equal((await clinic.absent(tAw, 'POST', `/Observation/obsB/$${name}`, ['obsB', 'obsX'], { body })).status, 404);
      await clinic.expect(403, tA, 'POST', `/Observation/obsA/$${name}`, { body });
    }
  }),
  writes('E10', 'no URL that is sent is ever followed', async (clinic) => silent(clinic, async (url) => {
    await clinic.ask(tS, 'GET', `/ValueSet/$expand?url=${encodeURIComponent(url)}`);
    await clinic.ask(tS, 'GET', `/ValueSet/$validate-code?url=${encodeURIComponent(url)}&system=x&code=y`);
    await clinic.ask(tS, 'GET', `/Observation?code:in=${encodeURIComponent(url)}`);
    await clinic.ask(tAw, 'POST', '/Observation/$validate', { body: { ...observation(undefined, 'A'), meta: { profile: [url] } } });
    await clinic.ask(tAw, 'POST', '/Observation', { body: observation(undefined, 'A', { focus: [reference(`${url}/Patient/1`)] }) });
    await clinic.admin('POST', '/StructureDefinition', { body: { resourceType: 'StructureDefinition', url, name: 'X', status: 'active', kind: 'resource', abstract: false, type: 'Patient', baseDefinition: url } });
  })),
  writes('E11', 'no endpoint of a Subscription is called', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(url) }); })),
  writes('E12', 'no name of an endpoint is looked up', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(url.replace('127.0.0.1', 'localhost')) }); })),
  writes('E13', 'no redirect of an endpoint is followed', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(`${url}/redirect`) }); })),
  writes('E14', 'no header of a channel is sent', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(url, 'Observation?', { header: ['Authorization: Bearer x'] }) }); })),
  writes('E15', 'no answer of an endpoint is waited for', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(url, 'Observation?', { payload: 'application/fhir+json' }) }); })),
  reads('E16', 'a patient\'s app makes no Subscription', async ({ expect }) => {
    for (const criteria of ['Observation?patient=B', 'Observation?', 'Patient?_has:Observation:subject:code=x', 'Observation?patient=A']) await expect(403, tAw, 'POST', '/Subscription', { body: subscription('https://x.example/', criteria) });
  }),
  writes('E17', 'a change reaches nobody whose right has ended', async (clinic) => silent(clinic, async (url) => { await clinic.admin('POST', '/Subscription', { body: subscription(url) }); })),
  writes('E18', 'a resource that changed hands is sent to nobody', async (clinic) => silent(clinic, async (url) => {
    await clinic.admin('POST', '/Subscription', { body: subscription(url, 'Observation?patient=A', { payload: 'application/fhir+json' }) });
    await clinic.admin('PUT', '/Observation/obsA', { body: observation('obsA', 'B') });
  })),
  writes('E19', 'another\'s Subscription is absent, and has neither status nor events', async (clinic) => {
    await clinic.admin('PUT', '/Subscription/subB', { body: { id: 'subB', ...subscription('https://x.example/') } });
    const one = await clinic.ask(tA, 'GET', '/Subscription/subB');
    assert.equal(one.status, (await clinic.ask(tA, 'GET', '/Subscription/subX')).status);
    assert.ok(noDoor.has(one.status));
    await closed(clinic, [tA, tS], [['GET', '/Subscription/subB/$events?eventsSinceNumber=0'], ['GET', '/Subscription/subB/$status']]);
  }),
  writes('E20', 'what a channel would send is seen by those alone who may read Subscriptions', async ({ admin, ask, observed, service }) => {
    await admin('PUT', '/Subscription/subB', { body: { id: 'subB', ...subscription('https://x.example/', 'Observation?', { header: ['Authorization: Bearer canary-secret'] }) } });
    for (const viewer of [tA, tU, tSobs]) assert.ok(!(await ask(viewer, 'GET', '/Subscription/subB')).text.includes('canary-secret'));
    assert.ok(!JSON.stringify(observed).includes('canary-secret'));
    assert.ok(!JSON.stringify(await service.store.records('audit', 0, 1_000)).includes('canary-secret'));
  }),
  reads('E21', 'there is no websocket to bind to', async (clinic) => {
    await closed(clinic, [tA, tS], [['GET', '/Subscription/subB/$get-ws-binding-token'], ['POST', '/Subscription/$get-ws-binding-token', {}]]);
    const answer = await fetch(`${clinic.origin}/websocket`, { headers: { authorization: `Bearer ${clinic.tokenOf(tA)}` } });
    assert.equal(answer.status, 404);
  }),
  reads('E22', 'there is no job to resume', async (clinic) => closed(clinic, [tS], [['POST', '/$import', {}], ['GET', '/$import-status'], ['POST', '/$reindex', {}]])),
];
