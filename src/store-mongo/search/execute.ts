/** Runs a search plan: which versions are on the page, in which order, and where the next page starts. */
import type { Position, SearchPlan } from '../../store/plan.js';
import type { SearchStep } from '../../store/resource.js';
import { toNode, type Node } from '../../store-index/node.js';
import { maxTimeMS } from '../transaction.js';
import { matches, wayOf } from './finding.js';
import type { Finding } from './scope.js';
import { sortedPage } from './sorted.js';
import { populated, stepped, stepOf, type Page } from './step.js';

export interface FoundPage extends Page {
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

const countOf = async (finding: Finding, node: Node, type: string): Promise<number> => {
  if (node.op === 'none') return 0;
  if (node.op === 'all') return finding.models.resource.countDocuments({ type, deleted: false }).session(finding.session).maxTimeMS(maxTimeMS);
  let total = 0;
  for await (const match of matches(finding, await wayOf(finding, node, type), { after: 0 })) total += match.first > 0 ? 1 : 0;
  return total;
};

const inStoredOrder = async (finding: Finding, { types, where, count, after }: SearchPlan): Promise<Page> => {
  const [startAt, startFirst] = after === undefined ? [0, 0] : [Number(after[0]), Number(after[1])];
  const seqs: number[] = [];
  let last: Position | undefined;
  for (const [at, type] of await populated(finding, types)) {
    const node = toNode(where, type, finding.keys);
    if (at < startAt || node.op === 'none') continue;
    const way = await wayOf(finding, node, type);
    const isFull = await stepped(finding, stepOf(way, ''), async () => {
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
