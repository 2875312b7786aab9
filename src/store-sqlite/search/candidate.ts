/** A current resource that may be a match, and whether it is one: decided on its packed entries alone. */
import { distanceBetween } from '../../core/earth.js';
import { hasWords } from '../../fhir/resource-text.js';
import type { RangePredicate } from '../../store/plan.js';
import { referenceText } from '../index-row.js';
import { sysOf, type Keys } from '../keys.js';
import { kinds, PackedCursor } from '../packed.js';
import type { ResourceTable } from '../resource-table.js';
import type { Node } from './node.js';
import { growing, type Statements } from './statements.js';
import type { Work } from './work.js';

interface ResourceRow {
  readonly rid: number;
  readonly id: string;
  readonly updated: number;
  readonly seq: number;
  readonly packed: Buffer;
}

export interface Candidate extends ResourceRow {
  readonly entries: PackedCursor;
}

/** What a search works with. */
export interface Finding {
  readonly statements: Statements;
  readonly resources: ResourceTable;
  readonly keys: Keys;
  readonly work: Work;
  /** Whether a resource satisfies the end of a chain: asked again for every resource that refers to it. */
  readonly known: Map<Node, Map<number, boolean>>;
  /** Up to so many matches are sorted; more are read in the order of an index. */
  readonly sortable: number;
}

/** Returns the resource as a candidate; undefined when it is deleted. */
export const candidateOf = ({ statements, work }: Finding, rid: number): Candidate | undefined => {
  work.saw(1);
  const row = statements.one.get(rid) as ResourceColumns | undefined;
  return row && toCandidate(row);
};

/** Returns those of the resources that are not deleted, in the order given: one query costs less than many. */
export const candidatesOf = ({ statements, work }: Finding, rids: readonly number[]): Candidate[] => {
  work.saw(rids.length);
  return (statements.several.all(JSON.stringify(rids)) as ResourceColumns[]).map(toCandidate);
};

type ResourceColumns = readonly [rid: number, id: string, updated: number, seq: number, packed: Buffer];

const toCandidate = ([rid, id, updated, seq, packed]: ResourceColumns): Candidate => ({ rid, id, updated, seq, packed, entries: new PackedCursor(packed) });

/** Returns whether the candidate satisfies the node. */
export const satisfies = (finding: Finding, node: Node, candidate: Candidate): boolean => {
  switch (node.op) {
    case 'all':
    case 'none':
      return node.op === 'all';
    case 'and':
      return node.of.every((each) => satisfies(finding, each, candidate));
    case 'or':
      return node.of.some((each) => satisfies(finding, each, candidate));
    case 'not':
      return !satisfies(finding, node.of, candidate);
    case 'id':
      return node.ids.has(candidate.id);
    case 'updated':
      return candidate.updated >= node.low && candidate.updated <= node.high;
    case 'chain':
      return leads(finding, node, candidate);
    case 'has':
      return isReferredTo(finding, node, candidate);
    case 'text':
      return reads(finding, node, candidate);
    case 'near':
      return isNear(node, candidate.entries);
    default:
      return hasEntry(node, candidate.entries);
  }
};

/** A text is looked at like so many rows. */
const rowsOfText = 8;

const reads = ({ statements, work }: Finding, { part, words }: Extract<Node, { op: 'text' }>, { seq }: Candidate): boolean => {
  work.saw(rowsOfText);
  const body = statements.bodyAt.get(seq) as string | null;
  return body !== null && hasWords(body, part, words);
};

const isNear = ({ point, metres, latitude, longitude }: Extract<Node, { op: 'near' }>, entries: PackedCursor): boolean => {
  const at = { latitude: Number.NaN, longitude: Number.NaN };
  entries.rewind();
  while (entries.next()) {
    if (entries.key === latitude) at.latitude = entries.low;
    else if (entries.key === longitude) at.longitude = entries.low;
  }
  return distanceBetween(point, at) <= metres;
};

type EntryNode = Exclude<Node, { readonly op: 'all' | 'none' | 'and' | 'or' | 'not' | 'id' | 'updated' | 'chain' | 'has' | 'text' | 'near' }>;

const hasEntry = (node: EntryNode, entries: PackedCursor): boolean => {
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

const leads = (finding: Finding, { param, types, where }: Extract<Node, { op: 'chain' }>, { entries }: Candidate): boolean =>
  targetsOf(param.key, entries).some(([type, id]) => {
    if (!types.includes(type)) return false;
    finding.work.saw(1);
    const state = finding.resources.state(type, id);
    return state !== undefined && !state.deleted && isKnown(finding, where(type), state.rid);
  });

const isReferredTo = (finding: Finding, { param, type, where }: Extract<Node, { op: 'has' }>, { id }: Candidate): boolean => {
  for (const rid of referrers(finding, param, `${type}/${id}`)) if (isKnown(finding, where, rid)) return true;
  return false;
};

/** Yields what refers to a target by a parameter. */
export const referrers = ({ keys, statements, work }: Finding, param: Parameters<Keys['value']>[0], target: string): Generator<number> => {
  const { key, check } = keys.value(param, 0, referenceText(target));
  return growing<number>((limit, last = 0) => {
    const found = statements.token.all(key, sysOf(check, 0), last, limit) as number[];
    work.saw(found.length + 1);
    return found;
  });
};

const isKnown = (finding: Finding, node: Node, rid: number): boolean => {
  if (node.op === 'all') return true;
  const own = finding.known.get(node) ?? new Map<number, boolean>();
  finding.known.set(node, own);
  const before = own.get(rid);
  if (before !== undefined) return before;
  const candidate = candidateOf(finding, rid);
  const now = candidate !== undefined && satisfies(finding, node, candidate);
  own.set(rid, now);
  return now;
};
