/** Search request -> plan: the parse and check steps of the pipeline (https://hl7.org/fhir/R4/search.html). */
import type { Issue } from '../core/error.js';
import type { SearchPlan } from '../store/plan.js';
import type { Registry } from './registry.js';

export interface SearchRequest {
  readonly registry: Registry;
  /** Types of the URL; all types for a system search. */
  readonly types: readonly string[];
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly handling: 'strict' | 'lenient';
  readonly baseUrl: string;
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** What page links are signed with, and for whom; undefined where there are no pages. */
  readonly paging?: { readonly secret: string; readonly viewerKey: string } | undefined;
}

export interface PlannedSearch {
  readonly plan: SearchPlan;
  /** Parameters that were applied, for the self link. */
  readonly applied: readonly (readonly [name: string, value: string])[];
  /** What lenient handling left out, as warnings. */
  readonly issues: readonly Issue[];
  readonly total: 'none' | 'accurate';
  /** Canonical text of the criteria: equal for equal criteria, whatever their order. */
  readonly criteria: string;
}

// TEMPORARY until the planner lands
import { FhirError } from '../core/error.js';
import type { Predicate } from '../store/plan.js';
export const planSearch = (r: SearchRequest): PlannedSearch => {
  const of: Predicate[] = [];
  let count = r.pageSize;
  for (const [name, value] of r.params) {
    if (name === '_id') of.push({ op: 'id', ids: value.split(',') });
    else if (name === '_count') count = Number(value);
    else if (name === 'identifier') { const [system, code] = value.split('|'); of.push({ op: 'token', param: 'identifier', system, code }); }
    else throw new FhirError('unknown-parameter', name);
  }
  return { plan: { types: r.types, count, where: of.length === 0 ? undefined : { op: 'and', of } }, applied: r.params, issues: [], total: 'accurate', criteria: JSON.stringify(r.params) };
};
