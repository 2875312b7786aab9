/**
 * `npm run bench [-- --only read,search --seconds 5 --rounds 3 --patients 300]`: the built server and the limit programs in turn
 * (A B A B ...), medians, spreads and ratios. Writes bench-results.json.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { packageRoot } from '../../src/core/package-root.js';
import { call } from '../support/http.js';
import { startServer, type RunningServer } from '../support/server.js';
import { auditRows, type Drive } from './audit.js';
import { authorizationRows } from './authorization.js';
import { loadData, observationText, writeRequests, type Data } from './data.js';
import type { Findings } from './load-generator.js';
import { mongoRows } from './mongo.js';
import { searchRows } from './search.js';
import { median, toTable, type Row } from './table.js';
import { terminologyRows } from './terminology.js';
import { validationRows } from './validation.js';
import { xmlRows } from './xml.js';

const run = promisify(execFile);
const compiled = (...path: string[]): string => join(packageRoot, 'dist', 'test', 'bench', ...path);
const { values } = parseArgs({ options: { only: { type: 'string' }, seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' }, patients: { type: 'string', default: '300' }, resources: { type: 'string' } } });
const wanted = (name: string): boolean => values.only === undefined || values.only.split(',').includes(name);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** Drives a server with a list of requests. */
const drive = async (origin: string, requests: string, load: number | Parameters<Drive>[2]): Promise<Findings> => {
  const orders = { port: Number(new URL(origin).port), seconds, requests, ...(typeof load === 'number' ? { connections: load } : load) };
  const { stdout } = await run(process.execPath, [compiled('load-generator.js'), JSON.stringify(orders)]);
  const findings = JSON.parse(stdout) as Findings;
  if (findings.failures > 0) throw new Error(`${String(findings.failures)} requests failed, such as: ${findings.firstFailure ?? ''}`);
  return findings;
};

const startLimit = async (file: string): Promise<{ origin: string; stop: () => void }> => {
  const child = spawn(process.execPath, [compiled('limit', 'server.js'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const origin = await new Promise<string>((resolve) => { child.stdout.once('data', (line: Buffer) => { resolve(line.toString().trim()); }); });
  return { origin, stop: () => { child.kill(); } };
};

interface Place {
  readonly server: RunningServer;
  readonly data: Data;
  readonly folder: string;
}

const spreadOf = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)];

/** Reads and searches: the same rows by a hand-written query over bare node:http. */
const compareReads = async ({ server, data, folder }: Place, { name, ours, theirs, goal }: { name: string; ours: (ids: readonly string[]) => readonly string[]; theirs: (id: string) => string; goal: number }): Promise<Row> => {
  const ids = data.patients.slice(0, 1_000);
  const [mine, bare] = [writeRequests(folder, `${name}-ours`, ours(ids).map((url) => ['GET', url])), writeRequests(folder, `${name}-theirs`, ids.map((id) => ['GET', theirs(id)]))];
  const limit = await startLimit(data.limitFile);
  try {
    const found: Findings[] = [];
    const limits: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      found.push(await drive(server.origin, mine, 16));
      limits.push((await drive(limit.origin, bare, 16)).rate);
    }
    const rates = found.map(({ rate }) => rate);
    const [value, most] = [median(rates), median(limits)];
    return { work: name, value, unit: '/s', spread: spreadOf(rates), limit: most, goal: `>= ${String(goal)} of the limit`, met: value / most >= goal, note: `p99 ${median(found.map(({ p99 }) => p99)).toFixed(1)} ms` };
  } finally {
    limit.stop();
  }
};

const searchUrl = (query: string): string => `/fhir/Observation?${query}`;

