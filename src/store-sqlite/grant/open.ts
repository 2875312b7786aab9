/**
 * The grant port on SQLite: a file of its own beside the clinical store, so that neither waits for the other's sync.
 * Records are few and small; each call is one statement or two within a transaction (https://www.sqlite.org/lang_transaction.html).
 */
import Database from 'better-sqlite3';
import type { Clock } from '../../core/clock.js';
import { AliasTaken, type GrantKey, type GrantRecord, type GrantStore, type KeptGrantRecord } from '../../store/grant.js';
import { failureOf } from '../failure.js';
import { grantSchema, grantSchemaVersion } from './schema.js';

export interface GrantStoreOptions {
  /** Path of the database file; made when it is not there. */
  readonly file: string;
  readonly clock: Clock;
}

interface Row {
  readonly collection: string;
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly expires: number | null;
  readonly consumed: number | null;
  readonly grant_id: string | null;
  readonly owner: string | null;
  readonly alias: string | null;
}

const settings: readonly (readonly [name: string, value: string | number])[] = [
  ['journal_mode', 'wal'], ['synchronous', 2], ['foreign_keys', 1], ['trusted_schema', 0], ['cell_size_check', 1], ['mmap_size', 0], ['busy_timeout', 5000],
];

/** Returns the open store. Throws when the file is of a newer program or its durability cannot be set. */
export const openSqliteGrants = ({ file, clock }: GrantStoreOptions): GrantStore => {
  const database = new Database(file);
  try {
    prepareDatabase(database);
    return makeStore(database, clock);
  } catch (error) {
    database.close();
    throw error;
  }
};

const prepareDatabase = (database: Database.Database): void => {
  for (const [name, value] of settings) {
    database.pragma(`${name} = ${String(value)}`);
    const set = database.pragma(name, { simple: true });
    // A build without memory mapping answers this one with nothing.
    if (set !== value && !(name === 'mmap_size' && set === undefined)) throw new Error(`SQLite keeps ${name} at ${String(set)}, not ${String(value)}; records could be lost`);
  }
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > grantSchemaVersion) throw new Error(`the authorization records are of a newer version of this program (${String(version)})`);
  database.transaction(() => {
    database.exec(grantSchema);
    database.pragma(`user_version = ${String(grantSchemaVersion)}`);
  }).immediate();
};

const fromRow = (row: Row): KeptGrantRecord => ({
  collection: row.collection, key: row.key, value: row.value, revision: row.revision,
  expires: row.expires ?? undefined, consumed: row.consumed ?? undefined, grant: row.grant_id ?? undefined, owner: row.owner ?? undefined, alias: row.alias ?? undefined,
});

type Fields = Readonly<Record<'collection' | 'key' | 'value', string> & Record<'grant' | 'owner' | 'alias', string | null> & { expires: number | null }>;

const fieldsOf = ({ collection, key, value, expires, grant, owner, alias }: GrantRecord): Fields => ({
  collection, key, value, expires: expires ?? null, grant: grant ?? null, owner: owner ?? null, alias: alias ?? null,
});

const columns = 'collection, key, value, revision, expires, consumed, grant_id, owner, alias';
const isLive = '(expires IS NULL OR expires > @now)';
const insert = `INSERT INTO record (${columns}) VALUES (@collection, @key, @value, 1, @expires, NULL, @grant, @owner, @alias)`;
const assign = 'value = @value, revision = revision + 1, expires = @expires, grant_id = @grant, owner = @owner, alias = @alias';

const statementsOf = (database: Database.Database) => ({
  get: database.prepare(`SELECT ${columns} FROM record WHERE collection = @collection AND key = @key AND ${isLive}`),
  getByAlias: database.prepare(`SELECT ${columns} FROM record WHERE collection = @collection AND alias = @alias AND ${isLive}`),
  /** What has expired stands in nobody's way. */
  clear: database.prepare('DELETE FROM record WHERE collection = @collection AND (key = @key OR alias = @alias) AND expires <= @now'),
  put: database.prepare(`${insert} ON CONFLICT (collection, key) DO UPDATE SET ${assign}`),
  insertOnce: database.prepare(`${insert} ON CONFLICT DO NOTHING`),
  replace: database.prepare(`UPDATE record SET ${assign} WHERE collection = @collection AND key = @key AND revision = @revision AND ${isLive}`),
  consume: database.prepare(`UPDATE record SET consumed = @now, revision = revision + 1 WHERE collection = @collection AND key = @key AND consumed IS NULL AND ${isLive}`),
  remove: database.prepare('DELETE FROM record WHERE collection = @collection AND key = @key'),
  revokeGrant: database.prepare('DELETE FROM record WHERE grant_id = @grant'),
  list: database.prepare(`SELECT ${columns} FROM record WHERE collection = @collection AND key > @after AND ${isLive} ORDER BY key LIMIT @limit + 0`),
  listOwned: database.prepare(`SELECT ${columns} FROM record WHERE collection = @collection AND owner = @owner AND key > @after AND ${isLive} ORDER BY key LIMIT @limit + 0`),
  all: database.prepare(`SELECT ${columns} FROM record WHERE (collection, key) > (@collection, @key) AND ${isLive} ORDER BY collection, key LIMIT @limit + 0`),
  copy: database.prepare(`INSERT INTO record (${columns}) VALUES (@collection, @key, @value, @revision, @expires, @consumed, @grant, @owner, @alias)
    ON CONFLICT (collection, key) DO UPDATE SET value = @value, revision = @revision, expires = @expires, consumed = @consumed, grant_id = @grant, owner = @owner, alias = @alias`),
  expire: database.prepare('DELETE FROM record WHERE expires <= @now'),
});

