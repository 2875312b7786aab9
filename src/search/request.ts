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
