/** The MongoDB engine: the same port on a replica set, for as many processes as share one database (https://www.mongodb.com/docs/manual/). */
import { randomInt } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import { hashOf } from '../core/hash.js';
import type { Observe } from '../core/observe.js';
import type { Commit, HistoryQuery } from '../store/resource.js';
import type { SearchRun, Store } from '../store/store.js';
import { makeKeys } from '../store-index/keys.js';
import { Cancelled, Work } from '../store-index/work.js';
import { makeCommitQueue } from './commit-queue.js';
import { openConnection } from './connection.js';
import { storing } from './failure.js';
import { makeFeed } from './feed.js';
import { mustBeAlone } from './gate.js';
import { readHistory } from './history.js';
import { readRecords } from './journal.js';
import { openLane } from './lane.js';
import { makeLeases } from './lease.js';
import { beginLife, releaseDead } from './life.js';
import { maintain } from './maintain.js';
import { migrate } from './migrate.js';
import { makeModels } from './model.js';
import { searchPage } from './page.js';
import { readAnswers, readChanges, readHead, readStatistics, readVersion } from './reader.js';
import { isReferenced } from './referrer.js';
import { executeCount } from './search/execute.js';
import { NotAtOnce, type Finding } from './search/scope.js';
import { watchReach, type Reach } from './reach.js';
import { readAtOnce } from './transaction.js';
import { tryCommit, writeGroup, type Writing } from './writer.js';

export interface MongoOptions {
  /** `mongodb://host/database?replicaSet=name`. */
  readonly url: string;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Rows a search may look at before it is refused. */
  readonly searchBudget?: number | undefined;
}

const predicates = ['and', 'or', 'not', 'id', 'type', 'updated', 'token', 'string', 'range', 'reference', 'refers', 'uri', 'missing', 'chain', 'has', 'text', 'near', 'contained'];
/** Bytes of one commit: a document of the database holds 16 MiB, and so does what one write of its log carries. */
const bytesPerCommit = 15 * 1024 ** 2;
/** Milliseconds a commit is tried again before its caller is told to come back. */
const patienceMs = 3_000;
const usualBudget = 1_000_000;

/** Opens the store. Rejects with a StoreFault for a stand-alone server or data of a later release. */
export const openMongoStore = async ({ url, clock, observe, searchBudget = usualBudget }: MongoOptions): Promise<Store> => {
  const building = await openConnection({ url, patient: true });
  const salt = await migrate(building, clock).finally(() => building.close());
  const connection = await openConnection({ url });
  const reach = watchReach(connection);
  const models = makeModels(connection);
  const patience = { forMs: patienceMs, now: () => clock.monotonic(), random: () => randomInt(1_000) / 1_000, rescue: () => releaseDead(connection, models, clock.now()) };
  const leases = makeLeases(models.lease, { clock, reach, close: async () => undefined });
  const lane = await openLane({ models, leases, life: await beginLife({ connection, leases, observe }), patience, clock, observe });
  const writing: Writing = { connection, models, keys: makeKeys(salt), patience, lane };
  return makeStore(writing, { reach, id: hashOf('store', ...salt.map(String)), clock, observe, searchBudget });
};

interface Opened extends Required<Omit<MongoOptions, 'url'>> {
  readonly reach: Reach;
  readonly id: string;
  readonly searchBudget: number;
}

const makeStore = (writing: Writing, { reach, id, clock, observe, searchBudget }: Opened): Store => {
  const { connection, models, keys, lane } = writing;
  const feed = makeFeed(connection, models, clock);
  const queue = makeCommitQueue({ write: (commits, stage) => storing(() => writeGroup(writing, { commits, now: clock.now(), stage })), mustBeAlone: (commit) => mustBeAlone(commit, keys) });
  reach.onAway(() => { queue.leave(); });
  const completeFor = async (query: HistoryQuery): Promise<number> => (query.id === undefined ? feed.settled('versions') : 0);
  return {
    id,
    supports: { predicates: new Set(predicates), writesPerCommit: 100_000, bytesPerCommit },
    commit: async (commit) => {
      refuseLarge(commit);
      if (commit.dryRun === true) return reach.call(() => tryCommit(writing, commit, clock.now()));
      await reach.demand();
      const begun = clock.monotonic();
      const result = await queue.commit(commit);
      observe({ kind: 'commit', writes: commit.writes.length, ms: clock.monotonic() - begun });
      return result;
    },
    read: (key, version) => reach.call(() => readVersion(models, key, version)),
    isReferenced: (key) => reach.call(() => isReferenced({ models, keys, session: null }, key, new Set([`${key.type}/${key.id}`]))),
    search: (plan, run = {}) => reach.call(() => searchPage({ feed, explain: run.explain ?? false, atOnce: (act) => searching(writing, { ...run, budget: run.budget ?? searchBudget }, act) }, plan)),
    count: (plan, run = {}) => reach.call(() => searching(writing, { ...run, budget: run.budget ?? searchBudget }, (finding) => executeCount(finding, plan))),
    history: (query) => reach.call(async () => readHistory({ connection, models, complete: await completeFor(query) }, query)),
    changes: (after, limit) => reach.call(() => readChanges(models, feed, { after, limit })),
    answers: (query, now) => reach.call(() => readAnswers(models, query, now)),
    records: (journal, after, limit) => reach.call(() => readRecords(models, feed, { journal, after, limit })),
    head: () => reach.call(() => readHead(connection, models, feed)),
    statistics: () => reach.call(() => readStatistics(connection, models, feed)),
    maintain: (task) => reach.call(() => maintain(writing, task)),
    close: async () => {
      try {
        await queue.close();
        await lane.close();
      } finally {
        await connection.close();
      }
    },
  };
};

const refuseLarge = ({ writes }: Commit): void => {
  let bytes = 0;
  for (const { body } of writes) bytes += body === undefined ? 0 : Buffer.byteLength(body.text);
  if (bytes > bytesPerCommit) throw new FhirError('body-too-large', `One change may have ${String(bytesPerCommit)} bytes of resources on this store; this one has ${String(bytes)}. Split it.`);
};

const searching = async <T>({ connection, models, keys }: Writing, { signal, budget = usualBudget }: SearchRun, run: (finding: Finding) => Promise<T>): Promise<T> => {
  signal?.throwIfAborted();
  const within = (session: Finding['session']): Promise<T> => run({ models, keys, session, work: new Work({ budget, isCancelled: () => signal?.aborted === true }) });
  const ask = async (): Promise<T> => {
    try {
      return await within(null);
    } catch (error) {
      if (error instanceof NotAtOnce) return readAtOnce(connection, within);
      throw error;
    }
  };
  try {
    return await storing(ask);
  } catch (error) {
    if (error instanceof Cancelled) signal?.throwIfAborted();
    throw error;
  }
};
