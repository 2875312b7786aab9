/** The embedded engine: one file, one writer, reads that never wait for it (https://sqlite.org/wal.html). */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { hashOf } from '../core/hash.js';
import type { Observe } from '../core/observe.js';
import type { Version } from '../store/resource.js';
import type { MaintenanceReport, MaintenanceTask, Store } from '../store/store.js';
import { packEntries } from '../store-index/packed.js';
import { openConnection, StoreFault, type Connection } from './connection.js';
import { failureOf, toStoreError } from './failure.js';
import { databaseFile } from './files.js';
import { makeFileKeys, type FileKeys } from './keys.js';
import { listSystems } from './list-systems.js';
import { takeLock } from './lock.js';
import { makeMoment, type Moment } from './moment.js';
import { packCommit, packedOf } from './packed-commit.js';
import { makeReadPool, type ReadPool } from './read-pool.js';
import { makeReader, type Reader } from './reader.js';
import { migrate, readLayout } from './schema.js';
import { makeExecutor, usualSortable, type Executor } from './search/execute.js';
import { makeSearches } from './search/long.js';
import { openWriteQueue, type WriteQueue } from './write-queue.js';
import type { PackedIndex } from './write-service.js';

export interface SqliteOptions {
  /** Everything the store keeps is in here; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Where commits are written: on a thread of its own (default), or here. */
  readonly writer?: 'worker' | 'inline' | undefined;
  /** Told once when the file can no longer be trusted: the process should end. */
  readonly onFatal?: ((error: unknown) => void) | undefined;
  /** Rows a search may look at before it is refused. */
  readonly searchBudget?: number | undefined;
  /** Where ways of searching change; for tests, which need both sides with few resources. */
  readonly thresholds?: { readonly sortable: number; readonly quick: number } | undefined;
}

/** Rows a search may look at here; those that need more go to a thread, so that nobody waits for them. */
const usualQuick = 1_000;
const threads = 2;
/** Megabytes of pages each connection keeps; what is not there comes from the cache of the system. */
const cache = { writer: 64, main: 16, reader: 8 };
/** The main connection keeps a 32nd of a large file, up to four times as much: what a search looks at lies further apart there. */
const mainCache = (file: string): number => Math.round(Math.min(4 * cache.main, Math.max(cache.main, statSync(file).size / 2 ** 20 / 32)));

interface Engine {
  readonly file: string;
  readonly keys: FileKeys;
  readonly reader: Reader;
  readonly executor: Executor;
  readonly database: Connection;
  readonly moment: Moment;
  readonly queue: WriteQueue;
  readonly pool: ReadPool;
  readonly budget: number;
  readonly quick: number;
}

/** Opens the store in a folder. Rejects with StoreInUse, with a StoreFault when settings or files are not as they must be. */
export const openSqliteStore = async (options: SqliteOptions): Promise<Store> => {
  const { folder, clock, observe } = options;
  const file = join(folder, databaseFile);
  const lock = explained(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return takeLock(folder);
  });
  try {
    explained(folder, () => { prepare(file, folder); });
    const onFatal = (error: unknown): void => {
      observe({ kind: 'failure', requestId: undefined, where: 'store', error });
      options.onFatal?.(error);
    };
    let moment: Moment | undefined;
    const watch = { changing: () => { moment?.changing(); }, settled: () => { moment?.settled(); } };
    const queue = await openWriteQueue({ file, cacheMegabytes: cache.writer, where: options.writer ?? 'worker', clock, onFatal, watch });
    const database = openConnection({ file, mode: 'read', cacheMegabytes: mainCache(file) });
    const keys = makeFileKeys(readLayout(database));
    const { sortable, quick } = options.thresholds ?? { sortable: usualSortable, quick: usualQuick };
    const engine: Engine = {
      file, keys, database, moment: (moment = makeMoment(database)), queue, quick, reader: makeReader(database, keys), executor: makeExecutor(database, keys, sortable),
      pool: makeReadPool({ file, cacheMegabytes: cache.reader, sortable, threads }), budget: options.searchBudget ?? 5_000_000,
    };
    return makeStore(engine, { clock, observe, release: () => { lock.release(); } });
  } catch (error) {
    lock.release();
    throw error;
  }
};

const unwritable = /^(EROFS|EACCES|EPERM|SQLITE_READONLY|SQLITE_CANTOPEN)/;
const damaged = /^SQLITE_(NOTADB|CORRUPT)/;

/** Runs a step of the start; what the system says of its failure becomes what the operator can do about it. */
const explained = <T>(folder: string, step: () => T): T => {
  try {
    return step();
  } catch (cause) {
    const { code } = failureOf(cause);
    if (unwritable.test(code)) throw new StoreFault(`${folder} cannot be written (${code}): DATA_DIR must be a folder that this user may write.`, { cause });
    if (damaged.test(code)) throw new StoreFault(`${join(folder, databaseFile)} is damaged or no store of this program (${code}): put a backup in its place with "concierge restore --from FILE --force".`, { cause });
    throw cause;
  }
};

