/** Sorted results from an index that keeps their order: a stretch of it is walked as far as the page needs, the kept entries decide (https://www.mongodb.com/docs/manual/tutorial/sort-results-with-indexes/). */
import type { SearchPlan } from '../../store/plan.js';
import type { Keys } from '../../store-index/keys.js';
import type { Node } from '../../store-index/node.js';
import { toSorted } from '../../store-index/sort.js';
import { hasList, listKey, orderFor, placeText, type OrderField } from '../order.js';
import type { Candidate } from './candidate.js';
import { batch, fetched } from './fetch.js';
import { decided } from './finding.js';
import type { Finding } from './scope.js';

/** A stretch of an index, in the order that is asked for. */
export interface Walk {
  readonly name: string;
  readonly field: OrderField;
  readonly filter: Readonly<Record<string, unknown>>;
  /** Whether nothing else is in it, or only what refers to the patient asked for. */
  readonly isNarrow: boolean;
  /** Whether all that is in it is asked for. */
  readonly isExact: boolean;
  /** Rows after which it is given up, since the matches must be few. */
  readonly patience: number;
  /** Documents of one query. */
  readonly enough: number;
}

/** Rows that are walked for each match of a page, and in all cases. */
const rowsPerMatch = 50;
const rowsAlways = 1_000;

/** So much was walked that it is better to begin with the other criteria. */
export class GivenUp extends Error {}

interface Asked {
  readonly plan: SearchPlan;
  readonly node: Node;
  readonly type: string;
}

/** Returns the stretch that has the matches of a node in the order of the plan; undefined where no index keeps it. */
export const walkOf = ({ plan: { sort = [], after, count }, node, type }: Asked, keys: Keys): Walk | undefined => {
  const field = orderFor(sort, type);
  const [key] = sort;
  if (field === undefined || key === undefined) return undefined;
  const isDate = field === 'dateUp' || field === 'dateDown';
  const patient = isDate ? patientOf(node) : undefined;
  const place = after === undefined ? undefined : toSorted(after, 1);
  const beyond = place === undefined ? {} : { $gt: placeText(place.values[0] ?? null, place.rid, key.descending) };
  const within = isDate ? {} : changeWithin(node, key.descending);
  const stretch = { ...within, ...beyond };
  const isExact = node.op === 'all' || (patient !== undefined && node.op !== 'and');
  return {
    name: `order of ${key.param}${patient === undefined ? '' : ' of one patient'}`, field, isNarrow: isExact || patient !== undefined, isExact,
    filter: { ...(isDate ? { lists: listKey(keys, type, patient) } : { type, deleted: false }), ...(Object.keys(stretch).length === 0 ? {} : { [field]: stretch }) },
    patience: isExact ? Infinity : Math.max(rowsAlways, rowsPerMatch * count),
    enough: isExact ? count + 1 : Math.max(batch, 4 * count),
  };
};

/** The patient that all matches refer to, where the node says so. */
const patientOf = (node: Node): string | undefined => {
  switch (node.op) {
    case 'and':
      return node.of.map(patientOf).find((found) => found !== undefined);
    case 'or': {
      const [first, ...others] = node.of.map(patientOf);
      return others.every((other) => other === first) ? first : undefined;
    }
    case 'reference': {
      const [target, another] = node.targets;
      return target !== undefined && another === undefined && hasList(target) ? target : undefined;
    }
    default:
      return undefined;
  }
};

type Stretch = { readonly $gte?: string; readonly $lte?: string };

/** The places of changes within the times asked for. */
const changeWithin = (node: Node, descending: boolean): Stretch => {
  const times = (node.op === 'and' ? node.of : [node]).flatMap((part) => (part.op === 'updated' ? [part] : []));
  if (times.length === 0) return {};
  const [low, high] = [Math.max(...times.map((time) => time.low)), Math.min(...times.map((time) => time.high))];
  const [from, to] = descending ? [high, low] : [low, high];
  return { $gte: placeText(from, 0, descending), $lte: placeText(to, Number.MAX_SAFE_INTEGER, descending) };
};

/** Yields the matches in their order, all there are; throws GivenUp. */
export const walked = (finding: Finding, { filter, field, enough, patience }: Walk, node: Node): AsyncGenerator<Candidate> =>
  decided(finding, node, patiently(fetched(finding, { filter, sort: { [field]: 1 }, enough }), patience));

async function* patiently<T>(rows: AsyncIterable<T>, patience: number): AsyncGenerator<T> {
  let walkedRows = 0;
  for await (const row of rows) {
    if (walkedRows === patience) throw new GivenUp();
    walkedRows += 1;
    yield row;
  }
}
