/** Sorted pages come from an index that keeps their order, and are those that sorting all matches would give (https://hl7.org/fhir/R4/search.html#sort). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'mongoose';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { makeKeys, type Keys } from '../../../src/store-index/keys.js';
import { toNode } from '../../../src/store-index/node.js';
import { databaseOf, openConnection } from '../../../src/store-mongo/connection.js';
import { migrate } from '../../../src/store-mongo/migrate.js';
import { makeModels, validatorOf, type ResourceDocument } from '../../../src/store-mongo/model.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { placeText } from '../../../src/store-mongo/order.js';
import { walkOf } from '../../../src/store-mongo/search/walk.js';
import type { IndexEntry } from '../../../src/store/index-entry.js';
import type { Predicate, SearchPlan, SortKey } from '../../../src/store/plan.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { drop, put } from '../../suite/store.suite.js';

const day = 86_400_000;
const resources = 260;

/** Some share a day, some have several, some none, some begin before all times. */
const datesOf = (at: number): number[] => {
  if (at % 13 === 0) return [];
  if (at % 17 === 0) return [-8.64e15];
  return at % 11 === 0 ? [((at * 31) % 40) * day, ((at * 7) % 40) * day] : [((at * 7_919) % 40 - 5) * day];
};
const patientOf = (at: number): string => `Patient/${at % 3 === 0 ? 'a' : `b${String(at % 50)}`}`;
const entriesOf = (at: number): IndexEntry[] => [
  ...datesOf(at).map((low): IndexEntry => ({ kind: 'date', param: 'date', low, high: low + day - 1 })),
  { kind: 'token', param: 'status', code: at % 5 === 0 ? 'final' : 'amended' },
  { kind: 'reference', param: 'subject', target: patientOf(at) },
];
const numbers = Array.from({ length: resources }, (_, at) => at).filter((at) => at !== 30);

const byDate = (descending: boolean): SortKey => ({ param: 'date', kind: 'date', descending });
const byChange = (descending: boolean): SortKey => ({ param: '_lastUpdated', kind: 'date', descending });
const ofA: Predicate = { op: 'reference', param: 'subject', targets: ['Patient/a'] };
const isFinal: Predicate = { op: 'token', param: 'status', code: 'final' };

/** What sorting all of them gives; those without a date come last, equal ones as they were stored first. */
const sorted = (of: readonly number[], descending: boolean): string[] => {
  const value = (at: number): number | undefined => {
    const dates = datesOf(at);
    return dates.length === 0 ? undefined : descending ? Math.max(...dates) : Math.min(...dates);
  };
  const order = (a: number, b: number): number => {
    const [one, other] = [value(a), value(b)];
    if (one === other) return a - b;
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
    return descending === one > other ? -1 : 1;
  };
  return [...of].sort(order).map((at) => `o${String(at)}`);
};

const open = (url: string): Promise<Store> => openMongoStore({ url, clock: systemClock, observe: observeNothing });

/** All pages of a plan, and the steps of the first. */
const pagesOf = async (store: Store, plan: Omit<SearchPlan, 'types'>): Promise<{ ids: string[]; steps: string[] }> => {
  const ids: string[] = [];
  const steps: string[] = [];
  let after: SearchPlan['after'];
  do {
    const page = await store.search({ types: ['Observation'], ...plan, after }, { explain: true });
    if (after === undefined) steps.push(...(page.steps ?? []).map(({ step }) => step));
    ids.push(...page.matches.map(({ id }) => id));
    after = page.next === undefined ? undefined : JSON.parse(JSON.stringify(page.next)) as SearchPlan['after'];
  } while (after !== undefined);
  return { ids, steps };
};

const stagesOf = (plan: unknown): string[] => [...JSON.stringify(plan).matchAll(/"stage":"([A-Z_]+)"/g)].map(([, name]) => name ?? '');
/** What reads an index in its order and nothing else. SecantusDB sorts whatever index there is, and reads the list by the index of either direction. */
const accepted = ['FETCH', 'IXSCAN', 'LIMIT', 'PROJECTION_SIMPLE'];

