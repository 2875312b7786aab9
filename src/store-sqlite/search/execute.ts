/** Runs a search plan: which versions are on the page, in which order, and where the next page starts. */
import type { Position, SearchPlan } from '../../store/plan.js';
import type { FramedMatches, SearchStep } from '../../store/resource.js';
import type { Frame } from '../../store/store.js';
import { toNode, type Node } from '../../store-index/node.js';
import { foremost, readersOf, toPosition, toSorted, type Sorted } from '../../store-index/sort.js';
import { Work, type WorkOptions } from '../../store-index/work.js';
import type { Connection } from '../connection.js';
import type { FileKeys } from '../keys.js';
import { makeResourceTable, type VersionRow } from '../resource-table.js';
import type { Finding } from './candidate.js';
import { candidates, firstFew, howToFind, matchesOf, type Found } from './find.js';
import type { Stretch } from './source.js';
import { makeStatements } from './statements.js';
import { isWalkable, walk } from './walk.js';

export interface FoundPage {
  /** Places in the change feed of the versions found: these never change. */
  readonly seqs: readonly number[];
  /** The versions themselves, where they were found on the way. */
  readonly rows?: readonly VersionRow[] | undefined;
  /** In place of them, where the page is wanted as bytes and was found as one piece. */
  readonly framed?: FramedMatches | undefined;
  readonly next?: Position | undefined;
  readonly steps: readonly SearchStep[];
  /** Rows it looked at. */
  readonly looked: number;
}

type Page = Omit<FoundPage, 'steps' | 'looked'>;

export interface Counted {
  readonly count: number;
  /** Rows it looked at. */
  readonly looked: number;
}

export interface Executor {
  search(plan: SearchPlan, options: WorkOptions, frame?: Frame): FoundPage;
  count(plan: SearchPlan, options: WorkOptions): Counted;
  /** How far the change feed is: what a search finds stays the same until it goes on. */
  place(): number;
}

/** Up to so many matches are sorted; more are read in the order of an index. */
export const usualSortable = 5_000;

/** Returns the executor of a connection; call it within a transaction where several reads must see one moment. */
export const makeExecutor = (database: Connection, keys: FileKeys, sortable = usualSortable): Executor => {
  const statements = makeStatements(database);
  const resources = makeResourceTable(database, keys);
  const begin = (options: WorkOptions, frame?: Frame): Finding => ({ statements, resources, keys, work: new Work(options), frame, known: new Map(), sortable });
  return {
    search: (plan, options, frame) => {
      const finding = begin(options, frame);
      const page = plan.sort === undefined || plan.sort.length === 0 ? inStoredOrder(finding, plan) : sortedPage(finding, plan, plan.sort);
      const { seqs, rows, framed, next } = page;
      return { seqs, rows, framed, next, steps: finding.work.steps, looked: finding.work.rows };
    },
    count: (plan, options) => {
      const finding = begin(options);
      let total = 0;
      for (const [, type] of populated(finding, plan.types)) total += countOf(finding, toNode(plan.where, type, keys), type);
      return { count: total, looked: finding.work.rows };
    },
    place: () => (statements.lastSeq.get() as number | null) ?? 0,
  };
};

/** So many types are searched without a look at which of them have resources. */
const fewTypes = 8;

/** Returns the types there is something of, with their places: a search of everything asks for many more. */
const populated = ({ statements, keys, work }: Finding, types: readonly string[]): (readonly [at: number, type: string])[] => {
  const all = types.map((type, at) => [at, type] as const);
  if (types.length <= fewTypes) return all;
  work.saw(types.length);
  const there = new Set(statements.populated.all() as number[]);
  return all.filter(([, type]) => there.has(keys.typeNumber(type)));
};

const countOf = (finding: Finding, node: Node, type: string): number => {
  if (node.op === 'none') return 0;
  const { statements, keys, work } = finding;
  if (node.op === 'all') return (statements.current.get(keys.typeNumber(type)) as number | undefined) ?? 0;
  const how = howToFind(finding, node, { type, all: true });
  const stretch = how.rest.op === 'all' && how.source.exact ? how.source.stretch : undefined;
  if (stretch !== undefined) {
    const counted = statements.tokenCount.get(stretch.key, stretch.sys, stretch.sys, work.left + 1) as number;
    work.saw(counted);
    return counted;
  }
  let total = 0;
  for (const rid of matchesOf(finding, how)) total += rid > 0 ? 1 : 0;
  return total;
};

const nameOf = ({ source, rest }: Found): string => (rest.op === 'all' ? source.name : `${source.name}, then filter`);
const isIndexed = ({ source, rest }: Found): boolean => rest.op === 'all' || !source.name.startsWith('all ');

