/**
 * Which resources make a patient someone's patient: each rule is a search, so that the store finds by it and a single written
 * resource can be held against it (https://hl7.org/fhir/R4/search.html). The rules themselves: `rules.ts`.
 */
import { anyOf } from '../search/predicate.js';
import type { Registry } from '../search/registry.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Predicate } from '../store/plan.js';

/** Who may be named: the practitioner, one of their roles, a care team they are in, an organization of their roles; a group that a client is for. */
export type ActorKind = 'practitioner' | 'role' | 'team' | 'organization' | 'group';

export interface RelationRule {
  readonly name: string;
  /** For people: "is on a care team of the patient". */
  readonly words: string;
  /** The type of the resources that make the relation. */
  readonly type: string;
  /** Search parameter that names the patient; `_id`: the resource is the patient. */
  readonly patient: string;
  /** Search parameters that name who cares; `_id`: the resource itself is what is named. */
  readonly actors: readonly string[];
  readonly kinds: readonly ActorKind[];
  /** Search parameter and codes, one of which it must have. */
  readonly status?: { readonly param: string; readonly codes: readonly string[] } | undefined;
  /** The time of the relation, from so many days before to so many days after what a date parameter says; without a value it always holds. */
  readonly period?: { readonly param: string; readonly daysBefore: number; readonly daysAfter: number } | undefined;
}

/** What one resource adds to someone's reach. */
export interface Relation {
  readonly rule: string;
  readonly patients: readonly string[];
  /** When it holds, milliseconds since 1970: from the first up to the second. */
  readonly from: number;
  readonly until: number;
}

/** References by which someone may be named. */
export type ActorNames = Readonly<Record<ActorKind, readonly string[]>>;

const day = 86_400_000;

/** Returns the names that count for a rule. */
export const namesFor = (rule: RelationRule, names: ActorNames): readonly string[] => rule.kinds.flatMap((kind) => names[kind]);

const paramsOf = (registry: Registry, type: string, code: string): readonly string[] => [...new Set((registry.parametersOf(type).get(code)?.sources ?? []).map(({ param }) => param))];

const naming = (registry: Registry, type: string, { code, targets }: { readonly code: string; readonly targets: readonly string[] }): Predicate[] =>
  (code === '_id' ? [{ op: 'id', ids: targets.map((target) => target.slice(target.indexOf('/') + 1)) }] : paramsOf(registry, type, code).map((param) => ({ op: 'reference', param, targets })));

/** Returns what finds the resources by which a rule holds now or later; undefined where nobody is named. */
export const relationSearch = (registry: Registry, rule: RelationRule, about: { readonly names: ActorNames; readonly now: number }): Predicate | undefined => {
  const targets = namesFor(rule, about.names);
  if (targets.length === 0) return undefined;
  const parts: Predicate[] = [anyOf(rule.actors.flatMap((code) => naming(registry, rule.type, { code, targets })))];
  const { status, period } = rule;
  if (status !== undefined) parts.push(anyOf(status.codes.map((code): Predicate => ({ op: 'token', param: status.param, code }))));
  if (period !== undefined) {
    const low = about.now - period.daysAfter * day;
    parts.push(anyOf([{ op: 'missing', param: period.param, kind: 'date' }, { op: 'range', kind: 'date', param: period.param, compare: 'overlaps', low, high: Number.MAX_SAFE_INTEGER }]));
  }
  const [only] = parts;
  return parts.length === 1 ? only : { op: 'and', of: parts };
};

/** Returns what the resource adds by the rule, for someone with these names; undefined when nothing. */
export const relationOf = (registry: Registry, rule: RelationRule, about: { readonly id: string; readonly entries: readonly IndexEntry[]; readonly names: ActorNames }): Relation | undefined => {
  const { id, entries, names } = about;
  const actors = new Set(namesFor(rule, names));
  const refers = (codes: readonly string[], wanted: (target: string) => boolean): string[] => {
    const params = new Set(codes.flatMap((code) => paramsOf(registry, rule.type, code)));
    return entries.flatMap((entry) => (entry.kind === 'reference' && params.has(entry.param) && wanted(entry.target) ? [entry.target] : []));
  };
  const isNamed = refers(rule.actors, (target) => actors.has(target)).length > 0 || (rule.actors.includes('_id') && actors.has(`${rule.type}/${id}`));
  if (!isNamed || !hasStatus(rule, entries)) return undefined;
  const patients = rule.patient === '_id' ? [id] : refers([rule.patient], (target) => target.startsWith('Patient/')).map((target) => target.slice('Patient/'.length));
  return patients.length === 0 ? undefined : { rule: rule.name, patients, ...timeOf(rule, entries) };
};

const hasStatus = ({ status }: RelationRule, entries: readonly IndexEntry[]): boolean =>
  status === undefined || entries.some((entry) => entry.kind === 'token' && entry.param === status.param && entry.code !== undefined && status.codes.includes(entry.code));

const timeOf = ({ period }: RelationRule, entries: readonly IndexEntry[]): { readonly from: number; readonly until: number } => {
  const times = period === undefined ? [] : entries.flatMap((entry) => (entry.kind === 'date' && entry.param === period.param ? [entry] : []));
  if (period === undefined || times.length === 0) return { from: -Infinity, until: Infinity };
  return { from: Math.min(...times.map(({ low }) => low)) - period.daysBefore * day, until: Math.max(...times.map(({ high }) => high)) + period.daysAfter * day };
};
