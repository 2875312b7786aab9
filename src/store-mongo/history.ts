/** History of a resource, a type and all (https://hl7.org/fhir/R4/http.html#history): stretches of the feed, one moment a page. */
import type { ClientSession, Connection, QueryFilter } from 'mongoose';
import type { HistoryPage, HistoryQuery } from '../store/resource.js';
import type { Models, VersionDocument } from './model.js';
import { nameOf } from './name.js';
import { toVersion } from './reader.js';
import { countUpTo } from './lane.js';
import { maxTimeMS, readAtOnce } from './transaction.js';

interface Looking {
  readonly connection: Connection;
  readonly models: Models;
  /** Position that everything is complete up to. One resource's versions need none, they come one after the other. */
  readonly complete: number;
}

/** Resolves with one page. What is complete never changes again but for when its versions end: that, the count of all, and one resource's newest versions need a moment of the database. */
export const readHistory = ({ connection, models, complete }: Looking, query: HistoryQuery): Promise<HistoryPage> => {
  const read = (session: ClientSession | null): Promise<HistoryPage> => readPage({ models, complete, session }, query);
  const { type, id, at } = query;
  return type !== undefined && id === undefined && at === undefined ? read(null) : readAtOnce(connection, read);
};

type Place = { readonly $gte?: number; readonly $lte?: number };

const readPage = async ({ models, complete, session }: Omit<Looking, 'connection'> & { readonly session: ClientSession | null }, query: HistoryQuery): Promise<HistoryPage> => {
  const { type, id, since, at, count, before } = query;
  const from: Place = since === undefined ? {} : { $gte: await placeOf(models, session, since) };
  const whole: QueryFilter<VersionDocument> = {
    ...(type !== undefined && id !== undefined ? { key: nameOf({ type, id }) } : type !== undefined ? { type } : {}),
    ...(at === undefined ? {} : { updated: { $lte: at.high }, until: { $gt: at.low } }),
  };
  const isWhole = type === undefined && since === undefined && at === undefined;
  const total = isWhole && session !== null ? await countUpTo(models, session, complete) : await models.version.countDocuments(within(whole, from, id === undefined ? complete : Infinity)).session(session).maxTimeMS(maxTimeMS);
  const last = Math.min(before === undefined ? Infinity : before - 1, id === undefined ? complete : Infinity);
  const page = models.version.find(within(whole, from, last)).sort({ _id: -1 }).limit(count + 1).session(session).maxTimeMS(maxTimeMS).lean();
  const found = await (type === undefined ? page.hint({ _id: 1 }) : page);
  return { versions: found.slice(0, count).map(toVersion), more: found.length > count, total };
};

/** The filter, up to a place of the feed. */
const within = (whole: QueryFilter<VersionDocument>, from: Place, last: number): QueryFilter<VersionDocument> => {
  const place: Place = { ...from, ...(last === Infinity ? {} : { $lte: last }) };
  return Object.keys(place).length === 0 ? whole : { ...whole, _id: place };
};

/** The first place of the feed at or after a time: times never go back along it. */
const placeOf = async ({ version }: Models, session: ClientSession | null, since: number): Promise<number> =>
  (await version.findOne({ updated: { $gte: since } }, { _id: 1 }).hint({ updated: 1, _id: 1 }).sort({ updated: 1, _id: 1 }).session(session).maxTimeMS(maxTimeMS).lean())?._id ?? Number.MAX_SAFE_INTEGER;
