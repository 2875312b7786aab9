/**
 * Searches of every class in this process, on the embedded store: `node dist/test/bench/search.js [patients]`. Prints milliseconds per
 * search and how long the event loop was held; `searchRows` gives the medians to the runner.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import type { Service } from '../../src/interaction/service.js';
import { clinicGroups, groupBundle } from '../../src/sample/generate.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import { call, makeService } from '../fixture/service.js';
import type { Row } from './table.js';

export interface Timing {
  readonly work: string;
  readonly p50: number;
  readonly p99: number;
  /** Longest time the event loop was held, milliseconds. */
  readonly held: number;
  readonly entries: number;
}

interface Known {
  readonly patients: readonly string[];
  readonly names: readonly string[];
}

type MakeUrl = (known: Known, at: number) => string;
const one = (list: readonly string[], at: number): string => list[(at * 7919) % list.length] ?? '';

const classes: Readonly<Record<string, MakeUrl>> = {
  'by patient, newest first, 20': ({ patients }, at) => `Observation?patient=${one(patients, at)}&_sort=-date&_count=20`,
  'by patient, 20': ({ patients }, at) => `Observation?patient=${one(patients, at)}&_count=20`,
  'token and date': (_, at) => `Observation?code=http://loinc.org|8867-4&date=ge2026-01-${String((at % 27) + 1).padStart(2, '0')}&_count=20`,
  'name': ({ names }, at) => `Patient?name=${encodeURIComponent(one(names, at))}&_count=20`,
  'chain': ({ names }, at) => `Observation?subject:Patient.family=${encodeURIComponent(one(names, at))}&_count=20`,
  '_has': () => 'Patient?_has:Observation:patient:code=http://loinc.org|8867-4&_count=20',
  'includes': ({ patients }, at) => `Encounter?patient=${one(patients, at)}&_include=Encounter:participant&_revinclude=Observation:encounter&_count=20`,
  'sorted page of a whole type': () => 'Observation?_sort=-date&_count=20',
  'sorted, code leads': () => 'Observation?code=http://loinc.org|8867-4&_sort=-date&_count=20',
  'accurate total': () => 'Observation?status=final&_total=accurate&_count=20',
  'text of one patient': ({ patients }, at) => `Observation?patient=${one(patients, at)}&_content=rate&_count=20`,
  'text of a whole type': () => 'Condition?_content=hypertension&_count=20',
};

const load = async (service: Service, patients: number): Promise<{ readonly known: Known; readonly resources: number }> => {
  const known = { patients: [] as string[], names: [] as string[] };
  let resources = 0;
  for (const group of clinicGroups({ patients, seed: 11, today: '2026-03-02' })) {
    for (const { type, id, text } of group.resources) {
      if (type !== 'Patient') continue;
      known.patients.push(id);
      known.names.push((JSON.parse(text) as { name: [{ family: string }] }).name[0].family);
    }
    resources += group.resources.length;
    await call(service, { method: 'POST', url: '', body: groupBundle(group) });
  }
  return { known, resources };
};

const numberAt = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const time = async (service: Service, work: string, urlAt: (at: number) => string | Promise<string>): Promise<Timing> => {
  const runs: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let entries = 0;
  const until = performance.now() + 3_000;
  delay.enable();
  for (let at = 0; at < 400 && (at < 5 || performance.now() < until); at += 1) {
    const url = await urlAt(at);
    const begun = performance.now();
    const { body = '' } = await call(service, { method: 'GET', url });
    runs.push(performance.now() - begun);
    entries += body.split('"fullUrl"').length - 1;
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  delay.disable();
  const sorted = runs.slice(1).sort((a, b) => a - b);
  return { work, p50: numberAt(sorted, 0.5), p99: numberAt(sorted, 0.99), held: delay.max / 1e6, entries: entries / runs.length };
};

/** Follows a thousand links once, or to the end; returns the last page but one, to be asked for again and again. */
const deepPage = async (service: Service): Promise<{ readonly url: string; readonly page: number }> => {
  let [url, before, page] = ['Observation?_sort=date&_count=20', '', 0];
  for (; page < 1_000; page += 1) {
    const { body = '{}' } = await call(service, { method: 'GET', url });
    const next = (JSON.parse(body) as { link: { relation: string; url: string }[] }).link.find(({ relation }) => relation === 'next');
    if (next === undefined) break;
    before = url;
    url = next.url.slice(service.options.baseUrl.length + 1);
  }
  return { url: before, page };
};

/** Returns the times of every class on a clinic of so many patients. */
export const timeSearches = async (patients: number, say: (text: string) => void): Promise<Timing[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-search-'));
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing });
  try {
    const service = makeService(store);
    const { known, resources } = await load(service, patients);
    say(`${String(resources)} resources of ${String(patients)} patients, ${String(Math.round((await store.statistics()).bytes / 1024 ** 2))} MB`);
    const timings: Timing[] = [];
    for (const [work, makeUrl] of Object.entries(classes)) timings.push(await time(service, work, (at) => makeUrl(known, at)));
    const deep = await deepPage(service);
    timings.push(await time(service, `page ${String(deep.page)} of a sorted type`, () => deep.url));
    return timings;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Returns the rows of the runner's table. */
export const searchRows = async (patients: number): Promise<readonly Row[]> =>
  (await timeSearches(patients, () => undefined)).map(({ work, p50, p99 }) => ({ work: `search: ${work}`, value: p50, unit: 'ms', spread: [p50, p99] as const, goal: 'p99 <= 50 ms', met: p99 <= 50 }));

const toLine = ({ work, p50, p99, held, entries }: Timing): string => `| ${work} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${held.toFixed(1)} | ${entries.toFixed(1)} |`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const print = (text: string): void => { process.stdout.write(`${text}\n`); };
  const timings = await timeSearches(Number(process.argv[2] ?? 300), print);
  print('| search | p50 ms | p99 ms | loop held ms | entries |\n| --- | --- | --- | --- | --- |');
  for (const timing of timings) print(toLine(timing));
}
