/** History of a resource, a type and all, read from the feed (https://hl7.org/fhir/R4/http.html#history). */
import type { Statement } from 'better-sqlite3';
import type { HistoryPage, HistoryQuery } from '../store/resource.js';
import type { Connection } from './connection.js';
import type { FileKeys } from './keys.js';
import { makeResourceTable, type ResourceTable, type VersionRow } from './resource-table.js';

/** What a history is read from: places in the feed below `before`, newest first. */
interface Stretch {
  readonly seqs: (before: number, limit: number) => number[];
  readonly total: () => number;
}

const end = Number.MAX_SAFE_INTEGER;
const chunk = 256;

const makeStatements = (database: Connection) => {
  const list = (sql: string): Statement => database.prepare(sql).pluck();
  return {
    system: list('SELECT seq FROM version WHERE seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ? + 0'),
    systemCount: list('SELECT count(*) FROM version WHERE seq >= ?'),
    type: list('SELECT seq FROM feed WHERE type = ? AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ? + 0'),
    typeCount: list('SELECT count(*) FROM feed WHERE type = ? AND seq >= ?'),
    newest: list('SELECT seq FROM resource WHERE rid = ?'),
    superseded: list('SELECT seq FROM past WHERE rid = ? AND seq < ? AND seq >= ? ORDER BY version DESC LIMIT ? + 0'),
    supersededCount: list('SELECT count(*) FROM past WHERE rid = ? AND seq >= ?'),
    until: list('SELECT until FROM past WHERE rid = ? AND version = ?'),
    updatedAt: list('SELECT updated FROM version WHERE seq = ?'),
    allVersions: list('SELECT versions FROM tally WHERE type = ?'),
    allCount: list('SELECT sum(versions) FROM tally'),
    last: list('SELECT max(seq) FROM version'),
  };
};

type Statements = ReturnType<typeof makeStatements>;

/** Returns how a history is read on a connection. */
export const makeHistory = (database: Connection, keys: FileKeys): ((query: HistoryQuery) => HistoryPage) => {
  const statements = makeStatements(database);
  const resources = makeResourceTable(database, keys);
  return (query) => {
    const stretch = stretchOf({ statements, resources, keys }, query);
    return query.at === undefined ? pageOf(resources, stretch, query) : pageAt({ statements, resources }, stretch, { ...query, at: query.at });
  };
};

/** The first place of the feed at or after a time. */
const placeOf = ({ updatedAt, last }: Statements, since: number | undefined): number => {
  if (since === undefined) return 0;
  let [left, right] = [1, ((last.get() as number | null) ?? 0) + 1];
  while (left < right) {
    const middle = Math.floor((left + right) / 2);
    if (((updatedAt.get(middle) as number | undefined) ?? 0) >= since) right = middle;
    else left = middle + 1;
  }
  return left;
};

interface Place {
  readonly statements: Statements;
  readonly resources: ResourceTable;
  readonly keys: FileKeys;
}

const stretchOf = (place: Place, { type, id, since }: HistoryQuery): Stretch => {
  const { statements, keys } = place;
  const from = placeOf(statements, since);
  if (type !== undefined && id !== undefined) return ofInstance(place, { type, id, from });
  if (type === undefined) {
    return {
      seqs: (before, limit) => statements.system.all(before, from, limit) as number[],
      total: () => (from === 0 ? (statements.allCount.get() as number | null) ?? 0 : statements.systemCount.get(from) as number),
    };
  }
  const number = keys.typeNumber(type);
  return {
    seqs: (before, limit) => statements.type.all(number, before, from, limit) as number[],
    total: () => (from === 0 ? (statements.allVersions.get(number) as number | undefined) ?? 0 : statements.typeCount.get(number, from) as number),
  };
};

const ofInstance = ({ statements, resources }: Place, { type, id, from }: { type: string; id: string; from: number }): Stretch => {
  const rid = resources.state(type, id)?.rid;
  if (rid === undefined) return { seqs: () => [], total: () => 0 };
  const now = statements.newest.get(rid) as number;
  return {
    seqs: (before, limit) => [...(now < before && now >= from ? [now] : []), ...(statements.superseded.all(rid, before, from, limit) as number[])].slice(0, limit),
    total: () => (now >= from ? 1 : 0) + (statements.supersededCount.get(rid, from) as number),
  };
};

const pageOf = (resources: ResourceTable, { seqs, total }: Stretch, { count, before = end }: HistoryQuery): HistoryPage => {
  const found = seqs(before, count + 1);
  return { versions: resources.allAt(found.slice(0, count)).map(resources.toVersion), more: found.length > count, total: total() };
};

/** Which versions were current at a time has to be asked of each. */
const pageAt = ({ statements, resources }: Omit<Place, 'keys'>, stretch: Stretch, { at, count, before = end }: HistoryQuery & { readonly at: NonNullable<HistoryQuery['at']> }): HistoryPage => {
  const wasCurrent = ({ rid, version, updated }: VersionRow): boolean =>
    updated <= at.high && ((statements.until.get(rid, version) as number | undefined) ?? Infinity) > at.low;
  const found: VersionRow[] = [];
  let total = 0;
  for (let from = end; ;) {
    const seqs = stretch.seqs(from, chunk);
    for (const row of resources.allAt(seqs).filter(wasCurrent)) {
      total += 1;
      if (row.seq < before && found.length <= count) found.push(row);
    }
    const oldest = seqs.at(-1);
    if (oldest === undefined) break;
    from = oldest;
  }
  return { versions: found.slice(0, count).map(resources.toVersion), more: found.length > count, total };
};
