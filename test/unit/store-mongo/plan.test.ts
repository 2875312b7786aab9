/** An index serves every kind of condition: what the database itself explains (https://www.mongodb.com/docs/manual/reference/explain-results/). */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Connection } from 'mongoose';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { makeKeys, type Keys } from '../../../src/store-index/keys.js';
import { toNode } from '../../../src/store-index/node.js';
import { openConnection } from '../../../src/store-mongo/connection.js';
import { migrate } from '../../../src/store-mongo/migrate.js';
import { makeModels, type Models } from '../../../src/store-mongo/model.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { leadsOf } from '../../../src/store-mongo/search/lead.js';
import type { IndexEntry } from '../../../src/store/index-entry.js';
import type { Predicate } from '../../../src/store/plan.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { put } from '../../suite/store.suite.js';

const day = 86_400_000;
const resources = 300;

const entriesOf = (at: number): IndexEntry[] => [
  { kind: 'token', param: 'identifier', system: 'urn:s', code: String(at) },
  { kind: 'token', param: 'code', system: `urn:system-${String(at % 30)}`, code: `c${String(at % 20)}` },
  { kind: 'string', param: 'name', text: `Name${String(at)}`, folded: `name${String(at)}` },
  { kind: 'date', param: 'date', low: at * day, high: at * day + day - 1 },
  { kind: 'number', param: 'probability', low: at / 10, high: at / 10 },
  { kind: 'quantity', param: 'value-quantity', unit: 'u|g', low: at, high: at },
  { kind: 'reference', param: 'subject', target: `Patient/${String(at % 50)}` },
  { kind: 'uri', param: 'url', uri: `http://a/${String(at % 25)}/x` },
];

const cases: readonly (readonly [name: string, where: Predicate])[] = [
  ['a code', { op: 'token', param: 'code', code: 'c3' }],
  ['a code of a system', { op: 'token', param: 'identifier', system: 'urn:s', code: '17' }],
  ['any code of a system', { op: 'token', param: 'code', system: 'urn:system-4' }],
  ['one of several codes', { op: 'or', of: [{ op: 'token', param: 'code', code: 'c3' }, { op: 'token', param: 'code', code: 'c4' }] }],
  ['a reference', { op: 'reference', param: 'subject', targets: ['Patient/7'] }],
  ['the beginning of a text', { op: 'string', param: 'name', match: 'prefix', text: 'name12' }],
  ['a text as written', { op: 'string', param: 'name', match: 'exact', text: 'Name12' }],
  ['an address', { op: 'uri', param: 'url', match: 'exact', uri: 'http://a/7/x' }],
  ['what is below an address', { op: 'uri', param: 'url', match: 'below', uri: 'http://a/7' }],
  ['a day', { op: 'range', kind: 'date', param: 'date', compare: 'within', low: 40 * day, high: 41 * day - 1 }],
  ['a time that is reached', { op: 'range', kind: 'date', param: 'date', compare: 'overlaps', low: 40 * day, high: 50 * day }],
  ['after a time', { op: 'range', kind: 'date', param: 'date', compare: 'after', low: 280 * day, high: 280 * day }],
  ['before a time', { op: 'range', kind: 'date', param: 'date', compare: 'before', low: 20 * day, high: 20 * day }],
  ['a number', { op: 'range', kind: 'number', param: 'probability', compare: 'within', low: 1, high: 2 }],
  ['a quantity', { op: 'range', kind: 'quantity', param: 'value-quantity', unit: 'u|g', compare: 'within', low: 10, high: 20 }],
  ['an id', { op: 'id', ids: ['o1', 'o2'] }],
];

interface Explained {
  readonly queryPlanner: { readonly winningPlan: unknown };
  readonly executionStats: { readonly totalDocsExamined: number };
}

/** Names of all stages of a plan, in either form servers give them. */
const stagesOf = (plan: unknown): string[] => [...JSON.stringify(plan).matchAll(/"stage":"([A-Z_]+)"/g)].map(([, name]) => name ?? '');
/** A real mongod reads stages of an index, or of several merged; SecantusDB fetches from one. */
const accepted = new Set(['FETCH', 'IXSCAN', 'SORT_MERGE', 'IDHACK', 'LIMIT', 'PROJECTION_SIMPLE', 'PROJECTION_DEFAULT']);

describeMongo('what leads a search on MongoDB', (server) => {
  let store: Store;
  let connection: Connection;
  let models: Models;
  let keys: Keys;
  beforeAll(async () => {
    const url = freshDatabase(server);
    store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
    await store.commit({ writes: Array.from({ length: resources }, (_, at) => put('Observation', `o${String(at)}`, 0, entriesOf(at))) });
    connection = await openConnection({ url });
    models = makeModels(connection);
    keys = makeKeys(await migrate(connection, systemClock));
  });
  afterAll(async () => {
    await connection.close();
    await store.close();
    await dropDatabases(server);
  });

  it.each(cases)('an index, for %s: at most three documents are looked at for each that is found', async (_, where) => {
    const leads = leadsOf(toNode(where, 'Observation', keys), 'Observation', keys)?.leads ?? [];
    expect(leads.length).toBeGreaterThan(0);
    let examined = 0;
    for (const { filter, hint } of leads) {
      const query = models.resource.find(filter as object);
      const explained = await (hint === undefined ? query : query.hint(hint)).explain('executionStats') as unknown as Explained;
      const stages = stagesOf(explained.queryPlanner.winningPlan);
      expect(stages.filter((stage) => !accepted.has(stage))).toEqual([]);
      expect(stages.some((stage) => stage === 'IXSCAN' || stage === 'IDHACK')).toBe(true);
      examined += explained.executionStats.totalDocsExamined;
    }
    const found = await store.count({ types: ['Observation'], where, count: 0 });
    expect(found).toBeGreaterThan(0);
    expect(examined).toBeLessThanOrEqual(3 * found);
  });
});
