/**
 * What authorization and the audit cost: two built servers on copies of one store, one open and one with tokens and a record of every
 * access, asked in turn; and how fast the journal is verified.
 */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuditKey } from '../../src/audit/checkpoint.js';
import { openKeeper, loadCheckpoints } from '../../src/audit/keeper.js';
import { openHashFile } from '../../src/audit/hash-file.js';
import { auditRecordText } from '../../src/audit/record.js';
import { verifyJournal } from '../../src/audit/verify.js';
import { systemClock } from '../../src/core/clock.js';
import { randomIds } from '../../src/core/id.js';
import { observeNothing } from '../../src/core/observe.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import { concierge } from '../support/command.js';
import { startServer } from '../support/server.js';
import { writeRequests, type Data } from './data.js';
import type { Findings } from './load-generator.js';
import { median, type Row } from './table.js';

export type Drive = (origin: string, requests: string, load: { readonly connections: number; readonly headers?: Readonly<Record<string, string>> | undefined }) => Promise<Findings>;

interface Parts {
  /** DATA_DIR of a server that has stopped. */
  readonly dataDir: string;
  readonly folder: string;
  readonly data: Data;
  readonly rounds: number;
  readonly drive: Drive;
}

/** Registers an app with the running server and returns a token of it. */
const tokenOf = async (folder: string, env: Readonly<Record<string, string>>): Promise<string> => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const keys = join(folder, 'bench.jwks');
  writeFileSync(keys, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES384', use: 'sig' }] }));
  const told = async (words: readonly string[]): Promise<string> => {
    const { code, out, err } = await concierge(words, { env });
    if (code !== 0) throw new Error(`${words.join(' ')}: ${err}`);
    return out.trim();
  };
  await told(['client', 'add', '--id', 'bench', '--type', 'backend', '--scope', 'system/*.rs', '--jwks', keys]);
  return told(['token', '--client', 'bench', '--scope', 'system/*.rs', '--minutes', '60']);
};

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];
const works = [
  { name: 'read by id, authorized and audited', path: (id: string) => `/fhir/Patient/${id}` },
  { name: 'search of 20, authorized and audited', path: (id: string) => `/fhir/Observation?patient=${id}&_count=20` },
];

/** Returns the rows of reads and searches; what stands as their limit is the same on the open server. */
export const auditRows = async ({ dataDir, folder, data, rounds, drive }: Parts): Promise<readonly Row[]> => {
  const own = join(folder, 'audited');
  cpSync(dataDir, own, { recursive: true });
  const env = { AUTH: 'smart', AUDIT: 'on', DATA_DIR: own };
  const [open, audited] = [await startServer({ dataDir }), await startServer({ dataDir: own, env })];
  const rows: Row[] = [];
  try {
    const headers = { Authorization: `Bearer ${await tokenOf(folder, env)}` };
    for (const { name, path } of works) {
      const requests = writeRequests(folder, name.replace(/\W+/g, '-'), data.patients.slice(0, 1_000).map((id) => ['GET', path(id)]));
      const [found, limits]: [Findings[], number[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        found.push(await drive(audited.origin, requests, { connections: 16, headers }));
        limits.push((await drive(open.origin, requests, { connections: 16 })).rate);
      }
      const rates = found.map(({ rate }) => rate);
      const [value, limit] = [median(rates), median(limits)];
      rows.push({ work: name, value, unit: '/s', spread: spreadOf(rates), limit, goal: '>= 0.5 of the open one', met: value / limit >= 0.5, note: `p99 ${median(found.map(({ p99 }) => p99)).toFixed(1)} ms` });
    }
  } finally {
    await Promise.all([open.stop(), audited.stop()]);
  }
  return [...rows, await verifyRow(folder, rounds)];
};

const journalSize = 300_000;
const together = 5_000;

/** A journal of reads, signed as it grew, hashed anew. */
const verifyRow = async (folder: string, rounds: number): Promise<Row> => {
  const place = { folder: join(folder, 'journal'), checkpointFile: join(folder, 'second-place') };
  const store = await openSqliteStore({ folder: place.folder, clock: systemClock, observe: observeNothing });
  const key = makeAuditKey('a secret of the bench');
  const keeper = openKeeper({ ...place, key, store, clock: systemClock, origin: () => 'http://bench/fhir', tell: () => undefined });
  const record = (n: number) => auditRecordText({
    id: randomIds.resource(), begun: systemClock.now(), recorded: systemClock.now(), action: 'read', subtype: 'read', outcome: '0', agent: { client: 'bench', account: randomIds.resource(), user: 'Practitioner/p', jti: randomIds.resource(), address: '127.0.0.1' },
    patient: `p${String(n)}`, data: [`Observation/o${String(n)}`], requestId: randomIds.request(), site: 'http://bench/fhir',
  });
  for (let done = 0; done < journalSize; done += together) {
    await store.commit({ writes: [], audit: Array.from({ length: together }, (_, n) => ({ text: record(done + n) })) });
    await keeper.follow();
  }
  keeper.close();
  const leaves = openHashFile(join(place.folder, 'audit-leaves'));
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    const { records, fault } = await verifyJournal({ store, leaves, threads: true, checkpoints: loadCheckpoints(place.checkpointFile), publicKey: key.publicKey });
    if (fault !== undefined || records !== journalSize) throw new Error(`verification found ${JSON.stringify(fault)} in ${String(records)} records`);
    rates.push((1000 * records) / (performance.now() - begun));
  }
  leaves.close();
  await store.close();
  const value = median(rates);
  return { work: 'records of the audit verified', value, unit: '/s', spread: spreadOf(rates), goal: '>= 300,000/s', met: value >= 300_000, note: `${journalSize.toLocaleString('en-US')} records` };
};
