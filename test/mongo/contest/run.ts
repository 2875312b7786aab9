/** Processes compete on one database while readers follow; then everything is held against what they were told. One may be killed on the way. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/core/clock.js';
import { FhirError } from '../../../src/core/error.js';
import { observeNothing } from '../../../src/core/observe.js';
import type { Version } from '../../../src/store/resource.js';
import type { Store } from '../../../src/store/store.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { faultsOf, type Reader } from './check.js';
import { refusalFaults, staleFaults } from './refusal.js';
import type { Told } from './operation.js';

export interface ContestOptions {
  readonly url: string;
  readonly processes: number;
  /** Of each process. */
  readonly changes: number;
  /** Whether one process is killed when half is done. */
  readonly kill: boolean;
}

export interface ContestResult {
  readonly faults: readonly string[];
  readonly told: number;
  readonly versions: number;
  readonly seconds: number;
}

const workerFile = join(import.meta.dirname, 'worker.js');

interface Worker {
  readonly process: ChildProcess;
  readonly told: Told[];
  /** Resolves with what went wrong. */
  readonly ended: Promise<string | undefined>;
}

const startWorker = (name: string, { url, processes, changes }: ContestOptions): Worker => {
  const child = spawn(process.execPath, [workerFile, url, name, String(changes), String(Math.ceil((processes * changes) / 16))], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told: Told[] = [];
  let complaint = '';
  let done = false;
  child.stderr.on('data', (part: Buffer) => { complaint = (complaint + part.toString()).slice(-2_000); });
  createInterface(child.stdout).on('line', (line) => {
    // The last line of one that was killed may be cut.
    if (!line.endsWith('}') && line !== '"done"') return;
    if (line === '"done"') done = true;
    else told.push(JSON.parse(line) as Told);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('close', (code, signal) => resolve(done || signal === 'SIGKILL' ? undefined : `${name} ended with ${String(code)}: ${complaint}`));
  });
  return { process: child, told, ended };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A reader looks for a quarter of its time at the most, so that those who compete have the database. */
const restAfter = (lookMs: number): number => Math.max(20, 3 * lookMs);

/** Follows the feed and the audit until `isOver` and nothing is new. */
const follow = async (store: Store, isOver: () => boolean): Promise<Reader> => {
  const seen: Reader = { positions: [], records: [] };
  for (let last = false; !last;) {
    const over = isOver();
    const begun = performance.now();
    try {
      const found = await store.changes(seen.positions.at(-1) ?? 0, 200);
      for (const { seq } of found) seen.positions.push(seq);
      const records = await store.records('audit', seen.records.length, 200);
      for (const { text } of records) seen.records.push(text);
      last = over && found.length + records.length === 0;
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'store-unavailable') throw error;
    }
    await pause(last ? 0 : restAfter(performance.now() - begun));
  }
  return seen;
};

const wholeFeed = async (store: Store): Promise<Version[]> => {
  const all: Version[] = [];
  for (;;) {
    const page = await store.changes(all.at(-1)?.seq ?? 0, 1_000);
    if (page.length === 0) return all;
    all.push(...page);
  }
};

const killHalfway = async (workers: readonly Worker[], changes: number): Promise<void> => {
  const [victim] = workers;
  while (victim !== undefined && victim.told.length < changes / 5 && victim.process.exitCode === null) await pause(5);
  victim?.process.kill('SIGKILL');
};

/** Resolves with what was found. */
export const runContest = async (options: ContestOptions): Promise<ContestResult> => {
  const begun = performance.now();
  const open = (): Promise<Store> => openMongoStore({ url: options.url, clock: systemClock, observe: observeNothing });
  const readers = await Promise.all([open(), open()]);
  const workers = Array.from({ length: options.processes }, (_, at) => startWorker(`p${String(at)}`, options));
  let over = false;
  const following = readers.map((store) => follow(store, () => over));
  if (options.kill) await killHalfway(workers, options.changes);
  const complaints = (await Promise.all(workers.map(({ ended }) => ended))).filter((each) => each !== undefined);
  over = true;
  const seen = await Promise.all(following);
  const [store] = readers;
  const feed = store === undefined ? [] : await wholeFeed(store);
  const audit = await store?.records('audit', 0, 1_000_000) ?? [];
  const told = workers.flatMap((worker) => worker.told);
  const files = await store?.maintain({ task: 'check-files' });
  const stale = store === undefined ? [] : await staleFaults(store, feed[0]);
  await Promise.all(readers.map((reader) => reader.close()));
  const faults = [...complaints, ...faultsOf({ told, feed, readers: seen, audit }), ...stale, ...await refusalFaults(options.url), ...(files?.faults ?? []).map(({ type, id, problem }) => `${type}/${id}: ${problem}`)];
  return { faults, told: told.length, versions: feed.length, seconds: Math.round((performance.now() - begun) / 1000) };
};
