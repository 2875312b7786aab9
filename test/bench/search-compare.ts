/**
 * Two sizes of the store beside each other: `node dist/test/bench/search-compare.js SMALL LARGE [--only PART-OF-A-NAME | --writes ROUNDS]`. The
 * folders are those that `search.js --keep` has left. Both are asked in turn, one search each, so that whatever else the machine does
 * falls on both alike.
 */
import { parseArgs } from 'node:util';
import { call } from '../fixture/service.js';
import { deepPage, numberAt, writeRate } from './search.js';
import { readKnown, searchClasses } from './search-classes.js';
import { openWorld, type SearchWorld } from './search-world.js';

interface Measured {
  /** Milliseconds, ascending. */
  readonly times: number[];
  /** Processor time of all threads, milliseconds. */
  cpu: number;
}

type UrlAt = (at: number) => string;

const ask = async ({ service }: SearchWorld, url: string, into: Measured | undefined): Promise<void> => {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  await call(service, { method: 'GET', url, takesStored: true });
  const { user, system } = process.cpuUsage(before);
  into?.times.push(performance.now() - begun);
  if (into !== undefined) into.cpu += (user + system) / 1e3;
};

/** Rows that one of them looks at, as its explanation says. */
const rowsOf = async ({ service }: SearchWorld, url: string): Promise<number> => {
  const { body = '' } = await call(service, { method: 'GET', url: `${url}&_explain=true` });
  return [...body.matchAll(/; (\d+) rows?;/g)].reduce((sum, [, rows]) => sum + Number(rows), 0);
};

const most = 400;
/** Milliseconds for both. */
const patience = 2_500;

const compare = async (worlds: readonly SearchWorld[], work: string, urls: readonly UrlAt[]): Promise<string> => {
  const found = worlds.map((): Measured => ({ times: [], cpu: 0 }));
  const until = performance.now() + patience;
  for (let at = 0; at < most && (at < 6 || performance.now() < until); at += 1) {
    // The first few fill caches and do not count.
    for (const [index, world] of worlds.entries()) await ask(world, urls[index]?.(at) ?? '', at < 3 ? undefined : found[index]);
  }
  const rows = await Promise.all(worlds.map((world, index) => rowsOf(world, urls[index]?.(5) ?? '')));
  for (const { times } of found) times.sort((a, b) => a - b);
  const of = (read: (measured: Measured) => number): number[] => found.map(read);
  const pair = ([small = 0, large = 0]: readonly number[]): string => `${small.toFixed(2)} | ${large.toFixed(2)} | ${(large / small).toFixed(1)}`;
  const [runs = 0] = of(({ times }) => times.length);
  return `| ${work} | ${pair(of(({ times }) => numberAt(times, 0.5)))} | ${pair(of(({ times }) => numberAt(times, 0.99)))} | ${pair(of(({ cpu, times }) => cpu / times.length))} | ${rows.map((each) => each.toLocaleString('en-US')).join(' | ')} | ${String(runs)} |`;
};

const print = (text: string): void => { process.stdout.write(`${text}\n`); };

const compareSearches = async (worlds: readonly SearchWorld[], only: string): Promise<void> => {
  print('| search | p50 ms | p50 ms, large | ratio | p99 ms | p99 ms, large | ratio | processor ms | processor ms, large | ratio | rows | rows, large | runs |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  const known = worlds.map(({ hand }) => readKnown(hand));
  for (const { work, url } of searchClasses) {
    if (work.includes(only)) print(await compare(worlds, work, known.map((one): UrlAt => (at) => url(one, at))));
  }
  if (!'a deep page'.includes(only)) return;
  const deep: string[] = [];
  for (const { service } of worlds) deep.push((await deepPage(service)).url);
  print(await compare(worlds, 'page 1000 of a sorted type', deep.map((url): UrlAt => () => url)));
};

/** Creates from 64 callers, the worlds in turn. */
const compareWrites = async (worlds: readonly SearchWorld[], rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    const found: string[] = [];
    for (const { service, hand } of worlds) {
      const before = process.cpuUsage();
      const rate = await writeRate(service, readKnown(hand).patients);
      const { user, system } = process.cpuUsage(before);
      found.push(`${rate.toFixed(0)}/s, ${((user + system) / (rate * 3)).toFixed(0)} us`);
    }
    print(found.join('; '));
  }
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string', default: '' }, writes: { type: 'string' } } });
const worlds: SearchWorld[] = [];
for (const folder of positionals) worlds.push(await openWorld({ resources: 0, folder }));
print(worlds.map(({ resources, bytes }) => `${resources.toLocaleString('en-US')} resources, ${Math.round(bytes / 1024 ** 2).toLocaleString('en-US')} MB`).join(' and '));
await (values.writes === undefined ? compareSearches(worlds, values.only) : compareWrites(worlds, Number(values.writes)));
for (const { close } of worlds) await close();
