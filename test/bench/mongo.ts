/**
 * The server on MongoDB against the bare driver with the same documents, in turn, and the same server in 1, 2 and 4 processes. The database is the test
 * server, one process on one core: only ratios mean anything, and what more processes bring is what that core leaves.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/core/package-root.js';
import { noDatabase, startDatabase } from '../support/database.js';
import { startServer, type RunningServer } from '../support/server.js';
import type { Drive } from './audit.js';
import { loadData, observationText, writeRequests } from './data.js';
import { median, type Row } from './table.js';

export interface MongoOptions {
  readonly folder: string;
  readonly patients: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly drive: Drive;
  readonly add: (row: Row) => void;
}

const run = promisify(execFile);
/** Reads are asked one after the other: with more at once the test server answered the server many times faster than the bare driver, for a reason that was not found. */
const atOnce = { read: 1, search: 1, create: 16 } as const;
const note = 'on a test server: says nothing of MongoDB';

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];

const limitOf = async (url: string, kind: keyof typeof atOnce, { ids, seconds }: { readonly ids: string; readonly seconds: number }): Promise<number> => {
  const { stdout } = await run(process.execPath, [join(packageRoot, 'dist', 'test', 'bench', 'limit', 'mongo.js'), url, kind, ids, String(seconds), String(atOnce[kind])]);
  return (JSON.parse(stdout) as { rate: number }).rate;
};

interface Work {
  readonly kind: 'read' | 'search' | 'create';
  readonly name: string;
  readonly requests: string;
  readonly goal: number;
}

/** A round in which the test server was too slow for the server's patience (503, Retry-After) is done again. */
const patient = (drive: Drive): Drive => async (...given) => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await drive(...given);
    } catch (error) {
      if (attempt === 3 || !String(error).includes('503')) throw error;
    }
  }
};

/** Resolves when the rows are added, none where there is no database. */
export const mongoRows = async ({ folder, patients, rounds, seconds, drive: impatient, add }: MongoOptions): Promise<void> => {
  const drive = patient(impatient);
  const missing = noDatabase();
  if (missing !== undefined) {
    console.log(`MongoDB: NOT RUN, ${missing}`);
    return;
  }
  const database = await startDatabase();
  const env = { STORE_URL: database.url, PAGE_SECRET: randomBytes(32).toString('hex'), AUTH_KEY: randomBytes(32).toString('hex'), AUDIT_KEY: randomBytes(32).toString('hex') };
  const start = (workers: number): Promise<RunningServer> => startServer({ dataDir: join(folder, `mongo-${String(workers)}`), env: { ...env, WORKERS: String(workers) } });
  try {
    let server = await start(1);
    const data = await loadData(server.base, patients, folder);
    const ids = join(folder, 'patients.json');
    writeFileSync(ids, JSON.stringify(data.patients));
    const works: readonly Work[] = [
      { kind: 'read', name: 'read by id', goal: 0.6, requests: writeRequests(folder, 'mongo-read', data.patients.map((id) => ['GET', `/fhir/Patient/${id}`])) },
      { kind: 'search', name: 'search of 20', goal: 0.5, requests: writeRequests(folder, 'mongo-search', data.patients.map((id) => ['GET', `/fhir/Observation?patient=${id}&_count=20`])) },
      { kind: 'create', name: 'create, 16 at once', goal: 0.5, requests: writeRequests(folder, 'mongo-create', Array.from({ length: 2_000 }, (_, n) => ['POST', '/fhir/Observation', observationText(data.patients[n % data.patients.length] ?? '', n)])) },
    ];
    for (const { kind, name, goal, requests } of works) {
      const [rates, limits]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        rates.push((await drive(server.origin, requests, { connections: atOnce[kind] })).rate);
        limits.push(await limitOf(database.url, kind, { ids, seconds }));
      }
      const [value, most] = [median(rates), median(limits)];
      add({ work: `MongoDB: ${name}`, value, unit: '/s', spread: spreadOf(rates), limit: most, goal: `>= ${String(goal)} of the bare driver`, met: value / most >= goal, note });
    }
    await server.stop();
    for (const workers of [1, 2, 4]) {
      server = await start(workers);
      for (const { kind, name, requests } of works.filter(({ kind: each }) => each !== 'search')) {
        const rates: number[] = [];
        // As many for each process: creates that wait together are one transaction, and clients divided among more would make more of them.
        for (let round = 0; round < rounds; round += 1) rates.push((await drive(server.origin, requests, { connections: 16 * workers })).rate);
        add({ work: `MongoDB: ${kind === 'read' ? name : 'create'} in ${String(workers)} process${workers === 1 ? '' : 'es'}`, value: median(rates), unit: '/s', spread: spreadOf(rates), goal: '', note });
      }
      await server.stop();
    }
  } finally {
    await database.remove();
  }
};
