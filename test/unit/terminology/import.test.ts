/** Import of LOINC and SNOMED CT, and questions about what was imported. */
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCoreSource } from '../../../src/terminology/local/core-source.js';
import { makeLocalTerminology, type LocalTerminology } from '../../../src/terminology/local/engine.js';
import { conceptFile, openTerminologyFolder, type TerminologyFolder } from '../../../src/terminology/file/folder.js';
import { findTasks } from '../../../src/terminology/import/find-files.js';
import { csvRows } from '../../../src/terminology/import/lines.js';
import { writeLoinc, writeSnomed } from '../../fixture/terminology-files.js';

const folder = mkdtempSync(join(tmpdir(), 'terminology-'));
const target = join(folder, 'made');
const [loinc, sct] = ['http://loinc.org', 'http://snomed.info/sct'];
let imported: TerminologyFolder;
let terminology: LocalTerminology;

const importAll = async (paths: readonly string[], options = {}): Promise<number[]> => {
  const counts: number[] = [];
  for (const { url, version, run } of findTasks(paths, options)) counts.push(await run({ to: conceptFile(target, { url, version }) }));
  return counts;
};
const codes = async (valueSet: string): Promise<string> => (await terminology.expand({ valueSet, count: 100 })).contains.map(({ code }) => code).join(' ');

beforeAll(async () => {
  mkdirSync(target);
  expect(await importAll([writeLoinc(folder), writeSnomed(folder)])).toEqual([8, 7]);
  imported = openTerminologyFolder(target);
  terminology = makeLocalTerminology({ sources: [makeCoreSource()], imported });
});
afterAll(() => { rmSync(folder, { recursive: true }); });

describe('LOINC', () => {
  it('is found with display, properties, designations and place in the hierarchy', async () => {
    expect(await terminology.lookup({ system: loinc, code: '10001-1' })).toMatchObject({
      name: 'LOINC', version: '9.99', display: 'Glimmer [Mass/volume] in "whole", Blood', inactive: false, parents: [{ code: 'LP2-2', display: 'Glimmer' }],
      property: expect.arrayContaining([{ code: 'COMPONENT', valueString: 'Glimmer' }, { code: 'SCALE_TYP', valueString: 'Qn' }]),
      designation: expect.arrayContaining([{ language: 'en', use: { system: loinc, code: 'CONSUMER_NAME' }, value: 'Glimmer, blood' }]),
    });
    expect(await terminology.validateCode({ system: loinc, code: '10002-9' })).toMatchObject({ result: 'in', inactive: true, display: 'Glimmer [Mass/volume]\nin Urine' });
    expect(await terminology.validateCode({ system: loinc, code: '10004-5' })).toMatchObject({ result: 'out' });
    expect(await terminology.subsumes({ system: loinc, codeA: 'LP1-1', codeB: '10002-9' })).toBe('subsumes');
  });

  it('has its answer lists and parts as value sets', async () => {
    expect(await codes('http://loinc.org/vs/LL77-7')).toBe('LA1-1 LA2-2');
    expect(await codes('http://loinc.org/vs/LL88-8')).toBe('LA1-1 LA3-3');
    expect(await codes('http://loinc.org/vs/LP2-2')).toBe('10001-1 10002-9 LP2-2');
    await expect((async () => terminology.expand({ valueSet: 'http://loinc.org/vs/LL99-9' }))()).rejects.toMatchObject({ code: 'not-found' });
  });

  it('answers filters by the index of its properties', async () => {
    const of = (property: string, op: string, value: string) => terminology.expand({ valueSet: { resourceType: 'ValueSet', status: 'draft', compose: { include: [{ system: loinc, filter: [{ property, op, value }] }] } } });
    expect((await of('COMPONENT', '=', 'Glimmer')).contains.map(({ code }) => code)).toEqual(['10001-1', '10002-9']);
    expect((await of('CLASS', 'in', 'MICRO,NONE')).contains.map(({ code }) => code)).toEqual(['10003-7']);
    expect((await of('ancestor', '=', 'LP2-2')).total).toBe(2);
    expect((await of('parent', '=', 'LP1-1')).contains.map(({ code }) => code)).toEqual(['10003-7', 'LP2-2']);
    expect((await of('SYSTEM', 'regex', 'B.*|S.*')).total).toBe(2);
    expect((await of('SYSTEM', 'exists', 'false')).total).toBe(5);
    expect((await of('copyright', '=', '3rdParty')).contains.map(({ code }) => code)).toEqual(['10003-7']);
    await expect((async () => of('COMPONNENT', '=', 'Glimmer'))()).rejects.toMatchObject({ code: 'invalid-value-set', message: expect.stringContaining('no property COMPONNENT') });
  });
});

