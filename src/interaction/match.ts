/**
 * The criteria of conditional interactions (https://hl7.org/fhir/R4/http.html#ccreate): what they match now, and the
 * guard that holds the commit to it. Matches are counted among what the viewer may see only.
 */
import { FhirError } from '../core/error.js';
import { planSearch, type PlannedSearch } from '../search/request.js';
import type { Guard, Version } from '../store/resource.js';
import type { Context } from './context.js';
import { find, restricted } from './gate.js';

export interface Criteria {
  readonly type: string;
  readonly planned: PlannedSearch;
  /** Canonical text with the type: equal for equal criteria. */
  readonly claim: string;
}

export interface Matches {
  readonly versions: readonly Version[];
  readonly guard: Guard;
}

/** More than one match is all that most conditional interactions need to know. */
const enough = 2;

/**
 * Returns the parsed criteria. Throws `criteria-missing` when no parameter selects anything; handling is always
 * strict: a dropped parameter would widen what is written to.
 */
export const parseCriteria = (context: Context, type: string, params: readonly (readonly [string, string])[]): Criteria => {
  const { registry, options } = context.service;
  const planned = planSearch({ registry, types: [type], params, handling: 'strict', baseUrl: options.baseUrl, pageSize: options.pageSize, maxPageSize: options.maxPageSize });
  if (planned.plan.where === undefined) {
    throw new FhirError('criteria-missing', 'A conditional interaction needs at least one search parameter that selects the resource.', { location: 'http.url' });
  }
  return { type, planned, claim: `${type}?${planned.criteria}` };
};

/** Returns the criteria of a header or of `Type?query` text. */
export const parseCriteriaText = (context: Context, type: string, text: string): Criteria => {
  const query = text.startsWith(`${type}?`) ? text.slice(type.length + 1) : text.replace(/^\?/, '');
  return parseCriteria(context, type, [...new URLSearchParams(query)]);
};

/** Returns what the criteria match now, at most `limit`, and the guard that it is still so at the commit. */
export const matchNow = async (context: Context, criteria: Criteria, limit = enough): Promise<Matches> => {
  const plan = { ...criteria.planned.plan, count: limit, after: undefined };
  const { matches } = await find(context, plan);
  const expected = matches.map(({ type, id }) => `${type}/${id}`);
  const guard: Guard = { kind: 'matches', claim: `${context.viewer.key} ${criteria.claim}`, plan: restricted(context, plan), expected };
  return { versions: matches, guard };
};

/** Returns the one match or undefined for none; throws `multiple-matches` for more. */
export const onlyMatch = ({ versions }: Matches, criteria: Criteria): Version | undefined => {
  if (versions.length <= 1) return versions[0];
  throw new FhirError('multiple-matches', `The criteria match more than one ${criteria.type}; nothing was changed.`);
};
