/** The queries a search is made of: each reads a stretch of one index, in the order of that index. */
import type { Statement } from 'better-sqlite3';
import type { Connection } from '../connection.js';

/** Rows read at a time: enough to be cheap, few enough to stop early. */
export const chunk = 256;
/** Rows read first: a page of the usual size needs no more. */
export const firstChunk = 24;

/**
 * Yields rows read in stretches that grow: most searches end within the first. `read` is given how many to read, and the last row of
 * the stretch before.
 */
export function* growing<T>(read: (limit: number, last: T | undefined) => readonly T[], first = firstChunk): Generator<T> {
  let last: T | undefined;
  for (let limit = first; ; limit = Math.min(chunk, limit * 4)) {
    const found = read(limit, last);
    yield* found;
    if (found.length < limit) return;
    last = found.at(-1);
  }
}

const columns = 'rid, id, updated, seq, packed';

/** Returns the prepared queries of a connection. */
export const makeStatements = (database: Connection) => {
  const list = (sql: string): Statement => database.prepare(sql).pluck();
  const rows = (sql: string): Statement => database.prepare(sql).raw();
  return {
    resources: list('SELECT rid FROM resource WHERE rid > ? AND rid <= ? AND deleted = 0 ORDER BY rid LIMIT ? + 0'),
    one: rows(`SELECT ${columns} FROM resource WHERE rid = ? AND deleted = 0`),
    /** The list leads: what is found comes in its order. */
    several: rows(`SELECT r.rid, r.id, r.updated, r.seq, r.packed FROM json_each(?) list CROSS JOIN resource r ON r.rid = list.value WHERE r.deleted = 0`),
    /** The same with nothing but their ids. */
    ids: list('SELECT r.id FROM json_each(?) list CROSS JOIN resource r ON r.rid = list.value WHERE r.deleted = 0'),
    bodyAt: list('SELECT body FROM version WHERE seq = ?'),
    newestOf: list('SELECT seq FROM resource WHERE rid = ?'),
    /** The list leads: what is found comes in its order. */
    newestOfAll: list('SELECT r.seq FROM json_each(?) list CROSS JOIN resource r ON r.rid = list.value'),
    token: list('SELECT rid FROM token_index WHERE key = ? AND sys = ? AND rid > ? ORDER BY rid LIMIT ? + 0'),
    /** Where each of many values has its first resource, in the order of the list: one query costs less than many. */
    heads: list('SELECT (SELECT t.rid FROM token_index t WHERE t.key = list.value ->> 0 AND t.sys = list.value ->> 1 AND t.rid > ? ORDER BY t.rid LIMIT 1) FROM json_each(?) list'),
    codes: rows('SELECT value, sys FROM system_index WHERE key = ? LIMIT ? + 0'),
    /** Distinct systems are found by leaping from one to the next. */
    nextSystem: list('SELECT min(sys) FROM token_index WHERE key = ? AND sys > ? AND sys <= ?'),
    tokenCount: list('SELECT count(*) FROM (SELECT 1 FROM token_index WHERE key = ? AND sys BETWEEN ? AND ? LIMIT ? + 0)'),
    /** Resources that have a value at all: rows first, which is cheaper, then resources. */
    stringRows: list('SELECT count(*) FROM string_index WHERE key = ?'),
    stringOwners: list('SELECT count(DISTINCT rid) FROM string_index WHERE key = ?'),
    rangeRows: list('SELECT count(*) FROM range_index WHERE key BETWEEN ? AND ?'),
    rangeOwners: list('SELECT count(DISTINCT rid) FROM range_index WHERE key BETWEEN ? AND ?'),
    current: list('SELECT current FROM tally WHERE type = ?'),
    string: rows('SELECT text, rid FROM string_index WHERE key = ? AND (text, rid) > (?, ?) AND text < ? ORDER BY text, rid LIMIT ? + 0'),
    stringDown: rows('SELECT text, rid FROM string_index WHERE key = ? AND (text, rid) < (?, ?) ORDER BY text DESC, rid DESC LIMIT ? + 0'),
    stringCount: list('SELECT count(*) FROM (SELECT 1 FROM string_index WHERE key = ? AND text >= ? AND text < ? LIMIT ? + 0)'),
    range: rows('SELECT low, high, rid FROM range_index WHERE key = ? AND (low, high, rid) > (?, ?, ?) AND low <= ? ORDER BY low, high, rid LIMIT ? + 0'),
    rangeDown: rows('SELECT low, high, rid FROM range_index WHERE key = ? AND (low, high, rid) < (?, ?, ?) ORDER BY low DESC, high DESC, rid DESC LIMIT ? + 0'),
    rangeCount: list('SELECT count(*) FROM (SELECT 1 FROM range_index WHERE key = ? AND low >= ? AND low <= ? LIMIT ? + 0)'),
    feed: rows('SELECT f.seq, v.rid, v.updated FROM feed f JOIN version v ON v.seq = f.seq WHERE f.type = ? AND f.seq > ? AND f.seq <= ? ORDER BY f.seq LIMIT ? + 0'),
    feedDown: rows('SELECT f.seq, v.rid, v.updated FROM feed f JOIN version v ON v.seq = f.seq WHERE f.type = ? AND f.seq < ? AND f.seq > ? ORDER BY f.seq DESC LIMIT ? + 0'),
    feedCount: list('SELECT count(*) FROM (SELECT 1 FROM feed WHERE type = ? AND seq > ? AND seq <= ? LIMIT ? + 0)'),
    /** Types of which there is something. */
    populated: list('SELECT type FROM tally WHERE current > 0'),
    updatedAt: list('SELECT updated FROM version WHERE seq = ?'),
    lastSeq: list('SELECT max(seq) FROM version'),
  };
};

/** Yields the items in groups that grow, as `growing` reads them. */
export function* inGroups<T>(items: Iterable<T>): Generator<readonly T[]> {
  let size = firstChunk;
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
    size = Math.min(chunk, size * 4);
  }
  if (group.length > 0) yield group;
}

export type Statements = ReturnType<typeof makeStatements>;
