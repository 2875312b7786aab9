/** A page in an order: from an index that keeps it, or of all matches, gathered and sorted here (https://hl7.org/fhir/R4/search.html#sort). */
import type { SearchPlan, SortKey } from '../../store/plan.js';
import { toNode, type Node } from '../../store-index/node.js';
import { foremost, readersOf, toPosition, toSorted, type Sorted } from '../../store-index/sort.js';
import { orderFor } from '../order.js';
import { followed, isShort, matches, wayOf, wayTo, type Way } from './finding.js';
import type { Finding } from './scope.js';
import { populated, stepOf, stepped, type Page } from './step.js';
import { GivenUp, walked, walkOf, type Walk } from './walk.js';

/** Resolves with the page. An index that keeps the order is walked, unless the matches are known to be few. */
export const sortedPage = async (finding: Finding, plan: SearchPlan, sort: readonly SortKey[]): Promise<Page> => {
  const [type = '', another] = plan.types;
  const node = another === undefined && orderFor(sort, type) !== undefined ? toNode(plan.where, type, finding.keys) : undefined;
  if (node === undefined || node.op === 'none') return gatheredPage(plan, sort, { finding, ways: waysOf(finding, plan) });
  const found = await followed(finding, node, type);
  // What was followed and estimated is not asked again when the matches are gathered after all.
  const walk = walkOf({ plan, node: found, type }, finding.keys);
  const way = walk?.isNarrow === true ? undefined : await wayTo(finding, found, type);
  const page = walk === undefined || (way !== undefined && await isShort(finding, way)) ? undefined : await walkedPage(finding, { plan, sort, node: found, type }, walk);
  return page ?? gatheredPage(plan, sort, { finding, ways: [{ at: 0, way: way ?? await wayTo(finding, found, type) }] });
};

interface Sorting {
  readonly plan: SearchPlan;
  readonly sort: readonly SortKey[];
  readonly node: Node;
  readonly type: string;
}

/** Resolves with the page; undefined when the walk was given up. */
const walkedPage = async (finding: Finding, { plan: { count }, sort, node, type }: Sorting, walk: Walk): Promise<Page | undefined> => {
  const [read] = readersOf(sort, type, finding.keys);
  const found: Sorted[] = [];
  const fill = async (): Promise<boolean> => {
    for await (const match of walked(finding, walk, node)) {
      if (found.length === count) return true;
      found.push({ values: [read?.(match) ?? null], at: 0, rid: match.first, seq: match.seq });
    }
    return false;
  };
  try {
    return toPage(found, await stepped(finding, { step: `${walk.name}${walk.isExact ? '' : ', then filter'}`, indexed: true }, fill));
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    finding.work.steps.push({ step: `${walk.name}, given up: the matches are few`, indexed: true, rows: walk.patience, ms: 0 });
    return undefined;
  }
};

/** A type's place in the plan, and the way to its matches. */
interface PlacedWay {
  readonly at: number;
  readonly way: Way;
}

async function* waysOf(finding: Finding, { types, where }: SearchPlan): AsyncGenerator<PlacedWay> {
  for (const [at, type] of await populated(finding, types)) {
    const node = toNode(where, type, finding.keys);
    if (node.op !== 'none') yield { at, way: await wayOf(finding, node, type) };
  }
}

interface Gathering {
  readonly finding: Finding;
  readonly ways: AsyncIterable<PlacedWay> | Iterable<PlacedWay>;
}

const gatheredPage = async ({ count, after }: SearchPlan, sort: readonly SortKey[], { finding, ways }: Gathering): Promise<Page> => {
  const first = foremost(sort, { after: after === undefined ? undefined : toSorted(after, sort.length), enough: count + 1 });
  for await (const { at, way } of ways) {
    const readers = readersOf(sort, way.type, finding.keys);
    await stepped(finding, stepOf(way, ', then sort'), async () => {
      for await (const match of matches(finding, way, { after: 0 })) {
        first.add({ values: readers.map((read) => read(match)), at, rid: match.first, seq: match.seq });
      }
    });
  }
  const kept = first.all();
  return toPage(kept.slice(0, count), kept.length > count);
};

const toPage = (page: readonly Sorted[], isMore: boolean): Page => {
  const last = page.at(-1);
  return { seqs: page.map(({ seq }) => seq), next: isMore && last !== undefined ? toPosition(last) : undefined };
};
