/** Search parameters that are stored as resources: refused until every resource is indexed by them, then like any other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toFhirError } from '../../../src/core/error.js';
import { capabilityStatement } from '../../../src/interaction/capabilities.js';
import { makeCustomParameters, type CustomParameters } from '../../../src/interaction/parameter/custom.js';
import { makeStateFile } from '../../../src/interaction/parameter/state.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeRegistry } from '../../../src/search/registry.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const url = 'http://example.org/SearchParameter/nickname';
const nickname = (more: Record<string, unknown> = {}) => ({
  resourceType: 'SearchParameter', id: 'nickname', url, name: 'nickname', status: 'active', description: 'd', code: 'nickname', base: ['Patient'], type: 'string',
  expression: "Patient.name.where(use = 'nickname').given", ...more,
});

const sqlite = engines.find(({ name }) => name === 'sqlite');
let service: Service;
let folder: string;
let custom: CustomParameters;
/** Resources whose index was written anew. */
let indexed: number;

const put = (resource: { resourceType: string; id: string; [more: string]: unknown }) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
const found = async (query: string): Promise<string[]> => {
  const { body = '{}' } = await call(service, { method: 'GET', url: query });
  return ((JSON.parse(body) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id);
};
const refusal = (query: string): Promise<string> => found(query).then(() => 'answered', (error: unknown) => `${toFhirError(error).code}: ${toFhirError(error).message}`);
const open = (): CustomParameters => makeCustomParameters({ service: () => service, states: makeStateFile(join(folder, 'search-parameters.json')), settleMs: 0 });
/** As after a restart: what was learnt is gone. */
const restart = async (): Promise<void> => {
  service = { ...service, registry: makeRegistry() };
  indexed = 0;
  custom = open();
  await custom.load();
};
const patient = (id: string, given: string) => put({ resourceType: 'Patient', id, name: [{ use: 'nickname', given: [given] }, { use: 'official', given: ['Other'] }], managingOrganization: { reference: 'Organization/o' } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'custom-'));
  if (sqlite === undefined) throw new Error('there is no such engine');
  const store = await sqlite.open();
  indexed = 0;
  const maintain: typeof store.maintain = (task) => {
    if (task.task === 'reindex') indexed += task.entries.length;
    return store.maintain(task);
  };
  service = { ...makeService({ ...store, maintain }), registry: makeRegistry() };
  custom = open();
  await custom.load();
  for (let at = 0; at < 450; at += 1) await patient(`p${String(at)}`, `Nick${String(at)}`);
});
afterEach(async () => {
  await service.store.close();
  rmSync(folder, { recursive: true, force: true });
});

const listed = (): boolean => JSON.stringify(capabilityStatement(service)).includes(url);