const inStoredOrder = (finding: Finding, { types, where, count, after }: SearchPlan): Page => {
  const [startAt, startRid] = after === undefined ? [0, 0] : [Number(after[0]), Number(after[1])];
  const rids: number[] = [];
  let last: Position | undefined;
  const seqs = (): number[] => finding.statements.newestOfAll.all(JSON.stringify(rids)) as number[];
  for (const [at, type] of populated(finding, types)) {
    if (at < startAt) continue;
    const node = toNode(where, type, finding.keys);
    if (node.op === 'none') continue;
    const from = at === startAt ? startRid : 0;
    const first = firstFew(finding, node, { type, after: from, enough: count - rids.length + 1 });
    const stretch = types.length === 1 && 'how' in first && first.how.rest.op === 'all' ? first.how.source.stretch : undefined;
    if (stretch !== undefined && 'how' in first) return stretchPage(finding, first.how, { stretch, after: startRid, count });
    const take = (found: Iterable<number>): boolean => {
      for (const rid of found) {
        if (rids.length === count) return true;
        rids.push(rid);
        last = [at, rid];
      }
      return false;
    };
    const full = 'rids' in first ? take(first.rids) : finding.work.step(nameOf(first.how), isIndexed(first.how), () => take(matchesOf(finding, first.how, from)));
    if (full) return { seqs: seqs(), next: last ?? after };
  }
  return { seqs: seqs() };
};

const stretchPage = ({ work, resources, frame }: Finding, how: Found, { stretch, after, count }: { stretch: Stretch; after: number; count: number }): Page =>
  work.step(nameOf(how), true, () => {
    if (frame !== undefined && count > 0) {
      const framed = resources.framedStretch(frame, stretch, { after, count });
      work.saw((framed?.count ?? 0) + 1);
      return framed === undefined ? { seqs: [] } : { seqs: [], framed, next: framed.more ? [0, framed.last] : undefined };
    }
    const found = resources.ofStretch(stretch, after, count + 1);
    work.saw(found.length + 1);
    const rows = found.slice(0, count);
    const last = rows.at(-1);
    return { seqs: rows.map(({ seq }) => seq), rows, next: found.length > count && last !== undefined ? [0, last.rid] : undefined };
  });

const sortedPage = (finding: Finding, plan: SearchPlan, sort: NonNullable<SearchPlan['sort']>): Page => {
  const after = plan.after === undefined ? undefined : toSorted(plan.after, sort.length);
  const ask: SortedAsk = { sort, after };
  const rows = rowsToWalk(finding, plan, sort);
  const walked = rows === 0 ? undefined : finding.work.tryWithin(rows, () => walkPage(finding, plan, ask));
  const found = walked ?? gatherPage(finding, plan, ask);
  const page = found.slice(0, plan.count);
  const last = page.at(-1);
  return { seqs: page.map(({ seq }) => seq), next: found.length > plan.count && last !== undefined ? toPosition(last) : undefined };
};

/**
 * Returns how many rows an ordered index may be followed for: without end where there are too many matches to sort, none where it is
 * not worth it. Where matches are a fair part of the type a page of them is met soon; if it is not, they are sorted after all.
 */
const rowsToWalk = (finding: Finding, { types, where, count }: SearchPlan, sort: NonNullable<SearchPlan['sort']>): number => {
  const [type, another] = types;
  const [first] = sort;
  if (type === undefined || another !== undefined || first === undefined || !isWalkable(first)) return 0;
  const node = toNode(where, type, finding.keys);
  if (node.op === 'none') return 0;
  const matches = howToFind(finding, node, { type, all: true }).source.estimate(finding.sortable);
  if (matches >= finding.sortable) return Infinity;
  const all = (finding.statements.current.get(finding.keys.typeNumber(type)) as number | undefined) ?? 0;
  return 8 * (count + 1) * all < matches * matches ? Math.floor(matches / 2) : 0;
};

interface SortedAsk {
  readonly sort: NonNullable<SearchPlan['sort']>;
  readonly after: Sorted | undefined;
}

const walkPage = (finding: Finding, { types, where, count }: SearchPlan, { sort, after }: SortedAsk): Sorted[] => {
  const [type = ''] = types;
  const node = toNode(where, type, finding.keys);
  return finding.work.step(`in the order of ${sort.map(({ param }) => param).join(', ')}${node.op === 'all' ? '' : ', then filter'}`, true, () => {
    const found: Sorted[] = [];
    for (const one of walk(finding, { type, node, sort, after })) {
      found.push(one);
      if (found.length > count) break;
    }
    return found;
  });
};

const gatherPage = (finding: Finding, { types, where, count }: SearchPlan, { sort, after }: SortedAsk): Sorted[] => {
  const first = foremost(sort, { after, enough: count + 1 });
  for (const [at, type] of populated(finding, types)) {
    const node = toNode(where, type, finding.keys);
    if (node.op === 'none') continue;
    const readers = readersOf(sort, type, finding.keys);
    const how = howToFind(finding, node, { type, all: true });
    finding.work.step(`${nameOf(how)}, then sort`, isIndexed(how), () => {
      for (const candidate of candidates(finding, how)) {
        first.add({ values: readers.map((read) => read(candidate)), at, rid: candidate.rid, seq: candidate.seq });
      }
    });
  }
  return first.all();
};
