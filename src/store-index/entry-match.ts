/** Whether the packed entries of a resource satisfy a leaf of a search (https://hl7.org/fhir/R4/search.html). */
import { distanceBetween } from '../core/earth.js';
import type { RangePredicate } from '../store/plan.js';
import type { ContainedNode, Node } from './node.js';
import { kinds, type PackedCursor, type Section } from './packed.js';

/** Returns whether the position among the entries is near enough; of several, which no type of R4 has, the lowest numbers count. */
export const isNear = ({ point, metres, latitude, longitude }: Extract<Node, { op: 'near' }>, entries: PackedCursor): boolean => {
  const at = { latitude: Infinity, longitude: Infinity };
  entries.rewind();
  while (entries.next()) {
    if (entries.key === latitude) at.latitude = Math.min(at.latitude, entries.low);
    else if (entries.key === longitude) at.longitude = Math.min(at.longitude, entries.low);
  }
  return distanceBetween(point, at) <= metres;
};

/** What one entry, or the lack of one, decides. */
export type EntryNode = Exclude<Node, { readonly op: 'all' | 'none' | 'and' | 'or' | 'not' | 'id' | 'updated' | 'chain' | 'has' | 'text' | 'near' | 'contained' }>;

/** Returns whether an entry satisfies the node. */
export const hasEntry = (node: EntryNode, entries: PackedCursor): boolean => {
  entries.rewind();
  const { key } = node.param;
  while (entries.next()) {
    if (entries.key !== key) continue;
    if (node.op === 'missing') return false;
    if (entries.within === node.within && isEntry(node, entries)) return true;
  }
  return node.op === 'missing';
};

const isEntry = (node: Exclude<EntryNode, { readonly op: 'missing' }>, entry: PackedCursor): boolean => {
  switch (node.op) {
    case 'token':
      return entry.kind === kinds.token && (node.system === undefined || node.system === entry.extra) && (node.code === undefined || (entry.hasText && entry.text === node.code));
    case 'string':
      return entry.kind === kinds.string && isText(node, entry);
    case 'range':
      return entry.kind === kinds[node.kind] && (node.unit === undefined || node.kind !== 'quantity' || entry.extra === node.unit) && inRange(node, entry);
    case 'reference':
      return entry.kind === kinds.reference && node.targets.has(entry.text);
    case 'refers':
      return entry.kind === kinds.reference && entry.text.startsWith(`${node.type}/`);
    case 'uri':
      return entry.kind === kinds.uri && isUri(node, entry.text);
  }
};

const isText = ({ match, text, exact }: Extract<Node, { op: 'string' }>, entry: PackedCursor): boolean => {
  switch (match) {
    case 'exact':
      return entry.extra === exact;
    case 'prefix':
      return entry.text.startsWith(text);
    case 'contains':
      return entry.text.includes(text);
    case 'equals':
      return entry.text === text;
    case 'ends':
      return entry.text.endsWith(text);
  }
};

/** Returns whether an interval compares as asked. */
export const inRange = (wanted: Pick<RangePredicate, 'compare' | 'low' | 'high'>, { low, high }: { readonly low: number; readonly high: number }): boolean => {
  switch (wanted.compare) {
    case 'within':
      return wanted.low <= low && high <= wanted.high;
    case 'overlaps':
      return high >= wanted.low && low <= wanted.high;
    case 'after':
      return low > wanted.high;
    case 'before':
      return high < wanted.low;
  }
};

const isUri = ({ match, uri }: Extract<Node, { op: 'uri' }>, own: string): boolean => {
  const below = (base: string, longer: string): boolean => base === longer || longer.startsWith(base.endsWith('/') ? base : `${base}/`);
  switch (match) {
    case 'exact':
      return own === uri;
    case 'below':
      return below(uri, own);
    case 'above':
      return below(own, uri);
  }
};

/** Returns `[type, id]` of a local target; undefined for others. */
export const localTarget = (target: string): readonly [string, string] | undefined => {
  const slash = target.indexOf('/');
  return slash > 0 && target.indexOf('/', slash + 1) < 0 ? [target.slice(0, slash), target.slice(slash + 1)] : undefined;
};

/** Returns the ids of the contained resources that references by a parameter lead to. */
export const containedTargets = (key: number, entries: PackedCursor): Set<string> => {
  const found = new Set<string>();
  entries.rewind();
  while (entries.next()) {
    if (entries.key !== key || entries.kind !== kinds.reference || entries.within !== 0) continue;
    const { text } = entries;
    if (text.length > 1 && text.startsWith('#')) found.add(text.slice(1));
  }
  return found;
};

/** What its container is asked for: a contained resource refers to others of the same container. */
interface Container {
  readonly entries: PackedCursor;
  readonly container?: { readonly entries: PackedCursor } | undefined;
}

/** Returns the contained resources that a node is about, whatever it asks of them. */
export const sectionsFor = ({ type, via }: ContainedNode, candidate: Container): Section[] => {
  const ids = via === undefined ? undefined : containedTargets(via.key, candidate.entries);
  if (ids?.size === 0) return [];
  const { entries } = candidate.container ?? candidate;
  return entries.sections().filter((section) => section.type === type && (ids === undefined || ids.has(section.id)));
};

/** Returns the local targets of a candidate's references by a parameter. */
export const targetsOf = (key: number, entries: PackedCursor): (readonly [string, string])[] => {
  const found: (readonly [string, string])[] = [];
  entries.rewind();
  while (entries.next()) {
    const target = entries.key === key && entries.kind === kinds.reference && entries.within === 0 ? localTarget(entries.text) : undefined;
    if (target !== undefined) found.push(target);
  }
  return found;
};