describe('a search parameter that is stored', () => {
  it('is unknown before, and is used once every resource is indexed by it', async () => {
    expect(await refusal('Patient?nickname=nick7')).toContain('unknown-parameter');
    await put(nickname());
    await custom.catchUp();
    expect(await found('Patient?nickname=nick44&_count=100')).toEqual(['p44', ...Array.from({ length: 10 }, (_, at) => `p44${String(at)}`)]);
    expect(await found('Patient?nickname:exact=Nick7')).toEqual(['p7']);
    expect(listed()).toBe(true);
    await patient('new', 'Nora');
    expect(await found('Patient?nickname=nora')).toEqual(['new']);
    expect((await found('Patient?nickname:missing=true')).length).toBe(0);
    expect((await found('Patient?_sort=-nickname&_count=2')).length).toBe(2);
  });

  it('refuses searches with its progress while it is indexed, goes on where it was killed, and is ready at once after that', async () => {
    await put(nickname());
    const killed = new AbortController();
    const { store } = service;
    service = { ...service, store: { ...store, maintain: async (task) => { const report = await store.maintain(task); killed.abort(new Error('killed')); return report; } } };
    await expect(custom.catchUp(killed.signal)).rejects.toThrow('killed');
    expect(await refusal('Patient?nickname=nick7')).toMatch(/^parameter-pending: .*200 of about 450 resources/);
    expect(await refusal('Patient?_sort=nickname')).toContain('parameter-pending');
    expect(listed()).toBe(false);
    service = { ...service, store };

    await restart();
    expect(await refusal('Patient?nickname=nick7')).toContain('parameter-pending');
    await custom.catchUp();
    expect(indexed).toBe(250);
    expect((await found('Patient?nickname=nick&_count=1000')).length).toBe(450);

    await restart();
    expect(await found('Patient?nickname:exact=Nick7')).toEqual(['p7']);
    await custom.catchUp();
    expect(indexed).toBe(0);
  });

  it('is indexed anew when it changes, and gone when it is deleted', async () => {
    await put(nickname());
    await custom.catchUp();
    await put(nickname({ expression: "Patient.name.where(use = 'official').given" }));
    await custom.catchUp();
    expect((await found('Patient?nickname=other&_count=1000')).length).toBe(450);
    await call(service, { method: 'DELETE', url: 'SearchParameter/nickname' });
    await custom.catchUp();
    expect(await refusal('Patient?nickname=other')).toContain('unknown-parameter');
  });

  it('of references is chained to and included', async () => {
    await put({ resourceType: 'Organization', id: 'o', name: 'Clinic' });
    await put(nickname({ code: 'clinic', type: 'reference', target: ['Organization'], expression: 'Patient.managingOrganization' }));
    await custom.catchUp();
    expect((await found('Patient?clinic.name=cli&_count=1000')).length).toBe(450);
    expect(await found('Patient?_id=p7&_include=Patient:clinic')).toEqual(['p7', 'o']);
  });

  it('of references keeps what it refers to from being deleted where the server holds references', async () => {
    service = { ...service, options: { ...service.options, referentialIntegrity: 'enforce' } };
    await put({ resourceType: 'Location', id: 'l', name: 'Ward' });
    const referring = { resourceType: 'Patient', id: 'p1', extension: [{ url: 'http://example.org/ward', valueReference: { reference: 'Location/l' } }] };
    await put(referring);
    await put(nickname({ code: 'ward', type: 'reference', target: ['Location'], expression: "Patient.extension.where(url = 'http://example.org/ward').value" }));
    await custom.catchUp();
    expect(await found('Patient?ward=Location/l')).toEqual(['p1']);
    await expect(call(service, { method: 'DELETE', url: 'Location/l' })).rejects.toThrow('refer to this Location');
  });

  it('of two values together holds both of one place, prefixes and units included', async () => {
    const code = 'http://hl7.org/fhir/SearchParameter/clinical-code';
    const value = 'http://example.org/SearchParameter/step-value';
    await put({ ...nickname({ url: value, code: 'step-value', base: ['Observation'], type: 'quantity', expression: 'Observation.component.value as Quantity' }), id: 'step-value' });
    await put(nickname({ code: 'step', base: ['Observation'], type: 'composite', expression: 'Observation.component', component: [{ definition: code, expression: 'code' }, { definition: value, expression: 'value.as(Quantity)' }] }));
    const part = (name: string, grams: number) => ({ code: { coding: [{ system: 'urn:c', code: name }] }, valueQuantity: { value: grams, system: 'http://unitsofmeasure.org', code: 'g' } });
    const observation = (id: string, ...component: unknown[]) => put({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, component });
    await observation('before', part('a', 5), part('b', 50));
    await custom.catchUp();
    await observation('after', part('a', 50), part('b', 5));
    expect(await found('Observation?step=a$5000%7Chttp://unitsofmeasure.org%7Cmg')).toEqual(['before']);
    expect(await found('Observation?step=urn:c%7Ca$gt10')).toEqual(['after']);
    expect(await found('Observation?step=b$ge5')).toEqual(['before', 'after']);
    expect(await refusal('Observation?step=a')).toContain('invalid-parameter');
    expect(listed()).toBe(true);
    await put(nickname({ code: 'step', base: ['Observation'], type: 'composite', expression: 'Observation.component', component: [{ definition: code, expression: 'code' }, { definition: 'http://example.org/none', expression: 'value' }] }));
    await custom.catchUp();
    expect(await refusal('Observation?step=a$5')).toContain('unknown-parameter');
  });

  it('indexes what is contained in others too', async () => {
    await put({ resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, subject: { reference: '#c' }, contained: [{ resourceType: 'Patient', id: 'c', name: [{ use: 'nickname', given: ['Inside'] }] }] });
    await put(nickname());
    await custom.catchUp();
    expect(await found('Patient?nickname=inside&_contained=true')).toEqual(['o']);
    expect(await found('Observation?subject:Patient.nickname=inside')).toEqual(['o']);
  });

  it('never takes the place of one of the specification, nor runs what cannot be compiled', async () => {
    await put(nickname({ code: 'family', expression: 'Patient.name.given' }));
    await put({ ...nickname({ url: 'http://example.org/x', code: 'odd', expression: "Patient.name.given.matches('(a+)+$')" }), id: 'odd' });
    await put({ ...nickname({ url: 'http://example.org/r', code: 'retired', status: 'retired' }), id: 'retired' });
    await custom.catchUp();
    expect(await found('Patient?family=other')).toEqual([]);
    expect(await refusal('Patient?odd=x')).toContain('unknown-parameter');
    expect(await refusal('Patient?retired=x')).toContain('unknown-parameter');
  });
});

