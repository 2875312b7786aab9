/** Where a search runs: here when it is short, on a reading thread when it is long, and what is remembered of the long ones. */
import { makeBreather } from '../../core/breathe.js';
import { keepNewest } from '../../core/keep-newest.js';
import type { Predicate, SearchPlan } from '../../store/plan.js';
import type { SearchPage, Version } from '../../store/resource.js';
import type { Frame, SearchRun } from '../../store/store.js';
import { OverBudget } from '../../store-index/work.js';
import type { Moment } from '../moment.js';
import type { ReadPool } from '../read-pool.js';
import type { Reader } from '../reader.js';
import type { Executor, FoundPage } from './execute.js';

export interface SearchParts {
  readonly reader: Reader;
  readonly executor: Executor;
  readonly moment: Moment;
  readonly pool: ReadPool;
  /** Rows a search may look at before it is refused. */
  readonly budget: number;
  /** Rows a search may look at here, so that nobody waits for it. */
  readonly quick: number;
  /** Runs a read; throws what failed in the words of the port. */
  readonly reading: <T>(read: () => T) => T;
}

export interface Searches {
  search(plan: SearchPlan, run: SearchRun): Promise<SearchPage>;
  count(plan: SearchPlan, run: SearchRun): Promise<number>;
  /** Forgets totals: something has changed that the feed does not tell. */
  readonly forget: () => void;
}

/** Shapes and totals that are remembered; the oldest go. */
const most = 256;
/** Longer plans, as those that name thousands of codes, are not remembered. */
const longestText = 4_096;

/** Versions read at a time. */
const portion = 100;

/** Returns the searches of a store. */
export const makeSearches = (parts: SearchParts): Searches => {
  const { reader, executor, moment, pool, budget, quick, reading } = parts;
  /** What was long when it was last asked goes to a thread at once: to begin it here would be work for nothing. */
  const long = new Map<string, true>();
  /** Totals that were long to count, and the place of the feed at which they were true. */
  const totals = new Map<string, { readonly count: number; readonly place: number }>();

  let forgotten = 0;

  const tryHere = <T>({ signal, budget: own = budget }: SearchRun, shape: () => string, run: (rows: number) => T): T | undefined => {
    signal?.throwIfAborted();
    if (long.size > 0 && long.has(shape())) return undefined;
    try {
      return reading(() => moment.snapshot(() => run(Math.min(quick, own))));
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error;
      keepNewest(long, { key: shape(), value: true, most });
      return undefined;
    }
  };
  const noteLength = (shape: string, looked: number): void => { if (looked <= quick) long.delete(shape); };

  /** What stands at a place of the feed never changes: a long page is read in portions, so that nobody waits for all of it. */
  const versionsOf = async (seqs: readonly number[]): Promise<readonly Version[]> => {
    const breathe = makeBreather();
    const versions: Version[] = [];
    for (let from = 0; from < seqs.length; from += portion) {
      versions.push(...reading(() => moment.read(() => reader.versions(seqs.slice(from, from + portion)))));
      await breathe();
    }
    return versions;
  };

  const search = async (plan: SearchPlan, run: SearchRun): Promise<SearchPage> => {
    const explain = run.explain ?? false;
    const frame = plan.types.length === 1 ? run.frame : undefined;
    const shape = (): string => shapeOf('search', plan);
    const here = tryHere(run, shape, (rows) => {
      const page = executor.search(plan, { budget: rows, explain }, frame);
      return toPage(page, shown(reader, page, frame), explain);
    });
    if (here !== undefined) return here;
    const result = await pool.run({ kind: 'search', plan, budget: run.budget ?? budget, explain }, run.signal);
    if (result.kind !== 'page') throw unexpected();
    noteLength(shape(), result.page.looked);
    return toPage(result.page, { matches: await versionsOf(result.page.seqs) }, explain);
  };

  const count = async (plan: SearchPlan, run: SearchRun): Promise<number> => {
    const shape = (): string => shapeOf('count', plan);
    const text = totals.size === 0 ? undefined : textOf(plan);
    const known = text === undefined ? undefined : totals.get(text);
    if (known !== undefined && known.place === reading(() => moment.read(() => executor.place()))) return known.count;
    const before = forgotten;
    const here = tryHere(run, shape, (rows) => executor.count(plan, { budget: rows }));
    if (here !== undefined) return here.count;
    const result = await pool.run({ kind: 'count', plan, budget: run.budget ?? budget }, run.signal);
    if (result.kind !== 'count') throw unexpected();
    noteLength(shape(), result.looked);
    const own = text ?? textOf(plan);
    if (before === forgotten && own.length <= longestText) keepNewest(totals, { key: own, value: { count: result.count, place: result.place }, most });
    return result.count;
  };
  return { search, count, forget: () => { forgotten += 1; totals.clear(); } };
};

const unexpected = (): Error => new Error('a reading thread answered something else');

type Shown = Pick<SearchPage, 'matches' | 'framed'>;

/** What is on a page, as bytes where they are wanted. */
const shown = (reader: Reader, { framed, rows, seqs }: FoundPage, frame: Frame | undefined): Shown => {
  if (framed !== undefined) return { matches: [], framed };
  if (rows !== undefined) return { matches: rows.map(reader.toVersion) };
  return frame === undefined || seqs.length === 0 ? { matches: reader.versions(seqs) } : { matches: [], framed: { bytes: reader.framed(frame, seqs), count: seqs.length } };
};

const toPage = ({ next, steps }: FoundPage, { matches, framed }: Shown, explain: boolean): SearchPage => ({
  matches, framed, ...(next === undefined ? {} : { next }), ...(explain ? { steps } : {}),
});

/** What is counted does not depend on order or page. */
const textOf = ({ types, where }: SearchPlan): string => JSON.stringify([types, where]);

/** What a search asks without the values it asks for. */
const shapeOf = (kind: string, { types, where, sort }: SearchPlan): string =>
  `${kind} ${String(types.length)} ${types[0] ?? ''} ${sort === undefined ? '' : sort.map(({ param }) => param).join(',')} ${partOf(where)}`;

/** Of many alternatives the first ones tell what they are like. */
const told = 4;

const partOf = (where: Predicate | undefined): string => {
  if (where === undefined) return '';
  switch (where.op) {
    case 'and':
      return `(${where.of.map(partOf).join(' and ')})`;
    case 'or':
      return `(${where.of.slice(0, told).map(partOf).join(' or ')})`;
    case 'not':
      return `not ${partOf(where.of)}`;
    case 'chain':
    case 'has':
    case 'contained':
      return `${where.op} ${'param' in where ? where.param : where.type} ${partOf(where.where)}`;
    case 'range':
      return `${where.param} ${where.compare}`;
    default:
      return `${where.op} ${'param' in where ? where.param : ''}`;
  }
};
