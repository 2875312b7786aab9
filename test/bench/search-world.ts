/**
 * What searches are measured on: resources in the embedded store, and beside it plain tables with just the indexes that the same
 * questions need, asked by hand-written queries. A folder that is named is kept, and used again.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { stampResource } from '../../src/core/json/stamp.js';
import type { Service } from '../../src/interaction/service.js';
import { clinicResources } from '../../src/sample/generate.js';
import { databaseFile } from '../../src/store-sqlite/files.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import type { Write } from '../../src/store/resource.js';
import { call, makeService } from '../fixture/service.js';
import { unpack } from '../fixture/shared-files.js';

export type Hand = ReturnType<typeof Database>;

export interface SearchWorld {
  readonly service: Service;
  /** Plain tables `obs`, `enc`, `cond`, `person`, `drug`, `staff`, and the bodies as `store.version`. */
  readonly hand: Hand;
  readonly resources: number;
  readonly bytes: number;
  /** Resources per second while loading; undefined when it was loaded before. */
  readonly loadRate: number | undefined;
  readonly close: () => Promise<void>;
}

export interface WorldOptions {
  /** So many generated ones; with a folder of Synthea bundles those. */
  readonly resources: number;
  readonly synthea?: string | undefined;
  /** Kept; undefined: made and taken away. */
  readonly folder?: string | undefined;
}

/** Opens the world, loading it first where the folder is new. */
export const openWorld = async ({ resources, synthea, folder }: WorldOptions): Promise<SearchWorld> => {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'concierge-search-'));
  mkdirSync(place, { recursive: true });
  const isNew = !existsSync(join(place, 'hand.db'));
  const store = await openSqliteStore({ folder: place, clock: systemClock, observe: observeNothing });
  const service = makeService(store);
  const begun = performance.now();
  const loaded = isNew ? await (synthea === undefined ? loadGenerated(service, resources) : loadSynthea(service, synthea)) : 0;
  const seconds = (performance.now() - begun) / 1_000;
  if (isNew) await loadContaining(service, Math.max(50, Math.floor(loaded / perContaining)));
  if (isNew) makeHand(place);
  const hand = new Database(join(place, 'hand.db'), { readonly: true });
  hand.exec(`ATTACH '${join(place, databaseFile)}' AS store`);
  const { resources: counts, bytes } = await store.statistics();
  const close = async (): Promise<void> => {
    hand.close();
    await store.close();
    if (folder === undefined) rmSync(place, { recursive: true, force: true });
  };
  return { service, hand, resources: Object.values(counts).reduce((sum, count) => sum + count, 0), bytes, loadRate: isNew ? loaded / seconds : undefined, close };
};

/** Patients of the synthetic clinic have about so many resources. */
const perPatient = 110;
const perCommit = 1_000;

/** Commits what the generator makes: the same writes as an import's, without a check of what is known to be right. */
const loadGenerated = async ({ store, registry }: Service, most: number): Promise<number> => {
  let writes: Write[] = [];
  let done = 0;
  let waiting: Promise<unknown> = Promise.resolve();
  const send = async (): Promise<void> => {
    await waiting;
    waiting = store.commit({ writes });
    writes = [];
  };
  for (const { type, id, text } of clinicResources({ patients: Math.ceil(most / perPatient), seed: 11, today: '2026-03-02' })) {
    if (done === most) break;
    writes.push({ type, id, method: 'PUT', base: 0, body: stampResource(text, { id, versionId: '1', lastUpdated: '1970-01-01T00:00:00.000Z' }), index: registry.extract(JSON.parse(text) as Record<string, unknown>) });
    done += 1;
    if (writes.length === perCommit) await send();
  }
  await send();
  await waiting;
  return done;
};

const loadSynthea = async (service: Service, folder: string): Promise<number> => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json.bz2')).sort((a, b) => Number(b.startsWith('0-')) - Number(a.startsWith('0-')));
  for (const file of files) {
    await call(service, { method: 'POST', url: '', body: unpack(join(folder, file)).toString('utf8') });
  }
  return Object.values((await service.store.statistics()).resources).reduce((sum, count) => sum + count, 0);
};

/** One order with a Medication in it for so many other resources. */
const perContaining = 50;
/** Kinds of Medication that are contained in orders. */
export const drugs = ['197361', '308136', '310798', '314076', '860975', '861007', '866924', '1049221'];

/** Neither the clinic nor Synthea has contained resources that a search can ask for: orders with a Medication of a few kinds in them. */
const loadContaining = async ({ store, registry }: Service, most: number): Promise<void> => {
  const patients = await store.search({ types: ['Patient'], where: undefined, count: 500 });
  for (let from = 0; from < most; from += perCommit) {
    const writes = Array.from({ length: Math.min(perCommit, most - from) }, (_, at): Write => {
      const number = from + at;
      const id = `containing-${String(number)}`;
      const resource = {
        resourceType: 'MedicationRequest', id, status: 'active', intent: 'order', subject: { reference: `Patient/${patients.matches[number % patients.matches.length]?.id ?? 'x'}` },
        contained: [{ resourceType: 'Medication', id: 'drug', status: number % 3 === 0 ? 'inactive' : 'active', code: { coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: drugs[number % drugs.length] }] } }],
        medicationReference: { reference: '#drug' },
      };
      return { type: 'MedicationRequest', id, method: 'PUT', base: 0, body: stampResource(JSON.stringify(resource), { id, versionId: '1', lastUpdated: '1970-01-01T00:00:00.000Z' }), index: registry.extract(resource) };
    });
    await store.commit({ writes });
  }
};