describe('what an earlier release has stored', () => {
  const states = (): string => join(folder, 'search-parameters.json');
  const warning = async (query: string): Promise<string | undefined> => {
    const { body = '{}' } = await call(service, { method: 'GET', url: query });
    return (JSON.parse(body) as { entry?: { resource: { resourceType: string; issue?: { code: string; diagnostics: string }[] } }[] }).entry?.flatMap(({ resource }) => resource.issue ?? []).find(({ code }) => code === 'incomplete')?.diagnostics;
  };
  /** Its rules were others: it read no family from any patient. */
  const beOlder = async (): Promise<void> => {
    await custom.catchUp();
    const before = indexed;
    const entries = Array.from({ length: 450 }, (_, at) => ({ key: { type: 'Patient', id: `p${String(at)}` }, version: 1, index: [] }));
    await service.store.maintain({ task: 'reindex', entries });
    expect([before, indexed]).toEqual([0, 450]);
    writeFileSync(states(), JSON.stringify({ 'urn:concierge-fhir:index-rules': { fingerprint: '0', done: true } }));
    await restart();
  };
  const withRules = (): Service => ({ ...service, incomplete: () => custom.incomplete() });

  it('is indexed anew by the rules of this one, once; until then searches say that they may miss something', async () => {
    await beOlder();
    service = withRules();
    expect(await found('Patient?given=nick7')).toEqual([]);
    expect(await warning('Patient?given=nick7')).toContain('it has not begun');
    await custom.catchUp();
    expect(indexed).toBe(450);
    expect(await found('Patient?given:exact=Nick7')).toEqual(['p7']);
    expect(await warning('Patient?given=nick7')).toBeUndefined();
    expect(custom.incomplete()).toBeUndefined();

    await restart();
    await custom.catchUp();
    expect([indexed, custom.incomplete()]).toEqual([0, undefined]);
  });

  it('goes on where it was killed', async () => {
    await beOlder();
    const killed = new AbortController();
    const { store } = service;
    service = { ...withRules(), store: { ...store, maintain: async (task) => { const report = await store.maintain(task); killed.abort(new Error('killed')); return report; } } };
    await expect(custom.catchUp(killed.signal)).rejects.toThrow('killed');
    expect(await warning('Patient?given=nick7')).toContain('200 of about 450 resources are done');
    service = { ...service, store };

    await restart();
    service = withRules();
    expect(await warning('Patient?given=nick7')).toContain('it has not begun');
    await custom.catchUp();
    expect(indexed).toBe(250);
    expect(await found('Patient?given:exact=Nick7')).toEqual(['p7']);
  });

  it('is not looked for where nothing was stored before', async () => {
    await custom.catchUp();
    expect([indexed, custom.incomplete()]).toEqual([0, undefined]);
    expect(JSON.parse(readFileSync(states(), 'utf8'))).toMatchObject({ 'urn:concierge-fhir:index-rules': { done: true } });
  });
});
