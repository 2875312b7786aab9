/**
 * The engine-neutral search plan: what a search asks for once names are resolved and values are parsed
 * (https://hl7.org/fhir/R4/search.html). It speaks of parameters and values, never of how an engine keeps them.
 */
import type { TextPart } from '../fhir/resource-text.js';
import type { ValueEntry } from './index-entry.js';

export type Predicate =
  | { readonly op: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }
  | { readonly op: 'id'; readonly ids: readonly string[] }
  /** Last change in [low, high], milliseconds, either end open when undefined. */
  | { readonly op: 'updated'; readonly low?: number | undefined; readonly high?: number | undefined }
  /** `system` undefined: any system; null: only codes without a system. `code` undefined: any code of the system. */
  | { readonly op: 'token'; readonly param: string; readonly within?: string | undefined; readonly system?: string | null | undefined; readonly code?: string | undefined }
  | { readonly op: 'string'; readonly param: string; readonly within?: string | undefined; readonly match: StringMatch; readonly text: string }
  | RangePredicate
  | { readonly op: 'reference'; readonly param: string; readonly within?: string | undefined; readonly targets: readonly string[] }
  /** A reference of `param` leads to a current resource of one of `types` that satisfies `where`, or to a contained one that does. */
  | { readonly op: 'chain'; readonly param: string; readonly types: readonly string[]; readonly where: Predicate }
  /** A current resource of `type` that satisfies `where` refers here by its `param`. */
  | { readonly op: 'has'; readonly type: string; readonly param: string; readonly where?: Predicate | undefined }
  /** It contains a resource of `type` that satisfies `where`: all of it holds of one contained resource. Nothing refers to such a resource from outside. */
  | { readonly op: 'contained'; readonly type: string; readonly where?: Predicate | undefined }
  /** No entry of `param`, which is of this kind. */
  | { readonly op: 'missing'; readonly param: string; readonly kind: ValueEntry['kind'] }
  /** A reference of `param` leads to a resource of this type of this server, be it there or not. */
  | { readonly op: 'refers'; readonly param: string; readonly type: string }
  /** Only resources of these types, within a plan of several types. */
  | { readonly op: 'type'; readonly types: readonly string[] }
  /** Words of the narrative, or of any one text of the resource, in this order; the last may go on (fhir/resource-text). */
  | { readonly op: 'text'; readonly part: TextPart; readonly words: string }
  /** A position, `near:latitude` and `near:longitude`, at most so many metres from the point (core/earth). */
  | { readonly op: 'near'; readonly latitude: number; readonly longitude: number; readonly metres: number }
  | { readonly op: 'uri'; readonly param: string; readonly within?: string | undefined; readonly match: 'exact' | 'below' | 'above'; readonly uri: string };

/** `exact` compares the text as sent, the others compare folded text. */
export type StringMatch = 'prefix' | 'exact' | 'contains' | 'equals' | 'ends';

/**
 * Compares an indexed interval [l, h] with the interval of the search value [low, high]:
 * `within` low <= l and h <= high (eq); `overlaps` h >= low and l <= high (ap, and gt/lt/ge/le with one end open);
 * `after` l > high (sa); `before` h < low (eb).
 */
export interface RangePredicate {
  readonly op: 'range';
  readonly kind: 'date' | 'number' | 'quantity';
  readonly param: string;
  readonly within?: string | undefined;
  readonly unit?: string | undefined;
  readonly compare: 'within' | 'overlaps' | 'after' | 'before';
  readonly low: number;
  readonly high: number;
}

/** Where a page stopped: opaque to everyone but the engine that made it; JSON-safe. */
export type Position = readonly (string | number | null)[];

/** `_lastUpdated` and `_id` sort too, with the kinds `date` and `token`. */
export interface SortKey {
  readonly param: string;
  readonly kind: ValueEntry['kind'];
  readonly descending: boolean;
}

export interface SearchPlan {
  /** Types searched; at least one. */
  readonly types: readonly string[];
  /** Undefined: every resource of the types. */
  readonly where?: Predicate | undefined;
  /**
   * Most significant first, resources without a value last. What the keys do not tell apart comes type after type, as `types` lists
   * them, then in the order first stored; undefined: that order alone. Of several values the least counts, descending the greatest;
   * an interval stands where it begins; text is compared folded, codes and references as written, by code point.
   */
  readonly sort?: readonly SortKey[] | undefined;
  /** Matches on one page; 0 asks for none. */
  readonly count: number;
  readonly after?: Position | undefined;
}
