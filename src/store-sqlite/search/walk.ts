/**
 * Sorted results straight from an ordered index: resources with one value of the first key after those with the value
 * before it, so that a page costs what is on it, wherever it is.
 */
import type { SortKey } from '../../store/plan.js';
import { shortText, widths } from '../../store-index/index-text.js';
import type { Node } from '../../store-index/node.js';
import { comparer, readersOf, type Sorted, type SortValue } from '../../store-index/sort.js';
import { rangeKey, stringKey } from '../index-row.js';
import { candidateOf, satisfies, type Candidate, type Finding } from './candidate.js';
import { candidates, howToFind } from './find.js';
import { chunk } from './statements.js';

/** Resources whose index row of the first key has this value. */
interface Group {
  readonly value: string | number;
  readonly rids: readonly number[];
}

export interface WalkOptions {
  readonly type: string;
  readonly node: Node;
  readonly sort: readonly SortKey[];
  readonly after: Sorted | undefined;
}

/** Returns whether an index is in the order of the key. */
export const isWalkable = ({ param, kind }: SortKey): boolean => param === '_lastUpdated' || kind === 'string' || kind === 'date' || kind === 'number';

/** Yields the matches in order, those after `after`. */
export function* walk(finding: Finding, options: WalkOptions): Generator<Sorted> {
  const { sort, type, after } = options;
  const [first] = sort;
  if (first === undefined) return;
  const readers = readersOf(sort, type, finding.keys);
  const take = (rid: number): Candidate | undefined => {
    const candidate = candidateOf(finding, rid);
    return candidate !== undefined && satisfies(finding, options.node, candidate) ? candidate : undefined;
  };
  const toSorted = (candidate: Candidate): Sorted => ({ values: readers.map((read) => read(candidate)), at: 0, rid: candidate.rid, seq: candidate.seq });
  const compare = comparer(sort);
  const later = (one: Sorted): boolean => after === undefined || compare(one, after) > 0;
  const start = after?.values[0];
  if (start !== null) {
    for (const { value, rids } of groupsOf(finding, first, type, start)) {
      const members = [...new Set(rids)].flatMap((rid) => take(rid) ?? []).map(toSorted);
      yield* members.filter(({ values }) => standsHere(values[0], value)).filter(later).sort(compare);
    }
  }
  yield* missing(finding, options, { take, toSorted, later, compare });
}

/** A resource with several values stands where the first of them stands; the index has the beginning of a long text. */
const standsHere = (own: SortValue | undefined, value: string | number): boolean =>
  typeof own === 'string' ? shortText(own) === value : own === value;

interface Steps {
  readonly take: (rid: number) => Candidate | undefined;
  readonly toSorted: (candidate: Candidate) => Sorted;
  readonly later: (one: Sorted) => boolean;
  readonly compare: (a: Sorted, b: Sorted) => number;
}

/** Those without a value come last; with further keys they are sorted by these. No index says what has none: what may match is looked through. */
function* missing(finding: Finding, options: WalkOptions, { toSorted, later, compare }: Steps): Generator<Sorted> {
  const { type, sort, after, node } = options;
  const [first, second] = sort;
  if (first === undefined || first.param === '_lastUpdated') return;
  const isBegun = after?.values[0] === null;
  const how = howToFind(finding, node, { type, all: false });
  const isWhole = how.source.name.startsWith('all ');
  if (isWhole && !isBegun && !areLacking(finding, first, type)) return;
  const done = finding.work.begin(`${how.source.name}, those without ${first.param}`, !isWhole);
  const found: Sorted[] = [];
  try {
    for (const candidate of candidates(finding, how, isBegun && second === undefined ? after.rid : 0)) {
      const one = toSorted(candidate);
      if (one.values[0] !== null || !later(one)) continue;
      if (second === undefined) yield one;
      else found.push(one);
    }
  } finally {
    done();
  }
  yield* found.sort(compare);
}

/** Whether a resource of the type is without a value. Counting its index rows costs a fraction of a look at every resource. */
const areLacking = ({ statements, keys, work }: Finding, { param, kind }: SortKey, type: string): boolean => {
  const all = (statements.current.get(keys.typeNumber(type)) as number | undefined) ?? 0;
  // Before they are counted: a long count belongs where it holds nobody.
  work.saw(all);
  const own = keys.param(type, param);
  const first = rangeKey(keys, own, { within: 0, unit: 0 }, 0);
  const counted = (rows: 'Rows' | 'Owners'): number =>
    (kind === 'string' ? statements[`string${rows}`].get(stringKey(keys, own, 0)) : statements[`range${rows}`].get(first, first + widths.length - 1)) as number;
  return counted('Rows') < all || counted('Owners') < all;
};

const groupsOf = (finding: Finding, key: SortKey, type: string, start: SortValue | undefined): Generator<Group> => {
  if (key.param === '_lastUpdated') return feedGroups(finding, type, { descending: key.descending, start });
  return key.kind === 'string' ? textGroups(finding, key, type, start) : rangeGroups(finding, key, type, start);
};

