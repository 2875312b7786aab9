/** Which resources of a type satisfy a node: the cheapest index leads, what it does not decide is decided on each candidate. */
import { localTarget, targetsOf } from '../../store-index/entry-match.js';
import { referenceText } from '../../store-index/index-text.js';
import type { ContainedNode, Node } from '../../store-index/node.js';
import { containedName } from '../../store-index/packed.js';
import { candidatesOf, satisfies, type Candidate, type Finding } from './candidate.js';
import { inGroups } from './statements.js';
import { containerSource, distinctSorted, everything, leafSource, mergeable, merged, valuesSource, type Source } from './source.js';

export interface Found {
  readonly source: Source;
  /** What is still to be decided on each candidate. */
  readonly rest: Node;
}

/** A source with fewer rows leads without a further look. */
const few = 256;
/** Beyond this a source that must be gathered first is no better than going through the type. */
const many = 20_000;
/** The other end of a chain leads when this few resources are there. */
const chained = 2_000;

/** Returns the source of a node as a whole; undefined when no index answers it. */
const sourceOf = (finding: Finding, node: Node, type: string): Source | undefined => {
  switch (node.op) {
    case 'or': {
      const parts = node.of.map((each) => sourceOf(finding, each, type));
      return parts.includes(undefined) ? undefined : eitherOf(parts.filter((part) => part !== undefined));
    }
    case 'and': {
      const { source, rest } = leading(finding, node, type);
      return source === undefined ? undefined : { ...source, exact: source.exact && rest.op === 'all' };
    }
    case 'contained':
      return containedSource(finding, node, type);
    default:
      return leafSource(finding, node, type);
  }
};

/** What contains a resource that satisfies a condition has the row of that condition; where there is none, the row that says what it contains. */
const containedSource = (finding: Finding, node: ContainedNode, type: string): Source => {
  const inner = sourceOf(finding, node.where, containedName(type, node.type));
  const source = inner ?? containerSource(finding, node);
  const isDecided = node.via === undefined && (inner === undefined ? node.where.op === 'all' : isOfValues(node.where));
  return { ...source, name: `contained ${node.type}${inner === undefined ? '' : ` by ${inner.name}`}`, exact: source.exact && isDecided };
};

/** Whether one row says that the node is satisfied, and by the resource that the row is about. */
const isOfValues = (node: Node): boolean => (node.op === 'or' ? node.of.every(isOfValues) : node.op === 'token' || node.op === 'string' || node.op === 'range' || node.op === 'reference' || node.op === 'uri');

const eitherOf = (parts: readonly Source[]): Source => ({
  name: parts.map(({ name }) => name).join(' or '),
  exact: parts.every(({ exact }) => exact),
  streams: parts.every(({ streams }) => streams),
  estimate: (limit) => parts.reduce((sum, part) => (sum >= limit ? sum : sum + part.estimate(limit - sum)), 0),
  rids: (after) => merged(parts.map((part) => part.rids(after))),
});

interface Leading {
  readonly source: Source | undefined;
  readonly rest: Node;
}

/** The part of a conjunction that leads, and the others. */
const leading = (finding: Finding, node: Node, type: string): Leading => {
  const parts = node.op === 'and' ? node.of : [node];
  const best = cheapest(sourcesOf(finding, parts, type));
  return best === undefined ? { source: undefined, rest: node } : { source: best.source, rest: restOf(parts, best) };
};

interface PartSource {
  readonly part: Node;
  readonly source: Source;
}

const sourcesOf = (finding: Finding, parts: readonly Node[], type: string): PartSource[] => {
  const found: PartSource[] = [];
  for (const part of parts) {
    const source = sourceOf(finding, part, type);
    if (source !== undefined) found.push({ part, source });
  }
  return found;
};

/** What is still to be decided when one part leads. */
const restOf = (parts: readonly Node[], { part, source }: PartSource): Node => {
  const others = parts.filter((other) => other !== part || !source.exact);
  const [first] = others;
  return first === undefined ? { op: 'all' } : others.length === 1 ? first : { op: 'and', of: others };
};

