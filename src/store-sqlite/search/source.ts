/** Where the matches of a node can be read from: a stretch of an index, or several together. */
import { searchText } from '../../core/fold.js';
import { inRange } from '../../store-index/entry-match.js';
import { referenceText, shortText, uriText, widths } from '../../store-index/index-text.js';
import type { ParamKey } from '../../store-index/keys.js';
import type { ContainedNode, Node } from '../../store-index/node.js';
import { isContainedName } from '../../store-index/packed.js';
import { rangeKey, stringKey, systemKey } from '../index-row.js';
import { sysOf, systemSpan } from '../keys.js';
import { ridSpan } from '../schema.js';
import { type Finding } from './candidate.js';
import { chunk, growing } from './statements.js';

/** Rows of the token index with one value. */
export interface Stretch {
  readonly key: number;
  readonly sys: number;
}

export interface Source {
  /** For explanations. */
  readonly name: string;
  /** Whether all it yields satisfies the node. */
  readonly exact: boolean;
  /** Whether it can stop early: what it yields comes in the order of resources without being gathered first. */
  readonly streams: boolean;
  /** How many rows it reads, at the most `limit`; a source of so many stretches says so without a look, for each costs one. */
  estimate(limit: number): number;
  /** Resources above `after`, ascending, none twice. */
  rids(after: number): Iterable<number>;
  /** The one stretch of the token index it is, where it is no more than that. */
  readonly stretch?: Stretch | undefined;
}

/** The end of every text that begins with a prefix. */
const textEnd = '\u{10ffff}';

/** Returns the resources of a type, all of them. */
export const everything = ({ keys, statements, work }: Finding, type: string): Source => {
  const first = keys.typeNumber(type) * ridSpan;
  return {
    name: `all ${type}`, exact: true, streams: true, estimate: (limit) => limit,
    rids: (after) => growing<number>((limit, last = Math.max(after, first)) => {
      const found = statements.resources.all(last, first + ridSpan - 1, limit) as number[];
      work.saw(found.length);
      return found;
    }),
  };
};

/** Returns what contains a resource of the type at all. */
export const containerSource = (finding: Finding, { param, within, name, type }: ContainedNode): Source => valuesSource(finding, param, { within, name, values: [type] });

/** Returns the source of one condition; undefined when no index answers it. */
export const leafSource = (finding: Finding, node: Node, type: string): Source | undefined => {
  switch (node.op) {
    case 'token':
      return node.code === undefined ? systemSource(finding, node) : tokenSource(finding, node, node.code);
    case 'reference':
      return valuesSource(finding, node.param, { within: node.within, name: `reference ${node.name}`, values: [...node.targets].map(referenceText) });
    case 'uri':
      return node.match === 'below'
        ? stringSource(finding, { key: stringKey(finding.keys, node.param, node.within), from: shortText(node.uri), to: shortText(node.uri) + textEnd, name: `uri ${node.name}`, exact: false })
        : valuesSource(finding, node.param, { within: node.within, name: `uri ${node.name}`, values: (node.match === 'exact' ? [node.uri] : basesOf(node.uri)).map(uriText) });
    case 'string':
      return textSource(finding, node);
    case 'range':
      return node.unit === undefined && node.kind === 'quantity' ? undefined : rangeSource(finding, node, node.kind === 'quantity' ? node.unit ?? 0 : 0);
    case 'id':
      return isContainedName(type) ? undefined : idSource(finding, node);
    case 'updated':
      return isContainedName(type) ? undefined : updatedSource(finding, node, type);
    default:
      return undefined;
  }
};

/** Every URL that the URL is at or below. */
const basesOf = (uri: string): string[] => {
  const bases = [uri];
  for (let at = uri.lastIndexOf('/'); at > 0; at = uri.lastIndexOf('/', at - 1)) bases.push(uri.slice(0, at), uri.slice(0, at + 1));
  return [...new Set(bases.filter((base) => base !== ''))];
};

const streamOf = ({ statements, work }: Finding, { key, sys }: Stretch, after: number): Generator<number> =>
  growing<number>((limit, last = after) => {
    const found = statements.token.all(key, sys, last, limit) as number[];
    work.saw(found.length + 1);
    return found;
  });

