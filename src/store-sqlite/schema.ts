/**
 * Tables of the embedded engine and how they came to be: numbered migrations, each one transaction, so that one that was
 * interrupted has not happened.
 */
import { randomBytes } from 'node:crypto';
import { resourceTypes } from '../fhir/definitions.js';
import type { StoreMark } from '../store/resource.js';
import { StoreFault, type Connection } from './connection.js';

/**
 * `rid` is type number * 2^40 + count: resources of a type are neighbours, in the order first stored.
 * - `version`: every version, appended in the order of commits; `seq` is the change feed.
 * - `identity`: from the hash of type and id to the resource and its newest version.
 * - `resource`: what is current; `packed` are its index entries, from which index rows are derived.
 * - `past`: superseded versions of a resource; `until` is when the next one came.
 * - `feed`: versions by type.
 * - `system_index`: the distinct codes of each system, by where their rows begin in `token_index`. A code that nothing has any more may stay listed.
 */
const base = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE type (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE version (seq INTEGER PRIMARY KEY, rid INTEGER NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL, method INTEGER NOT NULL, id TEXT NOT NULL, body TEXT) STRICT;
  CREATE TABLE identity (key INTEGER NOT NULL, rid INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, rid)) STRICT, WITHOUT ROWID;
  CREATE TABLE resource (rid INTEGER PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL, seq INTEGER NOT NULL, deleted INTEGER NOT NULL, packed BLOB) STRICT;
  CREATE TABLE past (rid INTEGER NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (rid, version)) STRICT, WITHOUT ROWID;
  CREATE TABLE feed (type INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (type, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE tally (type INTEGER PRIMARY KEY, current INTEGER NOT NULL, versions INTEGER NOT NULL) STRICT;
  CREATE TABLE token_index (key INTEGER NOT NULL, sys INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (key, sys, rid)) STRICT, WITHOUT ROWID;
  CREATE TABLE string_index (key INTEGER NOT NULL, text TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (key, text, rid)) STRICT, WITHOUT ROWID;
  CREATE TABLE range_index (key INTEGER NOT NULL, low NUMERIC NOT NULL, high NUMERIC NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (key, low, high, rid)) WITHOUT ROWID;
  CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL) STRICT;
  CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE TABLE answer (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, expires INTEGER NOT NULL, answer TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

const systems = `
  CREATE TABLE system_index (key INTEGER NOT NULL, value INTEGER NOT NULL, sys INTEGER NOT NULL, PRIMARY KEY (key, value, sys)) STRICT, WITHOUT ROWID;
`;

interface Migration {
  readonly about: string;
  readonly apply: (database: Connection) => void;
}

/** In order; the place in the list is the version. A step already released is never changed. */
export const migrations: readonly Migration[] = [
  { about: 'resources, versions, index, journals', apply: (database) => { database.exec(base); } },
  { about: 'the codes of each system', apply: (database) => { database.exec(systems); } },
];

/** Bits of `rid` below the type number. */
export const ridSpan = 2 ** 40;

/** Brings the file to the present version. Throws a StoreFault for one that a later release made. */
export const migrate = (database: Connection): void => {
  const at = database.pragma('user_version', { simple: true }) as number;
  if (at > migrations.length) throw new StoreFault(`The data was written by a later release (format ${String(at)}; this one knows ${String(migrations.length)}).`);
  for (const [index, { apply }] of migrations.entries()) {
    if (index < at) continue;
    database.transaction(() => {
      apply(database);
      database.pragma(`user_version = ${String(index + 1)}`);
    }).immediate();
  }
  database.transaction(() => { seed(database); }).immediate();
};

const seed = (database: Connection): void => {
  const salt = randomBytes(8);
  const put = database.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)');
  put.run('salt', salt.toString('hex'));
  const add = database.prepare('INSERT INTO type (number, name) SELECT coalesce(max(number), 0) + 1, ? FROM type');
  const known = new Set(database.prepare('SELECT name FROM type').pluck().all() as string[]);
  for (const name of resourceTypes) if (!known.has(name)) add.run(name);
};

/** Returns whether the data may be served. */
export const readMark = (database: Connection): StoreMark => {
  const text = database.prepare("SELECT value FROM meta WHERE name = 'mark'").pluck().get() as string | undefined;
  return text === undefined ? { state: 'open', text: '' } : JSON.parse(text) as StoreMark;
};

export interface Layout {
  /** Key of the hashes. */
  readonly salt: readonly [number, number];
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

/** Returns what of the file every connection has to know. */
export const readLayout = (database: Connection): Layout => {
  const salt = Buffer.from(database.prepare("SELECT value FROM meta WHERE name = 'salt'").pluck().get() as string, 'hex');
  const rows = database.prepare('SELECT number, name FROM type').raw().all() as [number, string][];
  return { salt: [salt.readUInt32LE(0), salt.readUInt32LE(4)], numbers: new Map(rows.map(([number, name]) => [name, number])), names: new Map(rows) };
};
