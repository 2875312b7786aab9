/**
 * Searches of every class in this process, on the embedded store, beside the same questions by hand-written queries:
 * `node dist/test/bench/search.js [--resources N | --synthea FOLDER] [--keep FOLDER] [--only PART-OF-A-NAME]`, or `npm run bench -- --only searches --resources N`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Service } from '../../src/interaction/service.js';
import { call } from '../fixture/service.js';
import { observationText } from './data.js';
import { deepByHand, heavySearches, readKnown, searchClasses } from './search-classes.js';
import { openWorld, type WorldOptions } from './search-world.js';
import type { Row } from './table.js';

export interface Timing {
  readonly work: string;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time of all threads for one search, milliseconds: what else runs on the machine hardly shows in it. */
  readonly cpu: number;
  /** Longest time that one of them held the event loop, milliseconds: the median of several, since each has also what other programs took. */
  readonly held: number;
  readonly entries: number;
  /** The same by hand, milliseconds. */
  readonly hand: number;
}

/** Returns the number at a share of the sorted ones. */
export const numberAt = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** The first run fills caches and does not count. */
const measure = async (run: (at: number) => unknown): Promise<number[]> => {
  const runs: number[] = [];
  const until = performance.now() + 2_500;
  for (let at = 0; at < 400 && (at < 6 || performance.now() < until); at += 1) {
    const begun = performance.now();
    await run(at);
    runs.push(performance.now() - begun);
    await turn();
  }
  return runs.slice(1).sort((a, b) => a - b);
};

const heldRuns = 15;

const longestHold = async (run: () => Promise<unknown>): Promise<number> => {
  let [last, longest, isOver] = [performance.now(), 0, false];
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await run();
  isOver = true;
  await turn();
  return longest;
};

/** In runs of its own, since to look at each turn costs time. */
const held = async (run: (at: number) => Promise<unknown>): Promise<number> => {
  const longest: number[] = [];
  for (let at = 0; at < heldRuns; at += 1) longest.push(await longestHold(() => run(at)));
  return numberAt(longest.sort((a, b) => a - b), 0.5);
};

interface Asked {
  readonly work: string;
  readonly urlAt: (at: number) => string;
  readonly byHand: (at: number) => unknown;
}

const time = async (service: Service, { work, urlAt, byHand }: Asked): Promise<Timing> => {
  let [entries, asked] = [0, 0];
  const before = process.cpuUsage();
  const own = await measure(async (at) => {
    const { body = '' } = await call(service, { method: 'GET', url: urlAt(at) });
    entries += body.split('"fullUrl"').length - 1;
    asked += 1;
  });
  const { user, system } = process.cpuUsage(before);
  const hand = await measure(byHand);
  return { work, p50: numberAt(own, 0.5), p99: numberAt(own, 0.99), cpu: (user + system) / 1e3 / asked, held: await held((at) => call(service, { method: 'GET', url: urlAt(at) })), entries: entries / asked, hand: numberAt(hand, 0.5) };
};

/** Follows a thousand links once, or to the end; returns the last page but one, to be asked for again and again. */
export const deepPage = async (service: Service): Promise<{ readonly url: string; readonly page: number }> => {
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

/** Creates from so many callers at once, for three seconds. */
export const writeRate = async (service: Service, patients: readonly string[]): Promise<number> => {
  let done = 0;
  const begun = performance.now();
  const writer = async (): Promise<void> => {
    while (performance.now() - begun < 3_000) {
      done += 1;
      await call(service, { method: 'POST', url: 'Observation', body: observationText(patients[done % patients.length] ?? 'x', done) });
    }
  };
  await Promise.all(Array.from({ length: 64 }, writer));
  return done / ((performance.now() - begun) / 1_000);
};

export interface SearchFindings {
  readonly about: string;
  readonly timings: readonly Timing[];
  /** Creates per second into what is there, in this process. */
  readonly writes: number;
}

/** Returns the times of every class, or of those with `only` in their name. */
export const timeSearches = async (options: WorldOptions, only = ''): Promise<SearchFindings> => {
  const { service, hand, resources, bytes, loadRate, close } = await openWorld(options);
  try {
    const known = readKnown(hand);
    const timings: Timing[] = [];
    const add = async (asked: Asked): Promise<void> => { if (asked.work.includes(only)) timings.push(await time(service, asked)); };
    for (const { work, url, byHand } of searchClasses) await add({ work, urlAt: (at) => url(known, at), byHand: byHand(hand, known) });
    const deep = await deepPage(service);
    await add({ work: `page ${String(deep.page)} of a sorted type`, urlAt: () => deep.url, byHand: deepByHand(hand, known) });
    for (const url of heavySearches) await add({ work: url, urlAt: () => url, byHand: () => undefined });
    const writes = await writeRate(service, known.patients);
    const loaded = loadRate === undefined ? '' : `, loaded at ${loadRate.toFixed(0)}/s`;
    return { about: `${resources.toLocaleString('en-US')} resources, ${String(Math.round(bytes / 1024 ** 2))} MB${loaded}; creates from 64 callers: ${writes.toFixed(0)}/s`, timings, writes };
  } finally {
    await close();
  }
};

/** Returns the rows of the runner's table: milliseconds, so that the goal of 0.5 is a hand-written query at half of ours. */
export const searchRows = async (options: WorldOptions): Promise<readonly Row[]> => {
  const { timings } = await timeSearches(options);
  return timings.map(({ work, p50, p99, hand }) => ({ work: `search: ${work}`, value: p50, unit: 'ms', spread: [p50, p99] as const, goal: 'p99 <= 50 ms', met: p99 <= 50, note: `by hand ${hand.toFixed(2)} ms` }));
};

const toLine = ({ work, p50, p99, cpu, held, entries, hand }: Timing): string => `| ${work} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${cpu.toFixed(2)} | ${hand.toFixed(2)} | ${(hand / p50).toFixed(2)} | ${held.toFixed(1)} | ${entries.toFixed(1)} |`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const print = (text: string): void => { process.stdout.write(`${text}\n`); };
  const { values } = parseArgs({ options: { resources: { type: 'string', default: '30000' }, synthea: { type: 'string' }, keep: { type: 'string' }, only: { type: 'string', default: '' } } });
  const { about, timings } = await timeSearches({ resources: Number(values.resources), synthea: values.synthea, folder: values.keep }, values.only);
  print(about);
  print('| search | p50 ms | p99 ms | processor ms | by hand p50 | ratio | loop held ms | entries |\n| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const timing of timings) print(toLine(timing));
}
