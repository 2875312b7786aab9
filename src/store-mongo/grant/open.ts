/**
 * The grant port on MongoDB: what must not race is one write of one document, decided by its filter or by a unique index
 * (https://www.mongodb.com/docs/manual/core/write-operations-atomicity/).
 */
import { mongo, type QueryFilter } from 'mongoose';
import type { Clock } from '../../core/clock.js';
import { AliasTaken, type GrantKey, type GrantRecord, type GrantStore, type KeptGrantRecord } from '../../store/grant.js';
import { openConnection } from '../connection.js';
import { migrate } from '../migrate.js';
import { forever, makeModels, type GrantDocument, type Models } from '../model.js';
import { watchReach, type Reach } from '../reach.js';
import { maxTimeMS } from '../transaction.js';

export interface MongoGrantOptions {
  /** `mongodb://host/database?replicaSet=name`. */
  readonly url: string;
  readonly clock: Clock;
}

/** Resolves with the open store. Rejects with a StoreFault as the clinical store does. */
export const openMongoGrants = async ({ url, clock }: MongoGrantOptions): Promise<GrantStore> => {
  const building = await openConnection({ url, patient: true });
  await migrate(building, clock).finally(() => building.close());
  const connection = await openConnection({ url });
  return makeStore(makeModels(connection).grant, { clock, reach: watchReach(connection), close: () => connection.close() });
};

const idOf = ({ collection, key }: GrantKey): string => `${collection}/${key}`;

const fromDocument = ({ kind, key, value, revision, expires, consumed, grant, owner, alias }: GrantDocument): KeptGrantRecord => ({
  collection: kind, key, value, revision, expires: expires === forever ? undefined : expires,
  consumed: consumed ?? undefined, grant: grant ?? undefined, owner: owner ?? undefined, alias: alias ?? undefined,
});

type Fields = Omit<GrantDocument, '_id' | 'revision' | 'consumed'>;

const fieldsOf = ({ collection, key, value, expires, grant, owner, alias }: GrantRecord): Fields =>
  ({ kind: collection, key, value, expires: expires ?? forever, grant: grant ?? null, owner: owner ?? null, alias: alias ?? null });

/** Name of the unique index a write ran into; undefined for other errors. */
const takenBy = (error: unknown): 'alias' | 'key' | undefined => {
  if (!(error instanceof mongo.MongoServerError) || error.code !== 11_000) return undefined;
  return 'alias' in ((error['keyPattern'] ?? {}) as object) ? 'alias' : 'key';
};

type Grants = Models['grant'];
const options = { maxTimeMS };

/** What has expired stands in nobody's way. */
const clear = async (grants: Grants, record: GrantRecord, now: number): Promise<void> => {
  await grants.deleteMany({ _id: idOf(record), expires: { $lte: now } }, options);
  if (record.alias !== undefined) await grants.deleteMany({ kind: record.collection, alias: record.alias, expires: { $lte: now } }, options);
};

const put = async (grants: Grants, record: GrantRecord, now: number): Promise<void> => {
  await clear(grants, record, now);
  const upsert = () => grants.updateOne({ _id: idOf(record) }, { $set: fieldsOf(record), $inc: { revision: 1 }, $setOnInsert: { consumed: null } }, { ...options, upsert: true });
  try {
    await upsert();
  } catch (error) {
    const taken = takenBy(error);
    if (taken === undefined) throw error;
    if (taken === 'alias') throw new AliasTaken();
    // Of two that insert it at once one is told of the other's: now it is there.
    await upsert();
  }
};

const insertOnce = async (grants: Grants, record: GrantRecord, now: number): Promise<boolean> => {
  await clear(grants, record, now);
  try {
    await grants.bulkWrite([{ insertOne: { document: { _id: idOf(record), ...fieldsOf(record), revision: 1, consumed: null } } }], options);
    return true;
  } catch (error) {
    if (takenBy(error) === undefined) throw error;
    return false;
  }
};