/** The same searches in so many words that none come again before what is kept of words has been forgotten. */
const inNewWords = (origin: string, ids: readonly string[]): string[] => {
  const absolute = (id: string): string => encodeURIComponent(`${origin}/fhir/Patient/${id}`);
  const named = ['patient', 'subject'].flatMap((name) => [(id: string) => `${name}=Patient/${id}`, (id: string) => `${name}:Patient=${id}`, (id: string) => `${name}=${absolute(id)}`]);
  const wordings = [(one: string) => `${one}&_count=20`, (one: string) => `_count=20&${one}`, (one: string) => `${one}&_count=20&_total=none`, (one: string) => `_total=none&_count=20&${one}`];
  return wordings.flatMap((wording) => named.flatMap((one) => ids.map((id) => searchUrl(wording(one(id))))));
};

const writeLimit = async (requests: string, atOnce: number, perCommit: number): Promise<number> => {
  const { stdout } = await run(process.execPath, [compiled('limit', 'writes.js'), requests, String(atOnce), String(seconds), String(perCommit)]);
  return (JSON.parse(stdout) as { rate: number }).rate;
};

const creates = async ({ server, data, folder }: Place): Promise<Row> => {
  const requests = writeRequests(folder, 'create', Array.from({ length: 2_000 }, (_, n) => ['POST', '/fhir/Observation', observationText(data.patients[n % data.patients.length] ?? '', n)]));
  const found: Findings[] = [];
  const limits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    found.push(await drive(server.origin, requests, 64));
    limits.push(await writeLimit(requests, 64, 1));
  }
  const rates = found.map(({ rate }) => rate);
  const [value, most] = [median(rates), median(limits)];
  return { work: 'create (1 KB, validated, indexed, durable)', value, unit: '/s', spread: spreadOf(rates), limit: most, goal: '>= 0.7 of the limit', met: value / most >= 0.7, note: `p99 ${median(found.map(({ p99 }) => p99)).toFixed(1)} ms` };
};