interface Resource {
  readonly contained?: readonly { readonly resourceType: string; readonly status?: string; readonly code?: { readonly coding?: readonly { readonly code?: string }[] } }[];
  readonly resourceType: string;
  readonly id: string;
  readonly status?: string;
  readonly subject?: { readonly reference?: string };
  readonly encounter?: { readonly reference?: string };
  readonly effectiveDateTime?: string;
  readonly name?: readonly { readonly family?: string }[];
  readonly participant?: readonly { readonly individual?: { readonly reference?: string } }[];
  readonly code?: { readonly coding?: readonly { readonly code?: string }[] };
}

const tables = `
  CREATE TABLE obs (rid INTEGER PRIMARY KEY, seq INTEGER, patient TEXT, code TEXT, status TEXT, date INTEGER, encounter TEXT);
  CREATE TABLE enc (rid INTEGER PRIMARY KEY, seq INTEGER, patient TEXT, id TEXT, staff TEXT);
  CREATE TABLE cond (rid INTEGER PRIMARY KEY, seq INTEGER);
  CREATE TABLE person (rid INTEGER PRIMARY KEY, seq INTEGER, id TEXT, family TEXT);
  CREATE TABLE drug (rid INTEGER PRIMARY KEY, seq INTEGER, code TEXT, status TEXT);
  CREATE TABLE staff (rid INTEGER PRIMARY KEY, seq INTEGER, id TEXT);
`;
const indexes = `
  CREATE INDEX obs_patient ON obs (patient, date); CREATE INDEX obs_code ON obs (code, date); CREATE INDEX obs_date ON obs (date, rid); CREATE INDEX obs_status ON obs (status);
  CREATE INDEX obs_patient_code ON obs (patient, code); CREATE INDEX obs_encounter ON obs (encounter);
  CREATE INDEX enc_patient ON enc (patient); CREATE INDEX person_id ON person (id); CREATE INDEX person_family ON person (family); CREATE INDEX staff_id ON staff (id);
  CREATE INDEX drug_code ON drug (code, status);
`;

const makeHand = (place: string): void => {
  const from = new Database(join(place, databaseFile), { readonly: true });
  const to = new Database(join(place, 'hand.db'));
  to.exec(`PRAGMA synchronous = OFF; ${tables} BEGIN`);
  const put = {
    Observation: to.prepare('INSERT INTO obs VALUES (?, ?, ?, ?, ?, ?, ?)'), Encounter: to.prepare('INSERT INTO enc VALUES (?, ?, ?, ?, ?)'),
    Condition: to.prepare('INSERT INTO cond VALUES (?, ?)'), Patient: to.prepare('INSERT INTO person VALUES (?, ?, ?, ?)'), Practitioner: to.prepare('INSERT INTO staff VALUES (?, ?, ?)'), MedicationRequest: to.prepare('INSERT INTO drug VALUES (?, ?, ?, ?)'),
  };
  const rows = from.prepare('SELECT r.rid, r.seq, v.body FROM resource r JOIN version v ON v.seq = r.seq WHERE r.deleted = 0').raw().iterate() as IterableIterator<[number, number, string]>;
  for (const [rid, seq, body] of rows) {
    const one = JSON.parse(body) as Resource;
    const patient = one.subject?.reference ?? null;
    if (one.resourceType === 'Observation') put.Observation.run(rid, seq, patient, one.code?.coding?.[0]?.code ?? null, one.status, Date.parse(one.effectiveDateTime ?? '') || null, one.encounter?.reference ?? null);
    else if (one.resourceType === 'Encounter') put.Encounter.run(rid, seq, patient, one.id, one.participant?.[0]?.individual?.reference?.split('/')[1] ?? null);
    else if (one.resourceType === 'Condition') put.Condition.run(rid, seq);
    else if (one.resourceType === 'Patient') put.Patient.run(rid, seq, one.id, one.name?.[0]?.family?.toLowerCase() ?? null);
    else if (one.resourceType === 'MedicationRequest' && one.contained?.[0]?.resourceType === 'Medication') put.MedicationRequest.run(rid, seq, one.contained[0].code?.coding?.[0]?.code ?? null, one.contained[0].status ?? null);
    else if (one.resourceType === 'Practitioner') put.Practitioner.run(rid, seq, one.id);
  }
  to.exec(`COMMIT; ${indexes}`);
  to.close();
  from.close();
};