const isAliasTaken = (error: unknown): boolean => failureOf(error).code === 'SQLITE_CONSTRAINT_UNIQUE';

interface Waiting {
  /** Runs within the transaction of all that wait. */
  readonly run: () => void;
  /** Told when the transaction is on disk. */
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes that come while the event loop turns once share a transaction and its sync; each still succeeds or fails for itself. */
const makeWriter = (database: Database.Database): (<T>(act: () => T) => Promise<T>) => {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    try {
      database.transaction(() => { for (const { run } of batch) run(); }).immediate();
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  };
  return <T>(act: () => T) => new Promise<T>((resolve, reject) => {
    let settle: () => void = () => undefined;
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({
      run: () => {
        try {
          const value = act();
          settle = () => { resolve(value); };
        } catch (error) {
          // A statement that breaks a constraint undoes itself and leaves the others' standing.
          if (!isAliasTaken(error)) throw error;
          settle = () => { reject(new AliasTaken()); };
        }
      },
      done: () => { settle(); },
      failed: reject,
    });
  });
};

const makeStore = (database: Database.Database, clock: Clock): GrantStore => {
  const statements = statementsOf(database);
  const write = makeWriter(database);
  const keyed = ({ collection, key }: GrantKey) => ({ collection, key, now: clock.now() });
  const found = (row: unknown): KeptGrantRecord | undefined => (row === undefined ? undefined : fromRow(row as Row));
  const writing = (record: GrantRecord, run: (fields: Fields, now: number) => Database.RunResult): Promise<boolean> => {
    const fields = fieldsOf(record);
    const now = clock.now();
    return write(() => {
      statements.clear.run({ collection: fields.collection, key: fields.key, alias: fields.alias, now });
      return run(fields, now).changes > 0;
    });
  };
  const consume = (key: GrantKey): 'consumed' | 'already' | 'absent' => {
    const asked = keyed(key);
    if (statements.consume.run(asked).changes > 0) return 'consumed';
    return statements.get.get(asked) === undefined ? 'absent' : 'already';
  };
  return {
    get: async (key) => found(statements.get.get(keyed(key))),
    getByAlias: async (collection, alias) => found(statements.getByAlias.get({ collection, alias, now: clock.now() })),
    put: async (record) => { await writing(record, (fields) => statements.put.run(fields)); },
    insertOnce: (record) => writing(record, (fields) => statements.insertOnce.run(fields)),
    replace: (record, revision) => writing(record, (fields, now) => statements.replace.run({ ...fields, revision, now })),
    consume: (key) => write(() => consume(key)),
    remove: ({ collection, key }) => write(() => statements.remove.run({ collection, key }).changes > 0),
    revokeGrant: (grant) => write(() => statements.revokeGrant.run({ grant }).changes),
    list: async ({ collection, owner, after = '', limit }) => {
      const asked = { collection, after, limit, now: clock.now() };
      const rows = owner === undefined ? statements.list.all(asked) : statements.listOwned.all({ ...asked, owner });
      return (rows as Row[]).map(fromRow);
    },
    all: async (after, limit) => (statements.all.all({ collection: after?.collection ?? '', key: after?.key ?? '', now: clock.now(), limit }) as Row[]).map(fromRow),
    copy: async (record) => { await writing(record, (fields) => statements.copy.run({ ...fields, revision: record.revision, consumed: record.consumed ?? null })); },
    expire: () => write(() => statements.expire.run({ now: clock.now() }).changes),
    close: async () => {
      await write(() => undefined);
      database.close();
    },
  };
};
