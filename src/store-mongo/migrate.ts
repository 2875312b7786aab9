/**
 * Collections and indexes, built by numbered steps. One process takes the lease and works, the others wait; every step can be
 * run again, so one that was interrupted is taken up by whoever comes next (https://www.mongodb.com/docs/manual/core/index-creation/).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mongo, type Connection } from 'mongoose';
import type { Clock } from '../core/clock.js';
import { makeKeys, type Salt } from '../store-index/keys.js';
import { databaseOf, StoreFault } from './connection.js';
import { validatorOf, type CollectionName, type LaneDocument, type ResourceDocument, type TallyDocument } from './model.js';
import { orderOf } from './order.js';
import { positionOf } from './position.js';
import { bytesOf } from './search/candidate.js';

interface Control {
  readonly _id: string;
  readonly format: number;
  readonly owner: string;
  /** Until when the owner may be believed at work. */
  readonly until: number;
  readonly salt: string;
}

type Database = ReturnType<typeof databaseOf>;

interface Step {
  readonly about: string;
  readonly apply: (database: Database, salt: Salt) => Promise<void>;
}

type Index = readonly [collection: CollectionName, name: string, keys: Record<string, 1 | -1>, options?: mongo.CreateIndexesOptions];

const clinical: readonly Index[] = [
  ['resource', 'keys', { keys: 1, first: 1 }],
  ['resource', 'stored', { type: 1, deleted: 1, first: 1 }],
  ['resource', 'updated', { type: 1, updated: 1 }],
  ['version', 'version', { key: 1, version: -1 }, { unique: true }],
  ['version', 'type', { type: 1, _id: -1 }],
  ['version', 'updated', { updated: 1, _id: 1 }],
  ['answer', 'expires', { expires: 1 }],
];

const authorization: readonly Index[] = [
  ['grant', 'alias', { kind: 1, alias: 1 }, { unique: true, partialFilterExpression: { alias: { $type: 'string' } } }],
  ['grant', 'grant', { grant: 1 }],
  ['grant', 'owner', { kind: 1, owner: 1, key: 1 }],
  ['grant', 'key', { kind: 1, key: 1 }],
  ['grant', 'expires', { expires: 1 }],
];

