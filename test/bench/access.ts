/**
 * What a practitioner with a large panel costs beside who sees everything, in this process: patients with ten results and a report
 * each, every one of them on a care team of one practitioner.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScopes } from '../../src/access/scope.js';
import { openViewer, tokenViewer, type Viewer } from '../../src/access/viewer.js';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import type { Service } from '../../src/interaction/service.js';
import type { Store } from '../../src/store/store.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import { call, makeService } from '../fixture/service.js';
import { median, type Row } from './table.js';

const big: Viewer = tokenViewer({ client: 'app', user: 'big', fhirUser: 'Practitioner/BIG', role: 'practitioner', scopes: parseScopes('user/*.cruds'), jti: 'j', expires: Number.MAX_SAFE_INTEGER });

const resultsEach = 10;
const together = 40;

/** Stores the patients, each on a team of one practitioner; resolves with their ids. */
const loadPanel = async (service: Service, patients: number): Promise<readonly string[]> => {
  await call(service, { method: 'PUT', url: 'Practitioner/BIG', body: { resourceType: 'Practitioner', id: 'BIG' } });
  const ids = Array.from({ length: patients }, (_, index) => `patient${String(index)}`);
  for (let at = 0; at < patients; at += together) {
    const entry = ids.slice(at, at + together).flatMap((id, index) => recordOf(id, at + index)).map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } }));
    await call(service, { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry }, prefer: { return: 'minimal' } });
  }
  return ids;
};

const recordOf = (id: string, index: number): { readonly resourceType: string; readonly id: string }[] => {
  const subject = { reference: `Patient/${id}` };
  const code = { coding: [{ system: 'http://loinc.org', code: '8480-6' }] };
  const results = Array.from({ length: resultsEach }, (_, at) => ({
    resourceType: 'Observation', id: `result${String(index)}-${String(at)}`, status: 'final', code, subject, valueQuantity: { value: 100 + at, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
    effectiveDateTime: new Date(Date.UTC(2026, 0, 1) + ((index * 7_919 + at * 104_729) % 300) * 86_400_000).toISOString().slice(0, 10),
  }));
  return [{ resourceType: 'Patient', id, name: [{ family: `Family${String(index)}`, given: [index % 3 === 0 ? 'Ada' : 'Ben'] }] } as never, ...results, { resourceType: 'DiagnosticReport', id: `report${String(index)}`, status: 'final', code, subject } as never, team(index, id)];
};

const team = (index: number, patient: string) => ({ resourceType: 'CareTeam', id: `big${String(index)}`, status: 'active', subject: { reference: `Patient/${patient}` }, participant: [{ member: { reference: 'Practitioner/BIG' } }] });

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];
const msOf = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};

/** Milliseconds of each of two, in turn. */
const compared = async (times: number, [first, second]: readonly [(index: number) => Promise<unknown>, (index: number) => Promise<unknown>]): Promise<readonly [number[], number[]]> => {
  const [a, b]: [number[], number[]] = [[], []];
  for (let index = 0; index < times; index += 1) {
    a.push(await msOf(() => first(index)));
    b.push(await msOf(() => second(index)));
  }
  return [a, b];
};

const searches: readonly (readonly [string, string])[] = [
  ['patients by name', 'Patient?name=a&_sort=family'], ['a patient\'s latest results', 'Observation?patient=PATIENT&_sort=-date&_count=20'],
  ['latest results of all', 'Observation?_sort=-date&_count=20'], ['final reports', 'DiagnosticReport?status=final&_count=20'], ['results with their patients', 'Observation?_count=20&_include=Observation:subject'],
];

/** Returns the rows for one store. */
export const measurePanel = async (store: Store, patients: number, engine: string): Promise<readonly Row[]> => {
  const service = makeService(store);
  const ids = await loadPanel(service, patients);
  const idOf = (index: number): string => ids[index % ids.length] ?? '';
  const note = `${String(patients)} patients, ${engine}; in process`;
  const ask = (url: string, viewer: Viewer, index: number) => call(service, { method: 'GET', url: url.replace('PATIENT', idOf(index)), viewer });
  const rows: Row[] = [];
  const first = await msOf(() => ask('Patient/PATIENT', big, 0));
  rows.push({ work: 'first request of a practitioner', value: first, unit: 'ms', spread: [first, first], goal: '', note });
  const after: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    await call(service, { method: 'PUT', url: `CareTeam/big${String(index)}`, body: { ...team(index, idOf(index)), name: String(index) } });
    after.push(await msOf(() => ask('Patient/PATIENT', big, 100 + index)));
  }
  rows.push({ work: 'request after a care team of theirs was written', value: median(after), unit: 'ms', spread: spreadOf(after), goal: '', note });
  for (const [name, url] of [['a read', 'Patient/PATIENT'] as const, ...searches]) {
    const [open, own] = await compared(60, [(index) => ask(url, openViewer, index), (index) => ask(url, big, index)]);
    rows.push({ work: `${name}: practitioner, beside who sees everything`, value: median(own), unit: 'ms', spread: spreadOf(own), limit: median(open), goal: '', note });
  }
  return rows;
};

/** Returns the rows on the embedded store. */
export const accessRows = async (patients: number): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-bench-access-'));
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing });
  try {
    return await measurePanel(store, patients, 'sqlite');
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