const replace = async (grants: Grants, record: GrantRecord, { revision, now }: { readonly revision: number; readonly now: number }): Promise<boolean> => {
  await clear(grants, record, now);
  try {
    return (await grants.updateOne({ _id: idOf(record), revision, expires: { $gt: now } }, { $set: fieldsOf(record), $inc: { revision: 1 } }, options)).modifiedCount === 1;
  } catch (error) {
    throw takenBy(error) === 'alias' ? new AliasTaken() : error;
  }
};

const all = async (grants: Grants, { after, limit, now }: { readonly after: GrantKey | undefined; readonly limit: number; readonly now: number }): Promise<KeptGrantRecord[]> => {
  const later: QueryFilter<GrantDocument> = after === undefined ? {} : { $or: [{ kind: after.collection, key: { $gt: after.key } }, { kind: { $gt: after.collection } }] };
  return (await grants.find({ ...later, expires: { $gt: now } }, null, options).sort({ kind: 1, key: 1 }).limit(limit).lean()).map(fromDocument);
};

const copy = async (grants: Grants, record: KeptGrantRecord, now: number): Promise<void> => {
  await clear(grants, record, now);
  try {
    await grants.replaceOne({ _id: idOf(record) }, { ...fieldsOf(record), revision: record.revision, consumed: record.consumed ?? null }, { ...options, upsert: true });
  } catch (error) {
    throw takenBy(error) === 'alias' ? new AliasTaken() : error;
  }
};

interface Means {
  readonly clock: Clock;
  readonly reach: Reach;
  readonly close: () => Promise<void>;
}

const makeStore = (grants: Grants, { clock, reach, close }: Means): GrantStore => {
  const find = async (filter: QueryFilter<GrantDocument>): Promise<KeptGrantRecord | undefined> => {
    const found = await grants.findOne({ ...filter, expires: { $gt: clock.now() } }, null, options).lean();
    return found === null ? undefined : fromDocument(found);
  };
  const get = (key: GrantKey): Promise<KeptGrantRecord | undefined> => find({ _id: idOf(key) });
  const consume = async (key: GrantKey): Promise<'consumed' | 'already' | 'absent'> => {
    const now = clock.now();
    const { modifiedCount } = await grants.updateOne({ _id: idOf(key), consumed: null, expires: { $gt: now } }, { $set: { consumed: now }, $inc: { revision: 1 } }, options);
    if (modifiedCount === 1) return 'consumed';
    return (await get(key)) === undefined ? 'absent' : 'already';
  };
  const list: GrantStore['list'] = async ({ collection, owner, after = '', limit }) => {
    const filter = { kind: collection, ...(owner === undefined ? {} : { owner }), key: { $gt: after }, expires: { $gt: clock.now() } };
    return (await grants.find(filter, null, options).sort({ key: 1 }).limit(limit).lean()).map(fromDocument);
  };
  return {
    get: (key) => reach.call(() => get(key)),
    getByAlias: (collection, alias) => reach.call(() => find({ kind: collection, alias })),
    put: (record) => reach.call(() => put(grants, record, clock.now())),
    insertOnce: (record) => reach.call(() => insertOnce(grants, record, clock.now())),
    replace: (record, revision) => reach.call(() => replace(grants, record, { revision, now: clock.now() })),
    consume: (key) => reach.call(() => consume(key)),
    remove: (key) => reach.call(async () => (await grants.deleteOne({ _id: idOf(key) }, options)).deletedCount === 1),
    revokeGrant: (grant) => reach.call(async () => (await grants.deleteMany({ grant }, options)).deletedCount),
    list: (query) => reach.call(() => list(query)),
    all: (after, limit) => reach.call(() => all(grants, { after, limit, now: clock.now() })),
    copy: (record) => reach.call(() => copy(grants, record, clock.now())),
    expire: () => reach.call(async () => (await grants.deleteMany({ expires: { $lte: clock.now() } }, options)).deletedCount),
    close,
  };
};