function* grouped(rows: Iterable<readonly [string | number, number]>): Generator<Group> {
  let value: string | number | undefined;
  let rids: number[] = [];
  for (const [own, rid] of rows) {
    if (value !== undefined && own !== value) {
      yield { value, rids };
      rids = [];
    }
    value = own;
    rids.push(rid);
  }
  if (value !== undefined) yield { value, rids };
}

const maximal = Number.MAX_SAFE_INTEGER;
const textEnd = '\u{10ffff}\u{10ffff}';

function* textRows({ statements, work }: Finding, key: number, { descending, start }: { descending: boolean; start: string | undefined }): Generator<readonly [string, number]> {
  let [text, rid]: [string, number] = descending ? [start ?? textEnd, maximal] : [start ?? '', -1];
  for (;;) {
    const found = (descending ? statements.stringDown.all(key, text, rid, chunk) : statements.string.all(key, text, rid, textEnd, chunk)) as [string, number][];
    work.saw(found.length + 1);
    yield* found;
    const last = found.at(-1);
    if (found.length < chunk || last === undefined) return;
    [text, rid] = last;
  }
}

const textGroups = (finding: Finding, { param, descending }: SortKey, type: string, start: SortValue | undefined): Generator<Group> => {
  const key = stringKey(finding.keys, finding.keys.param(type, param), 0);
  return grouped(textRows(finding, key, { descending, start: typeof start === 'string' ? shortText(start) : undefined }));
};

function* rangeRows({ statements, work }: Finding, key: number, { descending, start }: { descending: boolean; start: number | undefined }): Generator<readonly [number, number]> {
  let last: readonly [number, number, number] = descending ? [start ?? Infinity, Infinity, maximal] : [start ?? -Infinity, -Infinity, -1];
  for (;;) {
    const found = (descending ? statements.rangeDown.all(key, ...last, chunk) : statements.range.all(key, ...last, Infinity, chunk)) as [number, number, number][];
    work.saw(found.length + 1);
    for (const [low, , rid] of found) yield [low, rid];
    const end = found.at(-1);
    if (found.length < chunk || end === undefined) return;
    last = end;
  }
}

/** Intervals of each width have a stretch of their own; together they are in order again. */
function* rangeGroups(finding: Finding, { param, descending }: SortKey, type: string, start: SortValue | undefined): Generator<Group> {
  const own = finding.keys.param(type, param);
  const from = typeof start === 'number' ? start : undefined;
  const streams = widths.map((_, at) => grouped(rangeRows(finding, rangeKey(finding.keys, own, { within: 0, unit: 0 }, at), { descending, start: from })));
  const heads = streams.map((stream) => ({ stream, head: stream.next() }));
  for (;;) {
    const values = heads.flatMap(({ head }) => (head.done === true ? [] : [Number(head.value.value)]));
    if (values.length === 0) return;
    const value = descending ? Math.max(...values) : Math.min(...values);
    const rids: number[] = [];
    for (const each of heads) {
      if (each.head.done === true || each.head.value.value !== value) continue;
      rids.push(...each.head.value.rids);
      each.head = each.stream.next();
    }
    yield { value, rids };
  }
}

/** Only the newest version of a resource counts. */
function* feedRows({ statements, work, keys }: Finding, type: string, { descending, from }: { descending: boolean; from: number }): Generator<readonly [number, number]> {
  const number = keys.typeNumber(type);
  for (let seq = from; ;) {
    const found = (descending ? statements.feedDown.all(number, seq, 0, chunk) : statements.feed.all(number, seq, maximal, chunk)) as [number, number, number][];
    work.saw(2 * found.length + 1);
    for (const [own, rid, updated] of found) if (statements.newestOf.get(rid) === own) yield [updated, rid];
    const last = found.at(-1);
    if (found.length < chunk || last === undefined) return;
    [seq] = last;
  }
}

function* feedGroups(finding: Finding, type: string, { descending, start }: { descending: boolean; start: SortValue | undefined }): Generator<Group> {
  const from = typeof start === 'number' ? feedPlace(finding, start, descending) : descending ? maximal : 0;
  yield* grouped(feedRows(finding, type, { descending, from }));
}

/** Where versions of a time begin, going up, or end, going down. */
const feedPlace = ({ statements, work }: Finding, updated: number, descending: boolean): number => {
  let [left, right] = [1, ((statements.lastSeq.get() as number | null) ?? 0) + 1];
  while (left < right) {
    const middle = Math.floor((left + right) / 2);
    work.saw(1);
    const own = (statements.updatedAt.get(middle) as number | undefined) ?? 0;
    if (descending ? own > updated : own >= updated) right = middle;
    else left = middle + 1;
  }
  return descending ? left : left - 1;
};