const build = async (database: Database, collections: readonly CollectionName[], indexes: readonly Index[]): Promise<void> => {
  const there = new Set((await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  for (const name of collections) if (!there.has(name)) await database.createCollection(name, { validator: validatorOf(name) });
  for (const [collection, name, keys, options] of indexes) await database.collection(collection).createIndex(keys, { ...options, name });
};

/** How far one feed had come before there were lanes. */
interface FeedDocument {
  readonly _id: string;
  readonly seq: number;
  readonly updated: number;
  readonly audit: number;
  readonly outbox: number;
}

const beginFeed = async (database: Database): Promise<void> => {
  await database.collection<FeedDocument>('feed').updateOne({ _id: 'feed' }, { $setOnInsert: { seq: 0, updated: 0, audit: 0, outbox: 0 } }, { upsert: true });
};

/** The feed goes on in the first lane. Without its document a server of before stores nothing any more. */
const divideFeed = async (database: Database): Promise<void> => {
  await build(database, ['lane', 'tally', 'gate', 'block', 'lease'], []);
  const feed = database.collection<FeedDocument>('feed');
  const found = await feed.findOne({ _id: 'feed' });
  if (found === null) return;
  const { seq, updated, audit, outbox } = found;
  const first = { stamp: Math.max(positionOf(updated), seq, audit, outbox), seq, wanted: 0, wantedBy: 0 };
  await database.collection<TallyDocument>('tally').updateOne({ _id: 0 }, { $setOnInsert: { seq, versions: seq } }, { upsert: true });
  await database.collection<LaneDocument>('lane').updateOne({ _id: 0 }, { $setOnInsert: first }, { upsert: true });
  await feed.deleteOne({ _id: 'feed' });
};

const orders: readonly Index[] = [
  ['resource', 'dateUp', { lists: 1, dateUp: 1 }],
  ['resource', 'dateDown', { lists: 1, dateDown: 1 }],
  ['resource', 'changeUp', { type: 1, deleted: 1, changeUp: 1 }],
  ['resource', 'changeDown', { type: 1, deleted: 1, changeDown: 1 }],
];

/** Resources of one portion. */
const portion = 500;

/** Puts every resource in its place, those that have none yet: one that was broken off goes on. Servers of before must not store meanwhile, or later. */
const putInOrder = async (database: Database, salt: Salt): Promise<void> => {
  const keys = makeKeys(salt);
  const resources = database.collection<ResourceDocument>('resource');
  for (let last = ''; ;) {
    const found = await resources.find({ _id: { $gt: last } }, { hint: { _id: 1 }, sort: { _id: 1 }, limit: portion, projection: { keys: 0 } }).toArray();
    const changes = found.filter(({ changeDown }) => (changeDown as string | undefined) === undefined)
      .map((row) => ({ updateOne: { filter: { _id: row._id, version: row.version }, update: { $set: orderOf({ ...row, packed: bytesOf(row.packed) }, keys) } } }));
    if (changes.length > 0) await resources.bulkWrite(changes, { ordered: false });
    if (found.length < portion) break;
    last = found.at(-1)?._id ?? last;
  }
  await build(database, [], orders);
  await database.command({ collMod: 'resource', validator: validatorOf('resource') });
};

/** In order; the place in the list is the format. A step already released is never changed. */
const steps: readonly Step[] = [
  {
    about: 'resources, versions, journals and their indexes',
    apply: async (database) => {
      await build(database, ['resource', 'version', 'answer', 'audit', 'outbox', 'feed'], clinical);
      await beginFeed(database);
    },
  },
  { about: 'records of the authorization server', apply: (database) => build(database, ['grant'], authorization) },
  { about: 'lanes of the change feed, leases', apply: divideFeed },
  { about: 'places of resources in the order of dates and of changes', apply: putInOrder },
];

const leaseMs = 30_000;
const lookAgainMs = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Resolves with the secret of the database's keys once it has the present format; rejects with a StoreFault for one of a later release. */
export const migrate = async (connection: Connection, clock: Clock): Promise<Salt> => {
  const database = databaseOf(connection);
  const control = database.collection<Control>('control');
  await begin(control);
  const owner = randomUUID();
  for (;;) {
    const found = await control.findOne({ _id: 'format' });
    if (found === null) throw new StoreFault('The database lost its format while it was opened.');
    if (found.format > steps.length) throw new StoreFault(`The data was written by a later release (format ${String(found.format)}; this one knows ${String(steps.length)}).`);
    if (found.format === steps.length) return saltOf(found.salt);
    if (!(await lead(control, { owner, format: found.format, now: clock.now() }))) await pause(lookAgainMs);
    else await advance(control, { database, owner, clock, format: found.format, salt: saltOf(found.salt) });
  }
};

const begin = async (control: mongo.Collection<Control>): Promise<void> => {
  try {
    await control.updateOne({ _id: 'format' }, { $setOnInsert: { format: 0, owner: '', until: 0, salt: randomBytes(8).toString('hex') } }, { upsert: true });
  } catch (error) {
    // Of two who insert it at once one is told of the other's.
    if (!(error instanceof mongo.MongoServerError) || error.code !== 11_000) throw error;
  }
};

const lead = async (control: mongo.Collection<Control>, { owner, format, now }: { owner: string; format: number; now: number }): Promise<boolean> =>
  (await control.updateOne({ _id: 'format', format, until: { $lt: now } }, { $set: { owner, until: now + leaseMs } })).modifiedCount === 1;

interface Work {
  readonly database: Database;
  readonly owner: string;
  readonly clock: Clock;
  readonly format: number;
  readonly salt: Salt;
}

/** The lease is renewed while a step takes long, and given back with what it made true. */
const advance = async (control: mongo.Collection<Control>, { database, owner, clock, format, salt }: Work): Promise<void> => {
  const renew = setInterval(() => {
    control.updateOne({ _id: 'format', owner }, { $set: { until: clock.now() + leaseMs } }).catch(() => undefined);
  }, leaseMs / 3);
  renew.unref();
  try {
    await steps[format]?.apply(database, salt);
    await control.updateOne({ _id: 'format', owner, format }, { $set: { format: format + 1, until: 0 } });
  } finally {
    clearInterval(renew);
  }
};

const saltOf = (text: string): Salt => {
  const bytes = Buffer.from(text, 'hex');
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
};
