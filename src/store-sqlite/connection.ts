/** Connections to the database file: the settings that make a commit durable, set and asserted on each (https://sqlite.org/pragma.html). */
import Database from 'better-sqlite3';

export type Connection = Database.Database;

export interface ConnectionOptions {
  readonly file: string;
  readonly mode: 'read' | 'write';
  /** Page cache of this connection. */
  readonly cacheMegabytes?: number | undefined;
}

/** The engine's files are not as they must be; the message names what. */
export class StoreFault extends Error {}

/** SQLite before this could corrupt a WAL database under rare timings. */
const oldest = [3, 51, 3];

const isOlder = (version: string): boolean => {
  const parts = version.split('.').map(Number);
  for (const [at, wanted] of oldest.entries()) {
    const part = parts[at] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
};

const required: readonly (readonly [pragma: string, value: string | number])[] = [
  ['synchronous', 2], ['foreign_keys', 1], ['trusted_schema', 0], ['cell_size_check', 1], ['mmap_size', 0],
];

/** Returns an open connection; throws a StoreFault when the library or a setting is not what durability needs. */
export const openConnection = ({ file, mode, cacheMegabytes = 16 }: ConnectionOptions): Connection => {
  const database = new Database(file, { fileMustExist: mode === 'read', timeout: 5_000 });
  try {
    if (mode === 'write') database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    database.pragma('mmap_size = 0');
    database.pragma('temp_store = MEMORY');
    database.pragma(`cache_size = ${String(-1024 * cacheMegabytes)}`);
    if (mode === 'read') database.pragma('query_only = ON');
    assertSettings(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Throws a StoreFault that names the first setting that did not take. */
export const assertSettings = (database: Connection): void => {
  const version = database.prepare('SELECT sqlite_version()').pluck().get() as string;
  if (isOlder(version)) throw new StoreFault(`SQLite ${version} is too old: ${oldest.join('.')} or later is needed.`);
  const journal = database.pragma('journal_mode', { simple: true });
  if (journal !== 'wal') throw new StoreFault(`journal_mode is ${String(journal)}, not wal: the file system of DATA_DIR may not allow it.`);
  for (const [pragma, wanted] of required) {
    // mmap_size answers nothing where the library was built without it.
    const value = database.pragma(pragma, { simple: true }) ?? 0;
    if (value !== wanted) throw new StoreFault(`${pragma} is ${JSON.stringify(value)}, not ${String(wanted)}.`);
  }
};

/** Returns a function that runs reads on one moment of the database; lighter than a transaction made anew for each. */
export const makeSnapshots = (database: Connection): (<T>(read: () => T) => T) => {
  const begin = database.prepare('BEGIN');
  const end = database.prepare('COMMIT');
  return (read) => {
    if (database.inTransaction) return read();
    begin.run();
    try {
      return read();
    } finally {
      end.run();
    }
  };
};