describe('SNOMED CT', () => {
  it('is found with preferred term, other names and attributes', async () => {
    expect(await terminology.lookup({ system: sct, code: '100000002' })).toMatchObject({
      version: 'http://snomed.info/sct/900000000000207008/version/20240101', display: 'Loud gleam', parents: [{ code: '100000001', display: 'Gleam' }],
      property: expect.arrayContaining([{ code: '246075003', valueCode: '100000003' }, { code: 'inactive', valueBoolean: false }]),
    });
    const { designation } = await terminology.lookup({ system: sct, code: '100000002' });
    expect(designation.map(({ value }) => value)).toEqual(['Loud gleam (finding)', 'Other name of Loud gleam']);
    expect(await terminology.validateCode({ system: sct, code: '100000005' })).toMatchObject({ result: 'in', inactive: true });
  });

  it('has its implicit value sets', async () => {
    expect(await codes('http://snomed.info/sct?fhir_vs=isa/100000001')).toBe('100000001 100000002 100000004');
    expect(await codes('http://snomed.info/sct?fhir_vs=ecl/%3C100000001')).toBe('100000002 100000004');
    expect(await codes('http://snomed.info/sct?fhir_vs=ecl/<<%20100000001|Gleam|')).toBe('100000001 100000002 100000004');
    expect(await codes('http://snomed.info/sct?fhir_vs=ecl/>100000002')).toBe('100000001 138875005');
    expect(await codes('http://snomed.info/sct?fhir_vs')).toContain('246075003');
    expect(await codes('http://snomed.info/sct/900000000000207008/version/20240101?fhir_vs=isa/100000002')).toBe('100000002');
    expect(await codes('http://snomed.info/sct?fhir_vs=refset')).toBe('200000001 200000002 200000003');
    expect(await codes('http://snomed.info/sct?fhir_vs=refset/200000001')).toBe('100000002 100000004 100000005');
    for (const wrong of ['ecl/<1 AND <2', 'ecl/', 'refset/1', 'refset/100000001', 'anything', 'isa/x']) {
      await expect((async () => terminology.expand({ valueSet: `http://snomed.info/sct?fhir_vs=${wrong}` }))()).rejects.toMatchObject({ code: 'invalid-value-set' });
    }
    await expect((async () => terminology.expand({ valueSet: 'http://snomed.info/sct?fhir_vs=ecl/<100000001 {{ term = "x" }}' }))()).rejects.toMatchObject({ code: 'terminology-unknown' });
    expect(await terminology.validateCode({ valueSet: 'http://snomed.info/sct?fhir_vs=ecl/^200000002', system: sct, code: '100000003' })).toMatchObject({ result: 'in' });
    expect(await terminology.validateCode({ valueSet: 'http://snomed.info/sct?fhir_vs=ecl/^200000002', system: sct, code: '100000002' })).toMatchObject({ result: 'out' });
    await expect((async () => terminology.expand({ valueSet: 'http://snomed.info/sct/1/version/2?fhir_vs' }))()).rejects.toMatchObject({ code: 'terminology-unknown' });
  });

  it('takes the filters of definitions: reference sets and expressions', async () => {
    const of = (property: string, op: string, value: string) => terminology.expand({ valueSet: { resourceType: 'ValueSet', status: 'draft', compose: { include: [{ system: sct, filter: [{ property, op, value }] }] } } });
    expect((await of('concept', 'in', '200000001')).contains.map(({ code }) => code)).toEqual(['100000002', '100000004', '100000005']);
    expect((await of('constraint', '=', '< 100000001 MINUS ^ 200000002')).contains.map(({ code }) => code)).toEqual(['100000002', '100000004']);
    await expect((async () => of('constraint', '=', '< 100000001 MINUS'))()).rejects.toMatchObject({ code: 'invalid-value-set' });
    await expect((async () => of('constraint', '=', Array.from({ length: 100 }, () => '^*').join(' OR ')))()).resolves.toMatchObject({ total: 5 });
    const { property } = await terminology.lookup({ system: sct, code: '100000002' });
    expect(property.some(({ code }) => code === '^')).toBe(false);
  });

  it('makes value sets of R4 work that need it', async () => {
    expect(await terminology.validateCode({ valueSet: 'http://hl7.org/fhir/ValueSet/condition-code', system: sct, code: '100000001' })).toMatchObject({ result: 'out' });
    expect((await terminology.expand({ valueSet: 'http://snomed.info/sct?fhir_vs', filter: 'gle lou', count: 5 })).contains.map(({ code }) => code)).toEqual(['100000002']);
    expect((await terminology.systems()).find(({ url }) => url === sct)?.versions).toEqual(['http://snomed.info/sct/900000000000207008/version/20240101']);
  });
});

