/** Which search parameters exist, and what each extracts (https://hl7.org/fhir/R4/searchparameter-registry.html). */
import type { IndexEntry } from '../store/index-entry.js';

export interface SearchParameter {
  readonly code: string;
  readonly url: string;
  readonly type: 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';
  /** Types a reference may point to. */
  readonly targets: readonly string[];
  /** Whether a search can use it; the CapabilityStatement names no other. */
  readonly searchable: boolean;
}

export interface Registry {
  /** Parameters of a type, those of every resource (`_id`, `_lastUpdated`, ...) included; by code. */
  parametersOf(type: string): ReadonlyMap<string, SearchParameter>;
  /** What is indexed of a resource: a plain value of `JSON.parse`. */
  extract(resource: Readonly<Record<string, unknown>>): IndexEntry[];
}
