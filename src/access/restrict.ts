/**
 * The one place where a viewer's rights become part of what is asked of the store: each type a plan touches - found,
 * chained to or referring - is narrowed to what the viewer may see (design rule 2).
 */
import { FhirError } from '../core/error.js';
import { keepNewest } from '../core/keep-newest.js';
import { matchesPlan, type Candidate } from '../search/matches.js';
import { anyOf } from '../search/predicate.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Predicate, SearchPlan } from '../store/plan.js';
import type { Registry } from '../search/registry.js';
import type { Version } from '../store/resource.js';
import { nothing } from './compartment.js';
import { rightOf, type Right, type RightsScope } from './right.js';
import type { Permission } from './scope.js';
import type { Viewer } from './viewer.js';

export interface Access extends RightsScope {
  readonly viewer: Viewer;
  /** What the viewer wants to do with what is looked at; each is needed. */
  readonly permissions: readonly Permission[];
}

const seesAll = ({ kind }: Viewer): boolean => kind === 'open' || kind === 'system';

/** Returns what the viewer may do to resources of the type, all permissions together. */
export const rightTo = (access: Access, type: string): Right => {
  const rights = access.permissions.map((permission) => rightOf(access.viewer, permission, type, access));
  if (rights.includes('none')) return 'none';
  const of = rights.filter((right): right is Predicate => right !== 'all' && right !== 'none');
  const [first] = of;
  if (first === undefined) return 'all';
  return of.every((one) => one === first || JSON.stringify(one) === JSON.stringify(first)) ? first : { op: 'and', of };
};

/** Returns the plan narrowed to what the viewer may find; throws `forbidden` for a chain through a type it may not search. */
export const restrictPlan = (access: Access, plan: SearchPlan): SearchPlan => {
  if (seesAll(access.viewer)) return plan;
  const asked = plan.where === undefined ? undefined : restrictLinks(access, plan.where);
  const rights = plan.types.map((type): readonly [string, Right] => [type, rightTo(access, type)]);
  const seen = rights.filter(([, right]) => right !== 'none');
  const types = seen.map(([type]) => type);
  if (types.length === 0) return { ...plan, where: nothing };
  const own = seen.every(([, right]) => right === 'all') ? undefined : perTypeRight(seen);
  return { ...plan, types, where: both(own, asked) };
};

const both = (first: Predicate | undefined, second: Predicate | undefined): Predicate | undefined =>
  (first === undefined || second === undefined ? first ?? second : { op: 'and', of: [first, second] });

const perTypeRight = (rights: readonly (readonly [string, Right])[]): Predicate => {
  const [only, another] = rights;
  if (only !== undefined && another === undefined && typeof only[1] !== 'string') return only[1];
  return anyOf(rights.map(([type, right]): Predicate => {
    const ofType: Predicate = { op: 'type', types: [type] };
    return typeof right === 'string' ? ofType : { op: 'and', of: [ofType, right] };
  }));
};

/** Chains reach other resources: those are narrowed too, and need the right to search (design rule 2). */
const restrictLinks = (access: Access, where: Predicate): Predicate => {
  switch (where.op) {
    case 'and':
    case 'or':
      return { ...where, of: where.of.map((part) => restrictLinks(access, part)) };
    case 'not':
      return { ...where, of: restrictLinks(access, where.of) };
    case 'chain':
      return restrictChain(access, where);
    // What contains it is narrowed as what is found; beside that it must be one that the viewer may see by itself.
    case 'contained': {
      const right = rightTo({ ...access, permissions: ['s'] }, where.type);
      if (right === 'none') throw beyond([where.type]);
      const inner = where.where === undefined ? undefined : restrictLinks(access, where.where);
      return { ...where, where: both(right === 'all' ? undefined : right, inner) };
    }
    case 'has': {
      const right = rightTo({ ...access, permissions: ['s'] }, where.type);
      if (right === 'none') throw beyond([where.type]);
      const inner = where.where === undefined ? undefined : restrictLinks(access, where.where);
      return { ...where, where: both(right === 'all' ? undefined : right, inner) };
    }
    default:
      return where;
  }
};

const restrictChain = (access: Access, chain: Extract<Predicate, { op: 'chain' }>): Predicate => {
  const where = restrictLinks(access, chain.where);
  const rights = chain.types.map((type): readonly [string, Right] => [type, rightTo({ ...access, permissions: ['s'] }, type)]);
  const seen = rights.filter(([, right]) => right !== 'none');
  if (seen.length === 0) throw beyond(chain.types);
  return anyOf(seen.map(([type, right]): Predicate => ({ ...chain, types: [type], where: typeof right === 'string' ? where : { op: 'and', of: [right, where] } })));
};

const beyond = (types: readonly string[]): FhirError =>
  new FhirError('forbidden', `The search goes through ${types.length > 4 ? 'types' : types.join(', ')} that the token has no scope to search (s).`);

/** Returns whether the resource is one the viewer's right is about. */
export const isWithin = (access: Access, candidate: Candidate): boolean => {
  const right = rightTo(access, candidate.type);
  return typeof right === 'string' ? right === 'all' : matchesPlan(right, candidate);
};

/** Returns whether the viewer may learn of this version at all; one without a body tells nothing by itself. `marks`: entries it is held to have beside its own. */
export const maySee = (access: Access, version: Version, marks: readonly IndexEntry[] = []): boolean => {
  const right = rightTo(access, version.type);
  if (typeof right === 'string') return right === 'all';
  if (version.body === undefined) return false;
  const entries = entriesOf(access, version.body);
  return matchesPlan(right, { ...version, entries: marks.length === 0 ? entries : [...entries, ...marks] });
};

interface Extracted {
  readonly revision: number;
  readonly byBody: Map<string, readonly IndexEntry[]>;
}

const extracted = new WeakMap<Registry, Extracted>();
const most = 1_000;
/** Longer texts are read again rather than remembered. */
const longest = 8_192;

/** What a text says does not change: that of the texts that were judged last is remembered, for as long as the parameters are the same. */
const entriesOf = ({ registry }: Access, body: string): readonly IndexEntry[] => {
  const before = extracted.get(registry);
  const { byBody } = before?.revision === registry.revision ? before : { byBody: new Map<string, readonly IndexEntry[]>() };
  if (before?.byBody !== byBody) extracted.set(registry, { revision: registry.revision, byBody });
  const known = byBody.get(body);
  if (known !== undefined) return known;
  const entries = registry.extract(JSON.parse(body) as Record<string, unknown>);
  if (body.length > longest) return entries;
  keepNewest(byBody, { key: body, value: entries, most });
  return entries;
};