const transactions = async ({ server, data, folder }: Place): Promise<Row> => {
  const bundle = (n: number): string => JSON.stringify({
    resourceType: 'Bundle', type: 'transaction',
    entry: Array.from({ length: 100 }, (_, at) => ({ fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(n * 100 + at).padStart(12, '0')}`, resource: JSON.parse(observationText(data.patients[at % data.patients.length] ?? '', n * 100 + at)) as unknown, request: { method: 'POST', url: 'Observation' } })),
  });
  const requests = writeRequests(folder, 'transaction', Array.from({ length: 20 }, (_, n) => ['POST', '/fhir', bundle(n)]));
  const creation = writeRequests(folder, 'transaction-limit', Array.from({ length: 200 }, (_, n) => ['POST', '', observationText('x', n)]));
  const rates: number[] = [];
  const limits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rates.push(100 * (await drive(server.origin, requests, 4)).rate);
    limits.push(await writeLimit(creation, 4, 100));
  }
  const value = median(rates);
  return { work: 'transaction of 100', value, unit: 'resources/s', spread: spreadOf(rates), limit: median(limits), goal: '>= 4,000 resources/s', met: value >= 4_000 };
};

const startRow = async (dataDir: string): Promise<Row> => {
  const times: number[] = [];
  for (let round = 0; round < Math.max(3, rounds); round += 1) {
    const begun = performance.now();
    const server = await startServer({ dataDir });
    await call({ method: 'GET', url: `${server.base}/metadata` });
    times.push(performance.now() - begun);
    await server.stop();
  }
  return { work: 'start to first answer, data loaded', value: median(times), unit: 'ms', spread: spreadOf(times), goal: '<= 1,500 ms', met: median(times) <= 1_500 };
};

const residentMegabytes = async (origin: string): Promise<number> => {
  const { text } = await call({ method: 'GET', url: `${origin}/metrics` });
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1] ?? 0) / 1024 ** 2;
};

/** What a server holds that reads and searches what was loaded before it started. */
const servingRow = async (dataDir: string, { data, folder }: Place): Promise<Row> => {
  const server = await startServer({ dataDir });
  const requests = writeRequests(folder, 'serving', data.patients.flatMap((id) => [['GET', `/fhir/Patient/${id}`], ['GET', `/fhir/Observation?patient=${id}&_sort=-date&_count=20`]] as const));
  await drive(server.origin, requests, 16);
  const memory = await residentMegabytes(server.origin);
  await server.stop();
  return { work: 'resident memory, serving reads and searches', value: memory, unit: 'MB', spread: [memory, memory], goal: '<= 250 MB', met: memory <= 250 };
};

const loopDelay = async (origin: string): Promise<number> => {
  const { text } = await call({ method: 'GET', url: `${origin}/metrics` });
  return 1000 * Number(/^fhir_event_loop_delay_seconds\{quantile="0.99"\} (\S+)/m.exec(text)?.[1] ?? 0);
};

const finish = async (rows: readonly Row[]): Promise<void> => {
  console.log(`\n${toTable(rows)}\n`);
  const { stdout } = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: packageRoot }).catch(() => ({ stdout: 'unknown' }));
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
  writeFileSync(join(packageRoot, 'bench-results.json'), JSON.stringify({ commit: stdout.trim(), command: process.argv.slice(2), machine, rows }, undefined, 2));
};

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-bench-'));
  const dataDir = join(folder, 'data');
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    console.log(`${row.work}: ${row.value.toFixed(0)} ${row.unit}${row.limit === undefined ? '' : `, ratio ${(row.value / row.limit).toFixed(2)}`}`);
  };
  try {
    // Only where it is asked for: the test server is slow.
    if (values.only?.split(',').includes('mongo') === true) await mongoRows({ folder, patients: Math.min(40, Number(values.patients)), rounds, seconds, drive, add });
    if (values.only === 'mongo') return await finish(rows);
    const server = await startServer({ dataDir });
    const data = await loadData(server.base, Number(values.patients), folder);
    const place: Place = { server, data, folder };
    add({ work: `load of ${data.resources.toLocaleString('en-US')} resources by transactions`, value: data.loadRate, unit: 'resources/s', spread: [data.loadRate, data.loadRate], goal: '' });
    await loopDelay(server.origin);
    if (wanted('read')) add(await compareReads(place, { name: 'read by id', ours: (ids) => ids.map((id) => `/fhir/Patient/${id}`), theirs: (id) => `/read/${id}`, goal: 0.5 }));
    const bySearch = (id: string): string => `/search/${id}`;
    if (wanted('search')) add(await compareReads(place, { name: 'search of 20', ours: (ids) => ids.map((id) => searchUrl(`patient=${id}&_count=20`)), theirs: bySearch, goal: 0.5 }));
    if (wanted('search')) add(await compareReads(place, { name: 'search of 20, words that are new', ours: (ids) => inNewWords(server.origin, ids), theirs: bySearch, goal: 0.5 }));
    if (wanted('search') && values.resources !== undefined) (await searchRows({ resources: Number(values.resources) })).forEach(add);
    if (wanted('create')) add(await creates(place));
    if (wanted('transaction')) add(await transactions(place));
    const delay = await loopDelay(server.origin);
    add({ work: 'event-loop delay p99 over all of it', value: delay, unit: 'ms', spread: [delay, delay], goal: '<= 50 ms', met: delay <= 50 });
    const memory = await residentMegabytes(server.origin);
    add({ work: 'resident memory after loading and all of it', value: memory, unit: 'MB', spread: [memory, memory], goal: '' });
    await server.stop();
    if (wanted('memory')) add(await servingRow(dataDir, place));
    if (wanted('start')) add(await startRow(dataDir));
    if (wanted('audit')) (await auditRows({ dataDir, folder, data, rounds, drive })).forEach(add);
    if (wanted('xml')) xmlRows(rounds).forEach(add);
    if (wanted('authorization')) (await authorizationRows(rounds)).forEach(add);
    if (wanted('terminology')) (await terminologyRows(rounds)).forEach(add);
    if (wanted('validation')) (await validationRows(rounds)).forEach(add);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await finish(rows);
};

await main();