/** From so many stretches on it pays to look first where each begins: a page is met in the first few of them. */
const several = 4;

/** Returns the streams of the stretches; of several only those are read that the merging comes to. */
const streamsOf = (finding: Finding, stretches: readonly Stretch[], after: number): Iterable<number>[] => {
  if (stretches.length < several || stretches.length > mergeable) return stretches.map((stretch) => streamOf(finding, stretch, after));
  finding.work.saw(stretches.length);
  const heads = finding.statements.heads.all(after, JSON.stringify(stretches.map(({ key, sys }) => [key, sys]))) as (number | null)[];
  return stretches.flatMap((stretch, at) => {
    const head = heads[at] ?? undefined;
    return head === undefined ? [] : [beginningWith(head, () => streamOf(finding, stretch, head))];
  });
};

function* beginningWith(head: number, rest: () => Iterable<number>): Generator<number> {
  yield head;
  yield* rest();
}

/** Streams beyond this many are gathered and sorted. */
export const mergeable = 1_024;

/** Yields what any of the streams yields, ascending, none twice. */
export function* merged(streams: readonly Iterable<number>[]): Generator<number> {
  const [only, second] = streams;
  if (second === undefined) {
    if (only !== undefined) yield* only;
    return;
  }
  if (streams.length > mergeable) {
    yield* distinctSorted(streams.flatMap((stream) => [...stream]));
    return;
  }
  const heap = streams.map((stream) => stream[Symbol.iterator]()).flatMap((iterator): Head[] => {
    const first: IteratorResult<number, unknown> = iterator.next();
    return first.done === true ? [] : [{ value: first.value, iterator }];
  }).sort((a, b) => a.value - b.value);
  for (let last = -1, head = heap[0]; head !== undefined; head = heap[0]) {
    if (head.value !== last) yield head.value;
    last = head.value;
    const next = head.iterator.next();
    if (next.done === true) {
      const end = heap.pop();
      if (end !== undefined && heap.length > 0) heap[0] = end;
    } else head.value = next.value;
    sink(heap);
  }
}

interface Head {
  value: number;
  readonly iterator: Iterator<number>;
}

/** Lets the first of a heap sink to its place. */
const sink = (heap: Head[]): void => {
  for (let at = 0; ;) {
    const [own, left, right] = [heap[at], heap[2 * at + 1], heap[2 * at + 2]];
    if (own === undefined || left === undefined) return;
    const isRight = right !== undefined && right.value < left.value;
    const least = isRight ? right : left;
    if (own.value <= least.value) return;
    const place = 2 * at + (isRight ? 2 : 1);
    heap[at] = least;
    heap[place] = own;
    at = place;
  }
};

/** Returns the numbers ascending, none twice. */
export const distinctSorted = (rids: readonly number[]): number[] => {
  const sorted = Float64Array.from(rids).sort();
  const kept: number[] = [];
  for (const rid of sorted) if (rid !== kept.at(-1)) kept.push(rid);
  return kept;
};

/** Stretches that are made when they are looked at: of thousands, as the patients of a clinic, seldom all are. */
interface Stretches {
  readonly length: number;
  readonly at: (index: number) => Stretch | undefined;
}

const listed = (list: readonly Stretch[]): Stretches => ({ length: list.length, at: (index) => list[index] });

function* each({ length, at }: Stretches): Generator<Stretch> {
  for (let index = 0; index < length; index += 1) {
    const stretch = at(index);
    if (stretch !== undefined) yield stretch;
  }
}

/** Stretches that are looked at to say how many rows all of them have. */
const sampled = 256;

const stretchesSource = (finding: Finding, name: string, stretches: Stretches): Source => ({
  name, exact: true, streams: stretches.length <= mergeable, stretch: stretches.length === 1 ? stretches.at(0) : undefined,
  estimate: (limit) => {
    // Each stretch costs a look, whether it has rows or not; of many only some are looked at, which stand for the others.
    const step = Math.max(1, stretches.length / sampled);
    let [sum, looked] = [Math.max(stretches.length - 1, 0), 0];
    for (let index = 0; index < stretches.length && sum < limit; index += step) {
      const stretch = stretches.at(Math.floor(index));
      if (stretch === undefined) continue;
      sum += step * (finding.statements.tokenCount.get(stretch.key, stretch.sys, stretch.sys, limit) as number);
      looked += 1;
    }
    finding.work.saw(looked);
    return Math.min(Math.round(sum), limit);
  },
  rids: (after) => merged(streamsOf(finding, [...each(stretches)], after)),
});

