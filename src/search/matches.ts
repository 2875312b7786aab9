/**
 * Whether a resource satisfies a predicate, by its index entries alone: for what is not stored yet, where no engine
 * can be asked. Each engine must agree with it (https://hl7.org/fhir/R4/search.html).
 */
import { distanceBetween } from '../core/earth.js';
import { hasWords } from '../fhir/resource-text.js';
import type { IndexEntry, QuantityEntry, RangeEntry } from '../store/index-entry.js';
import type { Predicate, RangePredicate } from '../store/plan.js';

export interface Candidate {
  readonly type: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly updated: number;
  readonly entries: readonly IndexEntry[];
  /** JSON text; without it nothing is found by its words. */
  readonly body?: string | undefined;
}

/**
 * Returns whether the candidate satisfies the predicate. Chains need other resources and are never satisfied here.
 */
export const matchesPlan = (where: Predicate, candidate: Candidate): boolean => {
  switch (where.op) {
    case 'and':
      return where.of.every((part) => matchesPlan(part, candidate));
    case 'or':
      return where.of.some((part) => matchesPlan(part, candidate));
    case 'not':
      return !matchesPlan(where.of, candidate);
    case 'id':
      return isAmong(where.ids, candidate.id);
    case 'type':
      return where.types.includes(candidate.type);
    case 'updated':
      return candidate.updated >= (where.low ?? -Infinity) && candidate.updated <= (where.high ?? Infinity);
    case 'missing':
      return !candidate.entries.some(({ param }) => param === where.param);
    case 'contained':
      return candidate.entries.some((entry) => entry.kind === 'contained' && entry.type === where.type && (where.where === undefined || matchesPlan(where.where, { ...candidate, ...entry, body: undefined })));
    case 'refers':
      return candidate.entries.some((entry) => entry.kind === 'reference' && entry.param === where.param && entry.within === undefined && entry.target.startsWith(`${where.type}/`));
    case 'chain':
    case 'has':
      return false;
    case 'text':
      return candidate.body !== undefined && hasWords(candidate.body, where.part, where.words);
    case 'near':
      return isNear(where, candidate.entries);
    default:
      return candidate.entries.some((entry) => entry.param === where.param && entry.within === where.within && matchesEntry(where, entry));
  }
};

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();
/** Lists up to this long are looked through. */
const short = 16;

/** A list of thousands, as the patients of a clinic, is made a set once. */
const isAmong = (list: readonly string[], text: string): boolean => {
  if (list.length <= short) return list.includes(text);
  const set = sets.get(list) ?? new Set(list);
  sets.set(list, set);
  return set.has(text);
};

const isNear = (where: Extract<Predicate, { op: 'near' }>, entries: readonly IndexEntry[]): boolean => {
  const degrees = (param: string): number => Math.min(...entries.flatMap((entry) => (entry.kind === 'number' && entry.param === param ? [entry.low] : [])));
  return distanceBetween(where, { latitude: degrees('near:latitude'), longitude: degrees('near:longitude') }) <= where.metres;
};

type EntryPredicate = Extract<Predicate, { readonly op: 'token' | 'string' | 'range' | 'reference' | 'uri' }>;

const matchesEntry = (where: EntryPredicate, entry: IndexEntry): boolean => {
  switch (where.op) {
    case 'token':
      return entry.kind === 'token' && sameSystem(where.system, entry.system) && (where.code === undefined || where.code === entry.code);
    case 'string':
      return entry.kind === 'string' && sameText(where, entry.text, entry.folded);
    case 'range':
      return (entry.kind === 'date' || entry.kind === 'number' || entry.kind === 'quantity') && inRange(where, entry);
    case 'reference':
      return entry.kind === 'reference' && isAmong(where.targets, entry.target);
    case 'uri':
      return entry.kind === 'uri' && sameUri(where, entry.uri);
  }
};

const sameSystem = (wanted: string | null | undefined, system: string | undefined): boolean =>
  wanted === undefined || (wanted === null ? system === undefined : wanted === system);

const sameText = ({ match, text }: Extract<Predicate, { op: 'string' }>, exact: string, folded: string): boolean => {
  switch (match) {
    case 'exact':
      return exact === text;
    case 'prefix':
      return folded.startsWith(text);
    case 'contains':
      return folded.includes(text);
    case 'equals':
      return folded === text;
    case 'ends':
      return folded.endsWith(text);
  }
};

const sameUri = ({ match, uri }: Extract<Predicate, { op: 'uri' }>, own: string): boolean => {
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

const inRange = ({ kind, unit, compare, low, high }: RangePredicate, entry: RangeEntry | QuantityEntry): boolean => {
  if (entry.kind !== kind || (unit !== undefined && entry.kind === 'quantity' && entry.unit !== unit)) return false;
  switch (compare) {
    case 'within':
      return low <= entry.low && entry.high <= high;
    case 'overlaps':
      return entry.high >= low && entry.low <= high;
    case 'after':
      return entry.low > high;
    case 'before':
      return entry.high < low;
  }
};