describeMongo('sorted pages on MongoDB', (server) => {
  let [store, url]: [Store | undefined, string] = [undefined, ''];
  const opened = (): Store => {
    if (store === undefined) throw new Error('the store is not open');
    return store;
  };
  beforeAll(async () => {
    url = freshDatabase(server);
    store = await open(url);
    await store.commit({ writes: [...numbers, 30].sort((a, b) => a - b).map((at) => put('Observation', `o${String(at)}`, 0, entriesOf(at === 8 ? 9 : at))) });
    await store.commit({ writes: [drop('Observation', 'o30', 1), put('Observation', 'o8', 1, entriesOf(8))] });
  });
  afterAll(async () => {
    await opened().close();
    await dropDatabases(server);
  });

  describe('sorted pages on MongoDB', () => {
    it.each([false, true])('walk the order of dates of a type (descending: %s)', async (descending) => {
      const { ids, steps } = await pagesOf(opened(), { sort: [byDate(descending)], count: 23 });
      expect(ids).toEqual(sorted(numbers, descending));
      expect(steps).toEqual(['order of date']);
    });

    it.each([false, true])('walk the order of dates of one patient (descending: %s)', async (descending) => {
      const { ids, steps } = await pagesOf(opened(), { where: ofA, sort: [byDate(descending)], count: 9 });
      expect(ids).toEqual(sorted(numbers.filter((at) => at % 3 === 0), descending));
      expect(steps).toEqual(['order of date of one patient']);
    });

    it('decide other criteria on the rows they walk', async () => {
      const { ids, steps } = await pagesOf(opened(), { where: { op: 'and', of: [isFinal, ofA] }, sort: [byDate(true)], count: 4 });
      expect(ids).toEqual(sorted(numbers.filter((at) => at % 15 === 0), true));
      expect(steps).toEqual(['order of date of one patient, then filter']);
    });

    it('are gathered where the matches are few, or no index keeps the order', async () => {
      const few = await pagesOf(opened(), { where: isFinal, sort: [byDate(false)], count: 10 });
      expect(few).toEqual({ ids: sorted(numbers.filter((at) => at % 5 === 0), false), steps: ['token status, then sort'] });
      const other = await pagesOf(opened(), { where: isFinal, sort: [byDate(false), { param: '_id', kind: 'token', descending: false }], count: 200 });
      expect(other.steps).toEqual(['token status, then sort']);
    });

    it('walk the order of changes, within the times asked for', async () => {
      const newest = await pagesOf(opened(), { sort: [byChange(true)], count: 50 });
      expect(newest).toEqual({ ids: ['o8', ...numbers.filter((at) => at !== 8).map((at) => `o${String(at)}`)], steps: ['order of _lastUpdated'] });
      const { matches: [last] } = await opened().search({ types: ['Observation'], sort: [byChange(true)], count: 1 });
      const later: Predicate = { op: 'updated', low: (last?.updated ?? 0) + 1 };
      const earlier: Predicate = { op: 'not', of: { op: 'updated', low: last?.updated ?? 0 } };
      expect((await pagesOf(opened(), { where: later, sort: [byChange(false)], count: 50 })).ids).toEqual([]);
      expect((await pagesOf(opened(), { where: earlier, sort: [byChange(false)], count: 50 })).ids).toHaveLength(resources - 2);
    });
  });

  describe('the orders of MongoDB', () => {
    let [connection, keys]: [Connection | undefined, Keys | undefined] = [undefined, undefined];
    const parts = (): { connection: Connection; keys: Keys } => {
      if (connection === undefined || keys === undefined) throw new Error('the database is not open');
      return { connection, keys };
    };
    beforeAll(async () => {
      connection = await openConnection({ url });
      keys = makeKeys(await migrate(connection, systemClock));
    });
    afterAll(() => parts().connection.close());

    it.each<[string, Predicate | undefined, SortKey, string]>([
      ['dates of a type', undefined, byDate(false), 'dateUp'],
      ['dates of a patient, newest first', ofA, byDate(true), 'dateDown'],
      ['changes', undefined, byChange(false), 'changeUp'],
      ['changes, newest first', undefined, byChange(true), 'changeDown'],
    ])('come from their index, from the first page and from a place: %s', async (_, where, key, index) => {
      const { setName } = await databaseOf(parts().connection).admin().command({ hello: 1 });
      for (const after of [undefined, [5 * day, 0, 1]]) {
        const walk = walkOf({ plan: { types: ['Observation'], sort: [key], count: 20, after }, node: toNode(where, 'Observation', parts().keys), type: 'Observation' }, parts().keys);
        const plan = await makeModelsOnce(parts().connection).find((walk?.filter ?? {}) as object).sort({ [walk?.field ?? '']: 1 }).limit(21).explain('queryPlanner') as unknown as { queryPlanner: { winningPlan: unknown } };
        const { winningPlan } = plan.queryPlanner;
        const sorts = setName === 'secantus';
        expect(stagesOf(winningPlan).filter((stage) => !accepted.includes(stage))).toEqual(sorts ? ['SORT'] : []);
        const indexes = [...JSON.stringify(winningPlan).matchAll(/"indexName":"([A-Za-z]+)"/g)].map(([, name = '']) => (sorts ? name.replace(/Up|Down/, '') : name));
        expect(indexes).toEqual([sorts ? index.replace(/Up|Down/, '') : index]);
      }
    });

    it('are checked with the index, and made anew with it', async () => {
      const resource = databaseOf(parts().connection).collection<ResourceDocument>('resource');
      await resource.updateOne({ _id: 'Observation/o7' }, { $set: { dateUp: placeText(null, 7, false) } });
      const entries = [{ key: { type: 'Observation', id: 'o7' }, version: 1, index: entriesOf(7) }];
      expect((await opened().maintain({ task: 'check-index', entries })).faults).toHaveLength(1);
      expect((await opened().maintain({ task: 'check-files' })).faults).toHaveLength(1);
      await opened().maintain({ task: 'reindex', entries });
      expect((await opened().maintain({ task: 'check-files' })).faults).toEqual([]);
    });

    it('are made for data of before, by whoever goes on where another was broken off', async () => {
      await opened().close();
      const database = databaseOf(parts().connection);
      const resource = database.collection<ResourceDocument>('resource');
      const { $jsonSchema } = validatorOf('resource') as { $jsonSchema: { required: string[] } };
      await database.command({ collMod: 'resource', validator: { $jsonSchema: { ...$jsonSchema, required: ['_id'] } } });
      for (const index of ['dateUp', 'dateDown', 'changeUp', 'changeDown']) await resource.dropIndex(index);
      await resource.updateMany({ id: { $regex: /[13579]$/ } }, { $unset: { lists: 1, dateUp: 1, dateDown: 1, changeUp: 1, changeDown: 1 } });
      await database.collection<{ _id: string }>('control').updateOne({ _id: 'format' }, { $set: { format: 3 } });
      store = await open(url);
      expect((await opened().maintain({ task: 'check-files' })).faults).toEqual([]);
      expect((await pagesOf(opened(), { where: ofA, sort: [byDate(true)], count: 50 })).ids).toEqual(sorted(numbers.filter((at) => at % 3 === 0), true));
      expect((await resource.indexes()).map(({ name }) => name)).toEqual(expect.arrayContaining(['dateUp', 'dateDown', 'changeUp', 'changeDown']));
      await expect(resource.updateOne({ _id: 'Observation/o7' }, { $unset: { lists: 1 } })).rejects.toThrow();
    });
  });

  it('are given up when the matches are few among many, and gathered', async () => {
    const many = await open(freshDatabase(server));
    const count = 1_100;
    const entries = (at: number): IndexEntry[] => [{ kind: 'date', param: 'date', low: at * day, high: at * day }, ...(at > count - 3 ? [] : [{ kind: 'token' as const, param: 'status', code: 'x' }])];
    await many.commit({ writes: Array.from({ length: count }, (_, at) => put('Observation', `o${String(at)}`, 0, entries(at))) });
    const { ids, steps } = await pagesOf(many, { where: { op: 'not', of: { op: 'token', param: 'status', code: 'x' } }, sort: [byDate(false)], count: 10 });
    expect(ids).toEqual([`o${String(count - 2)}`, `o${String(count - 1)}`]);
    expect(steps).toEqual(['order of date, given up: the matches are few', 'all Observation, then filter, then sort']);
    await many.close();
  });
});

const made = new WeakMap<Connection, ReturnType<typeof makeModels>>();
const makeModelsOnce = (connection: Connection): ReturnType<typeof makeModels>['resource'] => {
  const models = made.get(connection) ?? makeModels(connection);
  made.set(connection, models);
  return models.resource;
};