describe('files', () => {
  it('that are not what they should be are refused, and nothing is left behind', async () => {
    const bad = join(folder, 'bad');
    mkdirSync(bad);
    expect(() => findTasks([bad], {})).toThrow(/neither a Loinc.csv nor an RF2/);
    expect(() => findTasks([join(folder, 'none')], {})).toThrow(/is not there/);
    writeFileSync(join(bad, 'x.zip'), '');
    expect(() => findTasks([bad], {})).toThrow(/unpacked/);
    writeFileSync(join(bad, 'Loinc.csv'), 'A,B\r\n1,2\r\n');
    expect(() => findTasks([bad], {})).toThrow(/--version/);
    const before = readdirSync(target);
    await expect(importAll([bad], { version: '1' })).rejects.toThrow(/no column LOINC_NUM/);
    writeFileSync(join(bad, 'Loinc.csv'), '"LOINC_NUM","COMPONENT","LONG_COMMON_NAME","STATUS"\r\n"1-8","x');
    await expect(importAll([bad], { version: '1' })).rejects.toThrow(/within quotes/);
    writeFileSync(join(bad, 'sct2_Concept_Snapshot_XX_20240101.txt'), 'id\r\n');
    expect(() => findTasks([join(bad, 'sct2_Concept_Snapshot_XX_20240101.txt')], {})).toThrow(/descriptions and relationships/);
    expect(readdirSync(target)).toEqual(before);
  });

  it('that come later are seen, broken ones are named', () => {
    const fresh = openTerminologyFolder(target);
    expect([fresh.changed(), fresh.versions(loinc)]).toEqual([false, ['9.99']]);
    writeFileSync(join(target, 'broken.concepts'), 'nothing of ours, and long enough to have a header');
    expect(fresh.changed()).toBe(true);
    expect([fresh.faults(), fresh.versions(loinc)]).toEqual([['broken.concepts'], ['9.99']]);
    rmSync(join(target, 'broken.concepts'));
    expect(openTerminologyFolder(join(folder, 'none')).versions(loinc)).toEqual([]);
  });

  it('of rows are read across chunks, quotes and line breaks', async () => {
    const path = join(folder, 'rows.csv');
    const field = 'ä"\n,'.repeat(100_000);
    writeFileSync(path, `\ufeffa,b\n"${field.replaceAll('"', '""')}",2\r\n\n,\n"",x`);
    const rows: (readonly string[])[] = [];
    for await (const row of csvRows(path)) rows.push(row);
    expect(rows).toEqual([['a', 'b'], [field, '2'], ['', ''], ['', 'x']]);
  });
});
