/** Runs a search plan: which versions are on the page, in which order, and where the next page starts. */
import type { Position, SearchPlan, SortKey } from '../../store/plan.js';
import type { SearchStep } from '../../store/resource.js';
import { toNode, type Node } from '../../store-index/node.js';
import { foremost, readersOf, toPosition, toSorted } from '../../store-index/sort.js';
import { maxTimeMS } from '../transaction.js';
import { matches, wayOf, type Way } from './finding.js';
import { NotAtOnce, type Finding } from './scope.js';

export interface FoundPage {
  /** Feed positions of the versions found. */
  readonly seqs: readonly number[];
  readonly next?: Position | undefined;
  readonly steps: readonly SearchStep[];
}

/** Resolves with one page. */
export const executeSearch = async (finding: Finding, plan: SearchPlan): Promise<FoundPage> => {
  const page = plan.sort === undefined || plan.sort.length === 0 ? await inStoredOrder(finding, plan) : await sortedPage(finding, plan, plan.sort);
  return { ...page, steps: finding.work.steps };
};

/** Resolves with how many the plan finds. */
export const executeCount = async (finding: Finding, { types, where }: SearchPlan): Promise<number> => {
  let total = 0;
  for (const [, type] of await populated(finding, types)) total += await countOf(finding, toNode(where, type, finding.keys), type);
  return total;
};

/** So many types are searched without a look at which of them have resources. */
const fewTypes = 8;

/** Resolves with the types there is something of, with their places: a search of everything asks for many more. */
const populated = async ({ models, session }: Finding, types: readonly string[]): Promise<(readonly [at: number, type: string])[]> => {
  if (session === null && types.length > 1) throw new NotAtOnce();
  const all = types.map((type, at) => [at, type] as const);
  if (types.length <= fewTypes) return all;
  const there = new Set(await models.resource.distinct('type', { deleted: false }).session(session).maxTimeMS(maxTimeMS));
  return all.filter(([, type]) => there.has(type));
};

const countOf = async (finding: Finding, node: Node, type: string): Promise<number> => {
  if (node.op === 'none') return 0;
  if (node.op === 'all') return finding.models.resource.countDocuments({ type, deleted: false }).session(finding.session).maxTimeMS(maxTimeMS);
  let total = 0;
  for await (const match of matches(finding, await wayOf(finding, node, type), { after: 0 })) total += match.first > 0 ? 1 : 0;
  return total;
};

const inStoredOrder = async (finding: Finding, { types, where, count, after }: SearchPlan): Promise<Omit<FoundPage, 'steps'>> => {
  const [startAt, startFirst] = after === undefined ? [0, 0] : [Number(after[0]), Number(after[1])];
  const seqs: number[] = [];
  let last: Position | undefined;
  for (const [at, type] of await populated(finding, types)) {
    const node = toNode(where, type, finding.keys);
    if (at < startAt || node.op === 'none') continue;
    const way = await wayOf(finding, node, type);
    const isFull = await stepped(finding, way, { then: '' }, async () => {
      for await (const { first, seq } of matches(finding, way, { after: at === startAt ? startFirst : 0, page: count })) {
        if (seqs.length === count) return true;
        seqs.push(seq);
        last = [at, first];
      }
      return false;
    });
    if (isFull) return { seqs, next: last ?? after };
  }
  return { seqs };
};

const sortedPage = async (finding: Finding, { types, where, count, after }: SearchPlan, sort: readonly SortKey[]): Promise<Omit<FoundPage, 'steps'>> => {
  const first = foremost(sort, { after: after === undefined ? undefined : toSorted(after, sort.length), enough: count + 1 });
  for (const [at, type] of await populated(finding, types)) {
    const node = toNode(where, type, finding.keys);
    if (node.op === 'none') continue;
    const readers = readersOf(sort, type, finding.keys);
    const way = await wayOf(finding, node, type);
    await stepped(finding, way, { then: ', then sort' }, async () => {
      for await (const match of matches(finding, way, { after: 0 })) {
        first.add({ values: readers.map((read) => read(match)), at, rid: match.first, seq: match.seq });
      }
    });
  }
  const kept = first.all();
  const page = kept.slice(0, count);
  const last = page.at(-1);
  return { seqs: page.map(({ seq }) => seq), next: kept.length > count && last !== undefined ? toPosition(last) : undefined };
};

/** Runs a step and notes what it cost. */
const stepped = async <T>({ work }: Finding, { leads, node }: Way, { then }: { readonly then: string }, run: () => Promise<T>): Promise<T> => {
  const before = work.rows;
  const begun = performance.now();
  const result = await run();
  const filter = node.op === 'and' || (!leads.indexed && node.op !== 'all') ? ', then filter' : '';
  work.steps.push({ step: `${leads.name}${filter}${then}`, indexed: leads.indexed || node.op === 'all', rows: work.rows - before, ms: Math.round((performance.now() - begun) * 1000) / 1000 });
  return result;
};