const tokenSource = (finding: Finding, { param, within, system, name }: Extract<Node, { op: 'token' }>, code: string): Source => {
  const { key, check } = finding.keys.value(param, within, code);
  const label = `token ${name}`;
  if (system !== undefined) return stretchesSource(finding, label, listed([{ key, sys: sysOf(check, system) }]));
  const stretches: Stretch[] = [];
  const last = sysOf(check, 0) + systemSpan - 1;
  for (let sys: number | null = sysOf(check, 0) - 1; ;) {
    sys = finding.statements.nextSystem.get(key, sys, last) as number | null;
    if (sys === null) break;
    stretches.push({ key, sys });
  }
  return stretchesSource(finding, label, listed(stretches));
};

/** Beyond so many codes a system selects next to nothing. */
const mostCodes = 10_000;

/** Any code of a system: the codes are listed, each has its stretch. */
const systemSource = (finding: Finding, { param, within, system, name }: Extract<Node, { op: 'token' }>): Source | undefined => {
  if (system === undefined || system === 0) return undefined;
  const { keys, statements, work } = finding;
  const found = statements.codes.all(systemKey(keys, param, { within, system }), mostCodes + 1) as [number, number][];
  work.saw(found.length + 1);
  return found.length > mostCodes ? undefined : stretchesSource(finding, `token ${name} by its system`, listed(found.map(([key, sys]) => ({ key, sys }))));
};

export const valuesSource = (finding: Finding, param: ParamKey, { within, name, values }: { within: number; name: string; values: readonly string[] }): Source => {
  const made = new Map<number, Stretch>();
  const at = (index: number): Stretch | undefined => {
    const value = values[index];
    const known = made.get(index);
    if (known !== undefined || value === undefined) return known;
    const { key, check } = finding.keys.value(param, within, value);
    const stretch = { key, sys: sysOf(check, 0) };
    made.set(index, stretch);
    return stretch;
  };
  return stretchesSource(finding, name, { length: values.length, at });
};

interface TextStretch {
  readonly key: number;
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly exact: boolean;
  /** Of the text in the index; undefined: all. */
  readonly wanted?: ((text: string) => boolean) | undefined;
}

const stringSource = (finding: Finding, { key, from, to, name, exact, wanted }: TextStretch): Source => {
  const { statements, work } = finding;
  const gather = (after: number): number[] => {
    const rids: number[] = [];
    for (let text = from, rid = -1; ;) {
      const found = statements.string.all(key, text, rid, to, chunk) as [string, number][];
      work.saw(found.length + 1);
      for (const row of found) if (row[1] > after && wanted?.(row[0]) !== false) rids.push(row[1]);
      const last = found.at(-1);
      if (found.length < chunk || last === undefined) return distinctSorted(rids);
      [text, rid] = last;
    }
  };
  return { name, exact, streams: false, estimate: (limit) => statements.stringCount.get(key, from, to, limit) as number, rids: gather };
};

const textSource = (finding: Finding, { param, within, match, text, name }: Extract<Node, { op: 'string' }>): Source => {
  const key = stringKey(finding.keys, param, within);
  const label = `string ${name}`;
  const short = shortText(match === 'exact' ? searchText(text) : text);
  switch (match) {
    case 'prefix':
      return stringSource(finding, { key, from: short, to: short + textEnd, name: label, exact: short === text });
    case 'exact':
      return stringSource(finding, { key, from: short, to: `${short}\u0000`, name: label, exact: false });
    case 'equals':
      return stringSource(finding, { key, from: short, to: `${short}\u0000`, name: label, exact: short === text && short.length < 99 });
    case 'ends': {
      const wanted = (own: string): boolean => own.endsWith(text) || own.length >= 99;
      return stringSource(finding, { key, from: '', to: textEnd, name: label, exact: false, wanted });
    }
    case 'contains': {
      // A text that was cut may hold it further on.
      const wanted = (own: string): boolean => own.includes(text) || own.length >= 99;
      return stringSource(finding, { key, from: '', to: textEnd, name: label, exact: false, wanted });
    }
  }
};

