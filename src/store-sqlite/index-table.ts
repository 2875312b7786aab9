/** The index tables as the writer changes them: rows of many commits are gathered and inserted in the order of their keys. */
import type { Connection } from './connection.js';
import { rowsOf, type IndexRows } from './index-row.js';
import type { FileKeys } from './keys.js';

export interface IndexTable {
  /** Makes the rows of a resource those of `after`, which `before` described until now; undefined for none. */
  replace(rid: number, before: Buffer | undefined, after: Buffer | undefined): void;
  /** Writes all rows of `after` anew, also those that `before` should have had: what was lost comes back. */
  rewrite(rid: number, before: Buffer | undefined, after: Buffer): void;
  /** Writes what is held back: before anything is searched, and before the commit. */
  flush(): void;
  /** Forgets what is held back: the transaction did not happen. */
  forget(): void;
}

type Row = readonly [key: number, second: number | string, ...rest: number[]];
type TableName = 'token' | 'string' | 'range';

const byKey = (a: Row, b: Row): number => {
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
};

const names: readonly TableName[] = ['token', 'string', 'range'];
const inserts: Readonly<Record<TableName, string>> = {
  token: 'INSERT OR IGNORE INTO token_index (key, sys, rid) VALUES (?, ?, ?)',
  string: 'INSERT OR IGNORE INTO string_index (key, text, rid) VALUES (?, ?, ?)',
  range: 'INSERT OR IGNORE INTO range_index (key, low, high, rid) VALUES (?, ?, ?, ?)',
};
const deletes: Readonly<Record<TableName, string>> = {
  token: 'DELETE FROM token_index WHERE key = ? AND sys = ? AND rid = ?',
  string: 'DELETE FROM string_index WHERE key = ? AND text = ? AND rid = ?',
  range: 'DELETE FROM range_index WHERE key = ? AND low = ? AND high = ? AND rid = ?',
};

/** Rows held back at the most: a bulk load needs no more memory for more. */
const most = 50_000;

/** Returns the tables of a connection. */
export const makeIndexTable = (database: Connection, keys: FileKeys): IndexTable => {
  const insert = { token: database.prepare(inserts.token), string: database.prepare(inserts.string), range: database.prepare(inserts.range) };
  const remove = { token: database.prepare(deletes.token), string: database.prepare(deletes.string), range: database.prepare(deletes.range) };
  let held: Record<TableName, Row[]> = { token: [], string: [], range: [] };
  let waiting = new Set<number>();
  let count = 0;
  const systems = makeSystemTable(database);
  const release = (): void => {
    held = { token: [], string: [], range: [] };
    waiting = new Set();
    count = 0;
  };
  const forget = (): void => {
    release();
    systems.forget();
  };
  const flush = (): void => {
    if (count === 0) return;
    for (const name of names) for (const row of held[name].sort(byKey)) insert[name].run(...row);
    release();
  };
  const add = (rid: number, rows: IndexRows): void => {
    for (const name of names) for (const row of rows[name]) held[name].push([...row, rid] as unknown as Row);
    count += rows.token.length + rows.string.length + rows.range.length;
    for (const row of rows.system) systems.add(row);
    waiting.add(rid);
    if (count > most) flush();
  };
  const replace = (rid: number, before: Buffer | undefined, after: Buffer | undefined): void => {
    if (before === undefined || before.length === 0) {
      if (after !== undefined) add(rid, rowsOf(after, keys));
      return;
    }
    if (after?.equals(before) === true) return;
    if (waiting.has(rid)) flush();
    const old = rowsOf(before, keys);
    const fresh = after === undefined ? noRows : rowsOf(after, keys);
    const gone = without(old, fresh);
    for (const name of names) for (const row of gone[name]) remove[name].run(...row, rid);
    add(rid, without(fresh, old));
  };
  const rewrite = (rid: number, before: Buffer | undefined, after: Buffer): void => {
    replace(rid, before, undefined);
    add(rid, rowsOf(after, keys));
  };
  return { replace, rewrite, flush, forget };
};

const noRows: IndexRows = { token: [], string: [], range: [], system: [] };

/** Codes known to be listed, a bounded number of them: most codes come again and again. */
const mostListed = 65_536;

/** The codes of each system; a code is listed once, whatever has it. */
const makeSystemTable = (database: Connection) => {
  const put = database.prepare('INSERT OR IGNORE INTO system_index (key, value, sys) VALUES (?, ?, ?)');
  const listed = new Set<string>();
  return {
    add: (row: readonly [key: number, value: number, sys: number]): void => {
      const [, value, sys] = row;
      const name = `${String(value)} ${String(sys)}`;
      if (listed.has(name)) return;
      put.run(...row);
      if (listed.size >= mostListed) listed.clear();
      listed.add(name);
    },
    /** What was listed in a transaction that did not happen is not. */
    forget: (): void => { listed.clear(); },
  };
};

/** Returns the rows of `rows` that `others` lacks. */
const without = (rows: IndexRows, others: IndexRows): IndexRows => {
  const left = <T extends readonly (number | string)[]>(own: readonly T[], other: readonly T[]): T[] => {
    const known = new Set(other.map((row) => row.join(' ')));
    return own.filter((row) => !known.has(row.join(' ')));
  };
  return { token: left(rows.token, others.token), string: left(rows.string, others.string), range: left(rows.range, others.range), system: left(rows.system, others.system) };
};