/** The schema is brought up to date, and the folder's entry of a new file is on disk, before anything is acknowledged. */
const prepare = (file: string, folder: string): void => {
  const database = openConnection({ file, mode: 'write' });
  try {
    migrate(database);
    listSystems(database);
  } finally {
    database.close();
  }
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};

const predicates = ['and', 'or', 'not', 'id', 'type', 'updated', 'token', 'string', 'range', 'reference', 'refers', 'uri', 'missing', 'chain', 'has', 'text', 'near', 'contained'];

interface Surroundings {
  readonly clock: Clock;
  readonly observe: Observe;
  readonly release: () => void;
}

interface QuietFeed {
  /** Runs a commit that adds to the feed. */
  readonly during: <T>(commit: () => Promise<T>) => Promise<T>;
  /** Returns what `read` finds after the position, without asking again where nothing can have come. */
  readonly after: (position: number, read: () => Version[]) => Version[];
}

/** This process alone writes to the file: after an empty look at the feed nothing is in it until the next commit begins. */
const makeQuietFeed = (): QuietFeed => {
  let running = 0;
  let quietAfter = Infinity;
  return {
    during: async (commit) => {
      running += 1;
      quietAfter = Infinity;
      try {
        return await commit();
      } finally {
        running -= 1;
      }
    },
    after: (position, read) => {
      if (running === 0 && position >= quietAfter) return [];
      const found = read();
      if (running === 0 && found.length === 0) quietAfter = Math.min(quietAfter, position);
      return found;
    },
  };
};

const makeStore = (engine: Engine, { clock, observe, release }: Surroundings): Store => {
  const { keys, reader, queue, pool, moment } = engine;
  const look = <T>(read: () => T): T => reading(() => moment.read(read));
  const feed = makeQuietFeed();
  const searches = makeSearches({ ...engine, reading });
  return {
    id: hashOf('store', ...keys.layout.salt.map(String)),
    supports: { predicates: new Set(predicates), writesPerCommit: 100_000 },
    commit: async (commit) => {
      const begun = clock.monotonic();
      const packed = commit.writes.length === 0 ? packedOf(commit, []) : await packCommit(commit, keys);
      const result = await (commit.writes.length === 0 || commit.dryRun === true ? queue.commit(packed) : feed.during(() => queue.commit(packed)));
      observe({ kind: 'commit', writes: commit.writes.length, ms: clock.monotonic() - begun });
      return result;
    },
    read: async (key, version) => look(() => reader.read(key, version)),
    isReferenced: async (key, also) => look(() => reader.isReferenced(key, also)),
    search: (plan, run = {}) => searches.search(plan, run),
    count: (plan, run = {}) => searches.count(plan, run),
    history: async (query) => {
      // Only a time that lies in between asks for a look at every version.
      if (query.at === undefined || query.id !== undefined) return look(() => reader.history(query));
      const result = await pool.run({ kind: 'history', query });
      return result.kind === 'history' ? result.page : unexpected();
    },
    changes: async (after, limit) => feed.after(after, () => look(() => reader.changes(after, limit))),
    answers: async (query, now) => look(() => reader.answers(query, now)),
    records: async (journal, after, limit) => look(() => reader.records(journal, after, limit)),
    head: async () => look(() => reader.head()),
    statistics: async () => look(() => reader.statistics(engine.file)),
    maintain: async (task) => {
      const report = await maintain(engine, task);
      searches.forget();
      return report;
    },
    close: async () => {
      await pool.close();
      moment.end();
      await queue.close();
      engine.database.close();
      release();
    },
  };
};

const unexpected = (): never => { throw new Error('a reading thread answered something else'); };

const reading = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw failureOf(error).code.startsWith('SQLITE_') ? toStoreError(failureOf(error)) : error;
  }
};

type IndexTask = Extract<MaintenanceTask, { readonly entries: unknown }>;

const packed = ({ entries }: IndexTask, keys: FileKeys): PackedIndex[] =>
  entries.map(({ key, version, index }) => ({ key, version, packed: packEntries(key.type, index, keys) }));

const maintain = async ({ keys, queue, pool }: Engine, task: MaintenanceTask): Promise<MaintenanceReport> => {
  switch (task.task) {
    case 'reindex':
      return { done: await queue.reindex(packed(task, keys)), faults: [] };
    case 'expire':
      return { done: await queue.expire(task.now), faults: [] };
    case 'expire-audit':
      return { done: await queue.expireAudit({ upTo: task.upTo, events: task.events }), faults: [] };
    case 'backup':
    case 'check-files':
    case 'check-index': {
      const result = await pool.run(task.task === 'backup' ? { kind: 'backup', to: task.to } : task.task === 'check-files' ? { kind: 'check-files' } : { kind: 'check-index', entries: packed(task, keys) });
      return result.kind === 'checked' ? { done: result.done, faults: result.faults } : unexpected();
    }
  }
};