const rangeSource = (finding: Finding, node: Extract<Node, { op: 'range' }>, unit: number): Source => {
  const { statements, work, keys } = finding;
  const stretches = widths.map((width, at) => ({ key: rangeKey(keys, node.param, { within: node.within, unit }, at), ...boundsOf(node, width) }));
  const gather = (after: number): number[] => {
    const rids: number[] = [];
    for (const { key, from, to } of stretches) {
      for (let last: readonly [number, number, number] = [from, -Infinity, -1]; ;) {
        const found = statements.range.all(key, ...last, to, chunk) as [number, number, number][];
        work.saw(found.length + 1);
        for (const [low, high, rid] of found) if (rid > after && inRange(node, { low, high })) rids.push(rid);
        const end = found.at(-1);
        if (found.length < chunk || end === undefined) break;
        last = end;
      }
    }
    return distinctSorted(rids);
  };
  const estimate = (limit: number): number => {
    let sum = 0;
    for (const { key, from, to } of stretches) if (sum < limit) sum += statements.rangeCount.get(key, from, to, limit - sum) as number;
    work.saw(stretches.length);
    return sum;
  };
  return { name: `${node.kind} ${node.name}`, exact: true, streams: false, estimate, rids: gather };
};

/** Where intervals of a width class that can satisfy the comparison begin. */
const boundsOf = ({ compare, low, high }: Extract<Node, { op: 'range' }>, width: number): { from: number; to: number } => {
  switch (compare) {
    case 'within':
      return { from: low, to: high };
    case 'overlaps':
      return { from: low - width, to: high };
    case 'after':
      return { from: high, to: Infinity };
    case 'before':
      return { from: -Infinity, to: low };
  }
};

const idSource = ({ resources, work }: Finding, { ids, type }: Extract<Node, { op: 'id' }>): Source => ({
  name: 'id', exact: true, streams: true, estimate: (limit) => Math.min(ids.size, limit),
  rids: (after) => {
    work.saw(ids.size);
    const found = [...ids].map((id) => resources.state(type, id));
    return distinctSorted(found.flatMap((state) => (state === undefined || state.deleted || state.rid <= after ? [] : [state.rid])));
  },
});

/** Returns the places of the feed before and at the end of a stretch of time: `lastUpdated` never decreases along it. */
export const feedStretch = ({ statements, work }: Finding, { low, high }: { low: number; high: number }): { from: number; to: number } => {
  const last = (statements.lastSeq.get() as number | null) ?? 0;
  const firstAt = (holds: (updated: number) => boolean): number => {
    let [left, right] = [1, last + 1];
    while (left < right) {
      const middle = Math.floor((left + right) / 2);
      work.saw(1);
      const updated = statements.updatedAt.get(middle) as number | undefined;
      if (updated !== undefined && !holds(updated)) left = middle + 1;
      else right = middle;
    }
    return left;
  };
  return { from: firstAt((updated) => updated >= low) - 1, to: firstAt((updated) => updated > high) - 1 };
};

const updatedSource = (finding: Finding, node: Extract<Node, { op: 'updated' }>, type: string): Source => {
  const { statements, work, keys } = finding;
  const { from, to } = feedStretch(finding, node);
  const number = keys.typeNumber(type);
  const gather = (after: number): number[] => {
    const rids: number[] = [];
    for (let last = from; ;) {
      const found = statements.feed.all(number, last, to, chunk) as [number, number, number][];
      work.saw(2 * found.length + 1);
      for (const [seq, rid] of found) if (rid > after && statements.newestOf.get(rid) === seq) rids.push(rid);
      const end = found.at(-1);
      if (found.length < chunk || end === undefined) return distinctSorted(rids);
      [last] = end;
    }
  };
  return { name: 'lastUpdated', exact: false, streams: false, estimate: (limit) => statements.feedCount.get(number, from, to, limit) as number, rids: gather };
};
