/** Everything but search that is read: versions, the feed, answers, journals, numbers (https://hl7.org/fhir/R4/http.html#vread). */
import type { Connection } from 'mongoose';
import type { AnswerQuery, StoreHead, StoreStatistics } from '../store/store.js';
import type { ResourceKey, StoredAnswer, Version } from '../store/resource.js';
import { databaseOf } from './connection.js';
import type { Feed } from './feed.js';
import { countUpTo } from './lane.js';
import type { Models, VersionDocument } from './model.js';
import { nameOf } from './name.js';
import { readMark } from './mark.js';
import { maxTimeMS, readAtOnce } from './transaction.js';

/** Returns a version as the port has it. */
export const toVersion = ({ _id, type, id, version, updated, method, body }: VersionDocument): Version => ({ type, id, version, updated, seq: _id, method, body: body ?? undefined });

/** Resolves with the numbered version, or the newest. */
export const readVersion = async ({ version: versions }: Models, key: ResourceKey, version?: number): Promise<Version | undefined> => {
  const name = nameOf(key);
  const found = version === undefined
    ? await versions.findOne({ key: name }).sort({ version: -1 }).maxTimeMS(maxTimeMS).lean()
    : await versions.findOne({ key: name, version }).maxTimeMS(maxTimeMS).lean();
  return found === null ? undefined : toVersion(found);
};

/** Resolves with versions after a place of the feed, up to where it is complete. */
export const readChanges = async ({ version }: Models, feed: Feed, { after, limit }: { readonly after: number; readonly limit: number }): Promise<Version[]> => {
  const complete = await feed.settled('versions');
  if (complete <= after) return [];
  return (await version.find({ _id: { $gt: after, $lte: complete } }).hint({ _id: 1 }).sort({ _id: 1 }).limit(limit).maxTimeMS(maxTimeMS).lean()).map(toVersion);
};

/** Resolves with answers kept under keys. */
export const readAnswers = async ({ answer }: Models, query: AnswerQuery, now: number): Promise<StoredAnswer[]> => {
  const found = 'key' in query
    ? answer.find({ _id: query.key, expires: { $gt: now } })
    : answer.find({ _id: { $gt: query.after }, expires: { $gt: now } }).hint({ _id: 1 }).sort({ _id: 1 }).limit(query.limit);
  return (await found.maxTimeMS(maxTimeMS).lean()).map(({ _id, fingerprint, expires, answer: kept }) => ({ key: _id, fingerprint, expires, answer: kept }));
};

/** Resolves with the place of the last version, and whether the data may be served. */
export const readHead = async (connection: Connection, models: Models, feed: Feed): Promise<StoreHead> => {
  const last = await models.version.findOne({ _id: { $lte: await feed.settled('versions') } }, { _id: 1 }).hint({ _id: 1 }).sort({ _id: -1 }).maxTimeMS(maxTimeMS).lean();
  return { seq: last?._id ?? 0, mark: await readMark(connection) };
};

/** Resolves with how much there is. */
export const readStatistics = async (connection: Connection, models: Models, feed: Feed): Promise<StoreStatistics> => {
  const complete = await feed.settled('versions');
  return readAtOnce(connection, async (session) => {
    const counted = await models.resource.aggregate<{ _id: string; count: number }>([{ $match: { deleted: false } }, { $group: { _id: '$type', count: { $sum: 1 } } }]).session(session);
    const last = await models.version.findOne({ _id: { $lte: complete } }, { _id: 1 }).hint({ _id: 1 }).sort({ _id: -1 }).session(session).maxTimeMS(maxTimeMS).lean();
    const resources = Object.fromEntries(counted.map(({ _id, count }): [string, number] => [_id, count]).sort(([a], [b]) => (a < b ? -1 : 1)));
    return { resources, versions: await countUpTo(models, session, complete), seq: last?._id ?? 0, bytes: await bytesOf(connection) };
  });
};

const bytesOf = async (connection: Connection): Promise<number> => {
  const { storageSize, indexSize } = await databaseOf(connection).stats() as { storageSize?: number; indexSize?: number };
  return (storageSize ?? 0) + (indexSize ?? 0);
};
