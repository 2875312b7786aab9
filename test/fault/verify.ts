/** Compares what the server has with what was acknowledged, and the index with one made anew. */
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { makeRegistry } from '../../src/search/registry.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import type { Version } from '../../src/store/resource.js';
import type { Store } from '../../src/store/store.js';
import { call } from '../support/http.js';
import { transactionSize } from './load.js';
import type { Acknowledged, Ledger } from './ledger.js';

const isMade = (name: string, acknowledged: readonly Acknowledged[], versions: readonly (Version | undefined)[]): string[] =>
  acknowledged.flatMap(({ version, mark }) => {
    const found = versions[version - 1];
    if (found === undefined) return [`${name} version ${String(version)} was acknowledged and is lost`];
    if (mark === undefined) return found.body === undefined ? [] : [`${name} version ${String(version)} should be a delete`];
    return found.body?.includes(mark) === true ? [] : [`${name} version ${String(version)} is not what was acknowledged`];
  });

const allVersions = async (store: Store): Promise<Map<string, Version[]>> => {
  const found = new Map<string, Version[]>();
  for (let after = 0; ;) {
    const changes = await store.changes(after, 5_000);
    for (const version of changes) {
      const name = `${version.type}/${version.id}`;
      found.set(name, [...(found.get(name) ?? []), version]);
    }
    const last = changes.at(-1);
    if (last === undefined) return found;
    after = last.seq;
  }
};

const gaps = (versions: ReadonlyMap<string, readonly Version[]>): string[] =>
  [...versions].flatMap(([name, own]) => (own.every(({ version }, at) => version === at + 1) ? [] : [`the versions of ${name} are ${own.map(({ version }) => version).join(', ')}`]));

const wholeness = (ledger: Ledger, versions: ReadonlyMap<string, readonly Version[]>): string[] => {
  const counts = new Map<string, number>();
  for (const [first] of versions.values()) {
    const mark = first?.type === 'Basic' ? /"urn:whole","value":"([^"]+)"/.exec(first.body ?? '')?.[1] : undefined;
    if (mark !== undefined) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  const torn = [...counts].flatMap(([mark, count]) => (count === transactionSize ? [] : [`a transaction has ${String(count)} of ${String(transactionSize)} resources (${mark})`]));
  const lost = [...ledger.whole].flatMap((mark) => (counts.has(mark) ? [] : [`an acknowledged transaction is lost (${mark})`]));
  const refused = [...counts.keys()].flatMap((mark) => (ledger.whole.has(mark) || ledger.unknown.has(mark) ? [] : [`a transaction that was refused is stored (${mark})`]));
  return [...torn, ...lost, ...refused];
};

const indexFaults = async (store: Store, versions: ReadonlyMap<string, readonly Version[]>): Promise<string[]> => {
  const registry = makeRegistry();
  const current = [...versions.values()].flatMap((own) => own.at(-1) ?? []).filter(({ body }) => body !== undefined);
  const faults: string[] = [];
  for (let at = 0; at < current.length; at += 500) {
    const entries = current.slice(at, at + 500).map((version) => ({ key: version, version: version.version, index: registry.extract(JSON.parse(version.body ?? '{}') as Record<string, unknown>) }));
    faults.push(...(await store.maintain({ task: 'check-index', entries })).faults.map(({ type, id, problem }) => `${type}/${id}: ${problem}`));
  }
  return [...faults, ...(await store.maintain({ task: 'check-files' })).faults.map(({ problem }) => problem)];
};

/** Returns everything that is not as it must be in the data folder of a server that does not run. */
export const faultsOf = async (dataDir: string, ledger: Ledger): Promise<string[]> => {
  const store = await openSqliteStore({ folder: dataDir, clock: systemClock, observe: observeNothing });
  try {
    return await storeFaults(store, ledger);
  } finally {
    await store.close();
  }
};

/** Returns everything that is not as it must be in a store that nobody changes. */
export const storeFaults = async (store: Store, ledger: Ledger): Promise<string[]> => {
  const versions = await allVersions(store);
  const lost = [...ledger.resources].flatMap(([name, acknowledged]) => isMade(name, acknowledged, versions.get(name) ?? []));
  return [...lost, ...gaps(versions), ...wholeness(ledger, versions), ...(await indexFaults(store, versions))];
};

/** Returns whether the running server shows the newest acknowledged version of some resources. */
export const spotFaults = async (base: string, ledger: Ledger, most = 50): Promise<string[]> => {
  const names = [...ledger.resources.keys()].slice(-most);
  const found = await Promise.all(names.map(async (name) => {
    const newest = ledger.resources.get(name)?.at(-1);
    const { status, text } = await call({ method: 'GET', url: `${base}/${name}/_history/${String(newest?.version)}` });
    const right = newest?.mark === undefined ? status === 410 : status === 200 && text.includes(newest.mark);
    return right ? [] : [`${name} version ${String(newest?.version)} answers ${String(status)}`];
  }));
  return found.flat();
};

/** Where the database of a data folder lies. */
export const storeFile = (dataDir: string): string => join(dataDir, 'store.db');
