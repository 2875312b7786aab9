/** History of a resource, a type and all (https://hl7.org/fhir/R4/http.html#history): stretches of the feed, one moment a page. */
import type { ClientSession, Connection, QueryFilter } from 'mongoose';
import type { HistoryPage, HistoryQuery } from '../store/resource.js';
import type { Models, VersionDocument } from './model.js';
import { nameOf } from './name.js';
import { toVersion } from './reader.js';
import { countUpTo } from './lane.js';
import { maxTimeMS, readAtOnce } from './transaction.js';

/** Resolves with one page; `complete`: position that everything is complete up to. One resource's versions need none, they come one after the other. */
export const readHistory = ({ connection, models, complete }: { readonly connection: Connection; readonly models: Models; readonly complete: number }, query: HistoryQuery): Promise<HistoryPage> =>
  readAtOnce(connection, async (session) => {
    const { type, id, since, at, count, before } = query;
    const whole: QueryFilter<VersionDocument> = {
      ...(type !== undefined && id !== undefined ? { key: nameOf({ type, id }) } : type !== undefined ? { type } : {}),
      ...(since === undefined ? {} : { _id: { $gte: await placeOf(models, session, since) } }),
      ...(at === undefined ? {} : { updated: { $lte: at.high }, until: { $gt: at.low } }),
    };
    const total = await totalOf(models, session, { whole, complete: id === undefined ? complete : undefined });
    const hint = id !== undefined ? undefined : type !== undefined ? { type: 1 as const, _id: -1 as const } : { _id: 1 as const };
    const last = Math.min(before === undefined ? Infinity : before - 1, id === undefined ? complete : Infinity);
    const filter = last === Infinity ? whole : { $and: [whole, { _id: { $lte: last } }] };
    const page = models.version.find(filter).sort({ _id: -1 }).limit(count + 1).session(session).maxTimeMS(maxTimeMS).lean();
    const found = await (hint === undefined ? page : page.hint(hint));
    return { versions: found.slice(0, count).map(toVersion), more: found.length > count, total };
  });

/** The first place of the feed at or after a time: times never go back along it. */
const placeOf = async ({ version }: Models, session: ClientSession, since: number): Promise<number> =>
  (await version.findOne({ updated: { $gte: since } }, { _id: 1 }).hint({ updated: 1, _id: 1 }).sort({ updated: 1, _id: 1 }).session(session).maxTimeMS(maxTimeMS).lean())?._id ?? Number.MAX_SAFE_INTEGER;

interface Counted {
  readonly whole: QueryFilter<VersionDocument>;
  readonly complete: number | undefined;
}

const totalOf = async (models: Models, session: ClientSession, { whole, complete }: Counted): Promise<number> => {
  if (complete === undefined) return models.version.countDocuments(whole).session(session).maxTimeMS(maxTimeMS);
  if (Object.keys(whole).length > 0) return models.version.countDocuments({ $and: [whole, { _id: { $lte: complete } }] }).session(session).maxTimeMS(maxTimeMS);
  return countUpTo(models, session, complete);
};