/** What comes in the order of resources: the cheapest part that does, else the whole type. */
const inOrder = (finding: Finding, node: Node, type: string): Found => {
  const parts = node.op === 'and' ? node.of : [node];
  const best = cheapest(sourcesOf(finding, parts, type).filter(({ source }) => source.streams));
  return best === undefined ? { source: everything(finding, type), rest: node } : { source: best.source, rest: restOf(parts, best) };
};

/** What streams is asked first, and each next one only whether it is cheaper than the best so far. */
const cheapest = <T extends { readonly source: Source }>(sources: readonly T[]): T | undefined => {
  const [first, second] = [...sources].sort((a, b) => Number(b.source.streams) - Number(a.source.streams));
  if (first === undefined || second === undefined) return first;
  for (const limit of [few, many]) {
    let best = { each: first, rows: first.source.estimate(limit) };
    for (const each of sources) {
      const rows = each === first ? best.rows : each.source.estimate(best.rows);
      if (rows < best.rows) best = { each, rows };
    }
    if (best.rows < limit || limit === many) return best.each;
  }
  return first;
};

export interface Wanted {
  readonly type: string;
  /** Every match is wanted, not just a first few. */
  readonly all: boolean;
  /** Rows that may be looked at to find the other end of a chain. */
  readonly effort?: number | undefined;
}

/** Rows looked at for the other end of a chain before anything else is tried. */
const littleEffort = 500;
/** Rows looked at in the order of resources, in the hope that the page is full by then. */
const hopeful = 2_000;

export interface FewWanted {
  readonly type: string;
  readonly after: number;
  readonly enough: number;
}

export type FirstFew = { readonly rids: readonly number[] } | { readonly how: Found };

/**
 * Returns the first few matches, or how to find them where that is no shorter way. What must be gathered before the first match is
 * known, or is found from the far end of a chain, is often so frequent that the next resources of the type hold a page of it.
 */
export const firstFew = (finding: Finding, node: Node, { type, after, enough }: FewWanted): FirstFew => {
  const how = howToFind(finding, node, { type, all: true, effort: littleEffort });
  const { source } = how;
  const isWhole = source.name.startsWith('all ');
  if (isWhole ? !isLinked(node) : source.streams || source.estimate(few) < few) return { how };
  const rids: number[] = [];
  const next = inOrder(finding, node, type);
  const done = finding.work.begin(`the next of ${next.source.name.replace(/^all /, '')}, then filter`, true);
  const isFound = finding.work.tryWithin(hopeful, () => {
    for (const { rid } of candidates(finding, next, after)) {
      rids.push(rid);
      if (rids.length === enough) break;
    }
    return true;
  });
  if (isFound !== true) return { how: isWhole ? howToFind(finding, node, { type, all: true }) : how };
  done();
  return { rids };
};

const isLinked = (node: Node): boolean => (node.op === 'and' ? node.of.some(isLinked) : node.op === 'chain' || node.op === 'has');

/** Returns how to find what satisfies the node. */
export const howToFind = (finding: Finding, node: Node, { type, all, effort = many }: Wanted): Found => {
  const led = leading(finding, node, type);
  const { source } = led;
  if (source?.streams === true && node.op !== 'and') return { source, rest: led.rest };
  const isSmall = source !== undefined && source.estimate(few) < few;
  const linked = isSmall ? undefined : linkedSource(finding, node, { type, effort });
  if (linked !== undefined && (source === undefined || linked.source.estimate(many) < source.estimate(many))) return linked;
  if (source === undefined) return { source: everything(finding, type), rest: node };
  if (!all && !source.streams && source.estimate(many) >= many) return { source: everything(finding, type), rest: node };
  return { source, rest: led.rest };
};

interface Reach {
  readonly type: string;
  readonly effort: number;
}

