import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openViewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import { FhirError } from '../../../src/core/error.js';
import { perform } from '../../../src/interaction/perform.js';
import type { Service } from '../../../src/interaction/service.js';
import { clinicGroups, clinicResources, groupBundle } from '../../../src/sample/generate.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';
import { sharedData, describeWith } from '../../fixture/shared-data.js';
import { importInto } from '../../support/import.js';

const clinic = { patients: 2, seed: 3, today: '2026-03-02' };
const validate = makeValidator();
let folder = '';
let service: Service;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-'));
  service = { ...makeService(makeMemoryStore(systemClock)), validate };
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, content: string | Buffer): Promise<void> => writeFile(join(folder, name), content);
const total = async (type: string): Promise<number> => (JSON.parse((await call(service, { method: 'GET', url: `${type}?_summary=count` })).body ?? '{}') as { total: number }).total;
const linesOf = (resources: Iterable<{ text: string }>): string[] => [...resources].map(({ text }) => text);
const patient = (id: string, more: object = {}): string => JSON.stringify({ resourceType: 'Patient', id, ...more });

describe('concierge import', () => {
  it('loads NDJSON whole, in one go or again, with nothing doubled', async () => {
    const lines = linesOf(clinicResources(clinic));
    await put('clinic.ndjson', lines.join('\n'));
    const { counts, refusals } = await importInto(service, folder, ['clinic.ndjson']);
    expect(refusals).toEqual([]);
    expect(counts).toEqual({ created: lines.length, updated: 0, unchanged: 0, deleted: 0, refused: 0 });
    expect((await service.store.statistics()).versions).toBe(lines.length);
    expect((await importInto(service, folder, ['clinic.ndjson'])).passed).toBe(1);
    expect((await service.store.statistics()).versions).toBe(lines.length);
  });

  it('loads the same from transactions, collections and gzip', async () => {
    const groups = [...clinicGroups(clinic)];
    const [first, ...others] = groups;
    if (first === undefined) throw new Error('the clinic is empty');
    const entry = linesOf(others.flatMap(({ resources }) => resources)).map((text) => `{"resource":${text}}`);
    await put('0.json', groupBundle(first));
    await put('1.bin', gzipSync(`{ "resourceType": "Bundle",\n "type": "collection", "entry": [\n${entry.join(',\n')}] }`));
    const { counts, refusals } = await importInto(service, folder, ['0.json', '1.bin']);
    expect(refusals).toEqual([]);
    expect(counts.created).toBe(groups.flatMap(({ resources }) => resources).length);
  });

  it('refuses each planted fault by file, line and reason, and loads everything else', async () => {
    const lines = linesOf(clinicResources(clinic)).slice(0, 400);
    const good = lines.length;
    lines.splice(5, 0, patient('wrong', { birthDate: 'yesterday' }));
    lines.splice(100, 0, '{"resourceType":"Patient","id":"cut"');
    lines.splice(150, 0, '{"resourceType":"Patientt","id":"typo"}', '{"resourceType":"Patient","id":"a b"}');
    lines.splice(300, 0, '{"id":"nameless"}');
    await put('clinic.ndjson', lines.join('\n'));
    const { counts, refusals } = await importInto(service, folder, ['clinic.ndjson']);
    expect(counts.created).toBe(good);
    expect(counts.refused).toBe(5);
    const found = new Map(refusals.map((refusal) => [refusal.line, refusal]));
    expect([...found.keys()].sort((a = 0, b = 0) => a - b)).toEqual([6, 101, 151, 152, 301]);
    expect(found.get(6)).toMatchObject({ file: 'clinic.ndjson', type: 'Patient', id: 'wrong', code: 'invalid-resource', outcome: { issue: [{ expression: ['birthDate'] }] } });
    expect(found.get(101)).toMatchObject({ code: 'malformed-json' });
    expect(found.get(151)).toMatchObject({ code: 'unknown-type', outcome: { issue: [{ diagnostics: expect.stringContaining('Did you mean Patient') }] } });
    expect(found.get(152)).toMatchObject({ code: 'invalid-id' });
    expect(found.get(301)).toMatchObject({ code: 'wrong-resource-type' });
  });

  it('loads the good ones of a group with many faults', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => patient(`p${String(index)}`, index % 3 === 0 ? { gender: 7 } : {}));
    await put('patients.ndjson', lines.join('\n'));
    const { counts, refusals } = await importInto(service, folder, ['patients.ndjson']);
    expect(counts).toMatchObject({ created: 40, refused: 20 });
    expect(refusals.map(({ line }) => line).sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index * 3 + 1));
    expect(refusals.every(({ id, code }) => id !== undefined && code === 'invalid-resource')).toBe(true);
  });

  it('refuses a transaction as a whole and names the entry; of a batch only the entry', async () => {
    const entry = (id: string, more: object = {}): object => ({ resource: JSON.parse(patient(id, more)) as object, request: { method: 'PUT', url: `Patient/${id}` } });
    await put('a.json', JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [entry('a'), entry('b', { gender: 1 })] }));
    await put('b.json', JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [entry('c'), entry('d', { gender: 1 })] }));
    const { counts, refusals } = await importInto(service, folder, ['a.json', 'b.json']);
    expect(counts).toMatchObject({ created: 1, refused: 3 });
    expect(refusals).toMatchObject([{ file: 'a.json', entry: 1, id: 'b', resources: 2 }, { file: 'b.json', entry: 1, id: 'd', resources: 1 }]);
  });

  it('links what a collection holds by fullUrl, and waits with a conditional reference for what comes before', async () => {
    const collection = { resourceType: 'Bundle', type: 'collection', entry: [
      { fullUrl: 'urn:uuid:0b6e2f64-9d5b-4f5e-9d8b-0a1b2c3d4e5f', resource: { resourceType: 'Organization', identifier: [{ system: 'urn:s', value: 'o1' }] } },
      { resource: { resourceType: 'Patient', id: 'linked', managingOrganization: { reference: 'urn:uuid:0b6e2f64-9d5b-4f5e-9d8b-0a1b2c3d4e5f' } } }] };
    const later = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: { resourceType: 'Patient', managingOrganization: { reference: 'Organization?identifier=urn:s|o1' } }, request: { method: 'POST', url: 'Patient' } }] };
    await put('a.json', JSON.stringify(collection));
    await put('b.json', JSON.stringify(later));
    const { refusals } = await importInto(service, folder, ['a.json', 'b.json']);
    expect(refusals).toEqual([]);
    const { managingOrganization } = JSON.parse((await call(service, { method: 'GET', url: 'Patient/linked' })).body ?? '{}') as { managingOrganization: { reference: string } };
    expect(managingOrganization.reference).toMatch(/^Organization\/[0-9a-f-]{36}$/);
    expect(await total('Patient')).toBe(2);
  });

  it('keeps the last of what comes twice', async () => {
    await put('a.ndjson', [patient('p', { active: true }), patient('q'), patient('p', { active: false })].join('\n'));
    const { counts } = await importInto(service, folder, ['a.ndjson']);
    expect(counts).toMatchObject({ created: 2, updated: 1 });
    expect((await call(service, { method: 'GET', url: 'Patient/p' })).body).toContain('"active":false');
  });

  it('reports a source it cannot read and goes on with the next', async () => {
    await put('a.json', '[{"resourceType":"Patient"}]');
    await put('b.json', 'PK\u0003\u0004 zip');
    await put('c.json', gzipSync(patient('p')).subarray(0, 20));
    await put('d.json', patient('q'));
    const { counts, refusals } = await importInto(service, folder, ['a.json', 'b.json', 'c.json', 'd.json']);
    expect(counts).toMatchObject({ created: 1, refused: 0 });
    expect(refusals.map(({ file, code }) => `${file} ${code}`)).toEqual(['a.json unreadable', 'b.json unreadable', 'c.json unreadable']);
  });

  it('goes on where it was stopped, also when the position says less than the store has', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => JSON.stringify({ resourceType: 'Patient', identifier: [{ system: 'urn:s', value: String(index) }] }));
    await put('new.ndjson', lines.join('\n'));
    const failing = (error: Error): typeof perform => {
      let sent = 0;
      return async (...about) => {
        const answer = await perform(...about);
        sent += 1;
        if (sent === 2) throw error;
        return answer;
      };
    };
    const dying = { service, viewer: openViewer, perform: failing(new FhirError('store-unavailable', 'killed behind the commit')) };
    await expect(importInto(service, folder, ['new.ndjson'], { sender: dying })).rejects.toThrow('killed');
    const odd = { service, viewer: openViewer, perform: failing(new Error('failed behind the commit')) };
    await importInto(service, folder, ['new.ndjson'], { sender: odd });
    expect(await total('Patient')).toBe(1000);
    await importInto(service, folder, ['new.ndjson'], { restart: true });
    expect(await total('Patient')).toBe(2000);
  });
});

describeWith(sharedData('synthea'), 'Synthea as it comes', (synthea) => {
  it('loads two small patients with their practitioners, nothing refused', async () => {
    const { counts, refusals } = await importInto(service, folder, [`${synthea}/0-*.bz2`, `${synthea}/085e81c0-*.bz2`, `${synthea}/252abfcc-*.bz2`]);
    expect(refusals).toEqual([]);
    expect(counts.created).toBeGreaterThan(900);
    expect(counts.created).toBe((await service.store.statistics()).versions);
  });
});
