/** History of a resource, a type and all (https://hl7.org/fhir/R4/http.html#history): stretches of the feed, one moment a page. */
import type { ClientSession, Connection, QueryFilter } from 'mongoose';
import type { HistoryPage, HistoryQuery } from '../store/resource.js';
import { nameOf } from './group.js';
import type { Models, VersionDocument } from './model.js';
import { toVersion } from './reader.js';
import { maxTimeMS, readAtOnce } from './transaction.js';

/** Resolves with one page. */
export const readHistory = (connection: Connection, models: Models, query: HistoryQuery): Promise<HistoryPage> =>
  readAtOnce(connection, async (session) => {
    const { type, id, since, at, count, before } = query;
    const whole: QueryFilter<VersionDocument> = {
      ...(type !== undefined && id !== undefined ? { key: nameOf({ type, id }) } : type !== undefined ? { type } : {}),
      ...(since === undefined ? {} : { _id: { $gte: await placeOf(models, session, since) } }),
      ...(at === undefined ? {} : { updated: { $lte: at.high }, until: { $gt: at.low } }),
    };
    const total = await totalOf(models, session, whole);
    const hint = id !== undefined ? { key: 1 as const, version: -1 as const } : type !== undefined ? { type: 1 as const, _id: -1 as const } : { _id: 1 as const };
    const filter = before === undefined ? whole : { $and: [whole, { _id: { $lt: before } }] };
    const found = await models.version.find(filter).hint(hint).sort({ _id: -1 }).limit(count + 1).session(session).maxTimeMS(maxTimeMS).lean();
    return { versions: found.slice(0, count).map(toVersion), more: found.length > count, total };
  });

/** The first place of the feed at or after a time: times never go back along it. */
const placeOf = async ({ version }: Models, session: ClientSession, since: number): Promise<number> =>
  (await version.findOne({ updated: { $gte: since } }, { _id: 1 }).hint({ updated: 1, _id: 1 }).sort({ updated: 1, _id: 1 }).session(session).maxTimeMS(maxTimeMS).lean())?._id ?? Number.MAX_SAFE_INTEGER;

const totalOf = async ({ version, feed }: Models, session: ClientSession, whole: QueryFilter<VersionDocument>): Promise<number> => {
  if (Object.keys(whole).length > 0) return version.countDocuments(whole).session(session).maxTimeMS(maxTimeMS);
  return (await feed.findOne({ _id: 'feed' }).session(session).maxTimeMS(maxTimeMS).lean())?.seq ?? 0;
};
