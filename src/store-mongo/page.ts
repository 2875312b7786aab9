/** Pages of a search: each of one moment, and none that ends where a commit may still land before its end. */
import type { Predicate, SearchPlan } from '../store/plan.js';
import type { SearchPage, Version } from '../store/resource.js';
import type { Feed } from './feed.js';
import type { Models } from './model.js';
import { toVersion } from './reader.js';
import { executeSearch, type FoundPage } from './search/execute.js';
import type { Finding } from './search/scope.js';
import { maxTimeMS } from './transaction.js';

interface Paging {
  readonly feed: Feed;
  readonly explain: boolean;
  /** Runs in one moment of the database, again where one query does not do. */
  readonly atOnce: <T>(run: (finding: Finding) => Promise<T>) => Promise<T>;
}

/** Resolves with one page. */
export const searchPage = async ({ feed, explain, atOnce }: Paging, plan: SearchPlan): Promise<SearchPage> => {
  for (;;) {
    const known = feed.known();
    const { found, matches } = await atOnce(async (finding) => {
      const result = await executeSearch(finding, plan);
      return { found: result, matches: await versionsAt(finding, result.seqs) };
    });
    if (horizonOf(plan, found) <= known) return { matches, ...(found.next === undefined ? {} : { next: found.next }), ...(explain ? { steps: found.steps } : {}) };
    // What is complete from now on may lie before the end of this page: it is read again.
    await feed.settled('versions');
  }
};

/** The position the feed has to be complete up to, so that who goes on after this page misses nothing: in stored order, and by time of change. */
const horizonOf = ({ sort = [], where }: SearchPlan, { seqs, next }: FoundPage): number => {
  const stored = next !== undefined && sort.length === 0 ? Number(next[1]) : 0;
  const byTime = sort.some(({ param }) => param === '_lastUpdated') || (where !== undefined && asksForTime(where));
  return Math.max(stored, ...(byTime ? seqs : []));
};

const asksForTime = (where: Predicate): boolean => {
  switch (where.op) {
    case 'and':
    case 'or':
      return where.of.some(asksForTime);
    case 'not':
      return asksForTime(where.of);
    default:
      return where.op === 'updated';
  }
};

/** Versions stay as they are, so they may be read after the moment that has found them. */
const versionsAt = async ({ models, session }: { readonly models: Models; readonly session: Finding['session'] }, seqs: readonly number[]): Promise<Version[]> => {
  if (seqs.length === 0) return [];
  const found = await models.version.find({ _id: { $in: [...seqs] } }).session(session).maxTimeMS(maxTimeMS).lean();
  const byPlace = new Map(found.map((document) => [document._id, document]));
  return seqs.flatMap((seq) => byPlace.get(seq) ?? []).map(toVersion);
};
