/** What the benchmarks ask for: the synthetic clinic, loaded into the server and, as plain tables, into the limit program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { clinicGroups, groupBundle } from '../../src/sample/generate.js';
import { call } from '../support/http.js';

export interface Data {
  readonly patients: readonly string[];
  readonly observations: readonly string[];
  readonly resources: number;
  /** Resources per second while loading, over HTTP by transactions. */
  readonly loadRate: number;
  readonly limitFile: string;
}

const options = (patients: number): Parameters<typeof clinicGroups>[0] => ({ patients, seed: 11, today: '2026-03-02' });

/** Loads the clinic, several transactions at a time. */
export const loadData = async (base: string, patients: number, folder: string): Promise<Data> => {
  const groups = clinicGroups(options(patients));
  const found = { patients: [] as string[], observations: [] as string[], resources: 0 };
  const limitFile = join(folder, 'limit.db');
  const limit = makeLimit(limitFile);
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    for (let next = groups.next(); next.done !== true; next = groups.next()) {
      const group = next.value;
      for (const resource of group.resources) limit(resource);
      found.resources += group.resources.length;
      for (const { type, id } of group.resources) if (type === 'Patient' || type === 'Observation') found[type === 'Patient' ? 'patients' : 'observations'].push(id);
      const load = (): ReturnType<typeof call> => call({ method: 'POST', url: base, headers: { 'content-type': 'application/fhir+json' }, body: groupBundle(group) });
      let { status, text } = await load();
      // A slow database may ask to come back.
      while (status === 503) ({ status, text } = await load());
      if (status !== 200) throw new Error(`loading: ${String(status)} ${text.slice(0, 400)}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  limit(undefined);
  return { ...found, loadRate: found.resources / ((performance.now() - begun) / 1000), limitFile };
};

interface Resource {
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/** Plain tables with the one index each query needs; called without a resource it ends. */
const makeLimit = (file: string): ((resource: Resource | undefined) => void) => {
  const database = new Database(file);
  database.exec('CREATE TABLE resource (rid INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT); CREATE TABLE by_patient (patient TEXT, rid INTEGER, PRIMARY KEY (patient, rid)) WITHOUT ROWID; BEGIN');
  const put = database.prepare('INSERT INTO resource (id, body) VALUES (?, ?)');
  const refer = database.prepare('INSERT INTO by_patient VALUES (?, ?)');
  return (resource) => {
    if (resource === undefined) {
      database.exec('COMMIT');
      database.close();
      return;
    }
    const { lastInsertRowid } = put.run(resource.id, resource.text);
    const patient = resource.type === 'Observation' ? /"subject":\{"reference":"Patient\/([^"]+)"/.exec(resource.text)?.[1] : undefined;
    if (patient !== undefined) refer.run(patient, lastInsertRowid);
  };
};

/** Writes a list of requests to a file for the load generator; returns its name. */
export const writeRequests = (folder: string, name: string, requests: readonly (readonly [string, string, string?])[]): string => {
  const file = join(folder, `${name}.requests`);
  writeFileSync(file, requests.map((request) => JSON.stringify(request)).join('\n'));
  return file;
};

/** Returns an Observation of about 1 KB, as laboratories send them. */
export const observationText = (patient: string, n: number): string => JSON.stringify({
  resourceType: 'Observation', identifier: [{ system: 'https://lab.example.org/results', value: `${patient}-${String(n)}` }], status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '2339-0', display: 'Glucose [Mass/volume] in Blood' }], text: 'Glucose' },
  subject: { reference: `Patient/${patient}` }, effectiveDateTime: `2026-02-${String(1 + (n % 28)).padStart(2, '0')}T08:${String(n % 60).padStart(2, '0')}:00Z`, issued: '2026-02-28T12:00:00Z',
  performer: [{ reference: 'Organization/lab', display: 'Central laboratory' }],
  valueQuantity: { value: 80 + (n % 60), unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N', display: 'Normal' }] }],
  referenceRange: [{ low: { value: 70, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' }, high: { value: 100, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' } }],
});
