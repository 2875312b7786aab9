/** The MongoDB engine: the same port on a replica set, for as many processes as share one database (https://www.mongodb.com/docs/manual/). */
import { randomInt } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import type { Observe } from '../core/observe.js';
import type { SearchPlan } from '../store/plan.js';
import type { Commit, SearchPage, Version } from '../store/resource.js';
import type { SearchRun, Store } from '../store/store.js';
import { makeKeys } from '../store-index/keys.js';
import { Cancelled, Work } from '../store-index/work.js';
import { makeCommitQueue } from './commit-queue.js';
import { openConnection } from './connection.js';
import { storing } from './failure.js';
import { readHistory } from './history.js';
import { maintain } from './maintain.js';
import { migrate } from './migrate.js';
import { makeModels } from './model.js';
import { readAnswers, readChanges, readRecords, readStatistics, readVersion, toVersion } from './reader.js';
import { isReferenced } from './referrer.js';
import { executeCount, executeSearch } from './search/execute.js';
import type { Finding } from './search/finding.js';
import { maxTimeMS, readAtOnce } from './transaction.js';
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
  const patience = { forMs: patienceMs, now: () => clock.monotonic(), random: () => randomInt(1_000) / 1_000 };
  const writing: Writing = { connection, models: makeModels(connection), keys: makeKeys(salt), patience };
  return makeStore(writing, { clock, observe, searchBudget });
};

const makeStore = (writing: Writing, { clock, observe, searchBudget }: Required<Omit<MongoOptions, 'url'>> & { readonly searchBudget: number }): Store => {
  const { connection, models, keys } = writing;
  const queue = makeCommitQueue((commits) => storing(() => writeGroup(writing, commits, clock.now())));
  return {
    supports: { predicates: new Set(predicates), writesPerCommit: 100_000, bytesPerCommit },
    commit: async (commit) => {
      refuseLarge(commit);
      if (commit.dryRun === true) return storing(() => tryCommit(writing, commit, clock.now()));
      const begun = clock.monotonic();
      const result = await queue.commit(commit);
      observe({ kind: 'commit', writes: commit.writes.length, ms: clock.monotonic() - begun });
      return result;
    },
    read: (key, version) => storing(() => readVersion(models, key, version)),
    isReferenced: (key) => storing(() => isReferenced({ models, keys, session: null }, key, new Set([`${key.type}/${key.id}`]))),
    search: (plan, run = {}) => searching(writing, { ...run, budget: run.budget ?? searchBudget }, (finding) => search(finding, plan, run.explain ?? false)),
    count: (plan, run = {}) => searching(writing, { ...run, budget: run.budget ?? searchBudget }, (finding) => executeCount(finding, plan)),
    history: (query) => storing(() => readHistory(connection, models, query)),
    changes: (after, limit) => storing(() => readChanges(models, after, limit)),
    answers: (query, now) => storing(() => readAnswers(models, query, now)),
    records: (journal, after, limit) => storing(() => readRecords(models, { journal, after, limit })),
    statistics: () => storing(() => readStatistics(connection, models)),
    maintain: (task) => storing(() => maintain(writing, task)),
    close: async () => {
      await queue.close();
      await connection.close();
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
  try {
    const work = new Work({ budget, isCancelled: () => signal?.aborted === true });
    return await storing(() => readAtOnce(connection, (session) => run({ models, keys, session, work })));
  } catch (error) {
    if (error instanceof Cancelled) signal?.throwIfAborted();
    throw error;
  }
};

const search = async (finding: Finding, plan: SearchPlan, explain: boolean): Promise<SearchPage> => {
  const { seqs, next, steps } = await executeSearch(finding, plan);
  return { matches: await versionsAt(finding, seqs), ...(next === undefined ? {} : { next }), ...(explain ? { steps } : {}) };
};

const versionsAt = async ({ models, session }: Finding, seqs: readonly number[]): Promise<Version[]> => {
  if (seqs.length === 0) return [];
  const found = await models.version.find({ _id: { $in: [...seqs] } }).session(session).maxTimeMS(maxTimeMS).lean();
  const byPlace = new Map(found.map((document) => [document._id, document]));
  return seqs.flatMap((seq) => byPlace.get(seq) ?? []).map(toVersion);
};