/** A chain or reverse chain that few resources satisfy leads from its other end. */
const linkedSource = (finding: Finding, node: Node, reach: Reach): Found | undefined => {
  const parts = node.op === 'and' ? node.of : [node];
  for (const part of parts) {
    const source = part.op === 'chain' ? chainStart(finding, part, reach) : part.op === 'has' ? hasStart(finding, part, reach) : undefined;
    if (source === undefined) continue;
    const others = parts.filter((other) => other !== part);
    return { source, rest: others.length === 0 ? { op: 'all' } : { op: 'and', of: others } };
  }
  return undefined;
};

/** Returns what `read` reads of the matches of the other end; undefined when there are too many, or when they are too dear to find. */
const otherEnd = <T>(finding: Finding, node: Node, { type, effort, read }: Reach & { readonly read: (finding: Finding, found: Found) => Iterable<T> }): T[] | undefined =>
  finding.work.tryWithin(effort, () => {
    const found: T[] = [];
    for (const one of read(finding, howToFind(finding, node, { type, all: true }))) {
      found.push(one);
      if (found.length > chained) return undefined;
    }
    return found;
  });

const chainStart = (finding: Finding, node: Extract<Node, { op: 'chain' }>, { type: container, effort }: Reach): Source | undefined => {
  const { param, types, where, name } = node;
  const names: string[] = [];
  const within: number[] = [];
  for (const type of types) {
    const targets = otherEnd(finding, where(type), { type, effort, read: idsOf });
    const containers = otherEnd(finding, node.contained(type), { type: container, effort, read: matchesOf });
    if (targets === undefined || containers === undefined) return undefined;
    names.push(...targets.map((id) => `${type}/${id}`));
    within.push(...containers);
  }
  const inside = distinctSorted(within);
  const referring = valuesSource(finding, param, { within: 0, name, values: names.map(referenceText) });
  return {
    name: `chain ${name}`, exact: true, streams: names.length < mergeable, estimate: (limit) => Math.min(limit, inside.length + referring.estimate(limit)),
    rids: (after) => (inside.length === 0 ? referring.rids(after) : merged([inside.filter((rid) => rid > after), referring.rids(after)])),
  };
};

const hasStart = (finding: Finding, { param, source, type, where, name }: Extract<Node, { op: 'has' }>, { effort }: Reach): Source | undefined => {
  const referring = otherEnd(finding, where, { type: source, effort, read: candidates });
  if (referring === undefined) return undefined;
  const names = new Set(referring.flatMap(({ entries }) => targetsOf(param.key, entries).flatMap(([target, id]) => (target === type ? [`${target}/${id}`] : []))));
  const states = [...names].map((name) => {
    const [target = '', id = ''] = localTarget(name) ?? [];
    finding.work.saw(1);
    return finding.resources.state(target, id);
  });
  const rids = distinctSorted(states.flatMap((state) => (state === undefined || state.deleted ? [] : [state.rid])));
  return { name: `has ${name}`, exact: true, streams: false, estimate: (limit) => Math.min(rids.length, limit), rids: (after) => rids.filter((rid) => rid > after) };
};

/** Yields the matches as candidates, in the order first stored. */
export function* candidates(finding: Finding, { source, rest }: Found, after = 0): Generator<Candidate> {
  for (const rids of inGroups(source.rids(after))) {
    for (const candidate of candidatesOf(finding, rids)) if (satisfies(finding, rest, candidate)) yield candidate;
  }
}

/** Yields the ids of the matches, in the order first stored. */
function* idsOf(finding: Finding, { source, rest }: Found): Generator<string> {
  if (rest.op !== 'all' || !source.exact) {
    for (const { id } of candidates(finding, { source, rest })) yield id;
    return;
  }
  for (const rids of inGroups(source.rids(0))) {
    finding.work.saw(rids.length);
    yield* finding.statements.ids.all(JSON.stringify(rids)) as string[];
  }
}

/** Yields the numbers of the matches, in the order first stored: a source that decides all is not looked behind. */
export function* matchesOf(finding: Finding, found: Found, after = 0): Generator<number> {
  if (found.rest.op === 'all' && found.source.exact) yield* found.source.rids(after);
  else for (const { rid } of candidates(finding, found, after)) yield rid;
}
