/**
 * What a search parameter extracts from a resource, in the words of https://hl7.org/fhir/R4/search.html.
 * Engines decide how entries become rows; nothing here knows of any engine.
 *
 * `within` narrows an entry of a composite parameter: the canonical text of its other components
 * (`code-value-quantity` gives a quantity entry within `http://loinc.org|8480-6`).
 */
interface Entry {
  /** Code of the search parameter, `identifier`; variants carry a suffix: `identifier:of-type`. */
  readonly param: string;
  readonly within?: string | undefined;
}

export interface TokenEntry extends Entry {
  readonly kind: 'token';
  /** Undefined where the element has none, which a search for `|code` asks for. */
  readonly system?: string | undefined;
  readonly code?: string | undefined;
}

export interface StringEntry extends Entry {
  readonly kind: 'string';
  /** As sent, for `:exact`. */
  readonly text: string;
  /** Case- and accent-folded, punctuation left out, white space collapsed. */
  readonly folded: string;
}

/** An interval of numbers; an instant is milliseconds since 1970, both ends inclusive. */
export interface RangeEntry extends Entry {
  readonly kind: 'date' | 'number';
  readonly low: number;
  readonly high: number;
}

export interface QuantityEntry extends Entry {
  readonly kind: 'quantity';
  readonly low: number;
  readonly high: number;
  /** `system|code`, `|unit` or empty; canonical UCUM where it could be converted, beside the one as sent. */
  readonly unit: string;
}

export interface ReferenceEntry extends Entry {
  readonly kind: 'reference';
  /** `Type/id` for a resource of this server, `#id` for a contained one, else the absolute URL; never a version. */
  readonly target: string;
}

export interface UriEntry extends Entry {
  readonly kind: 'uri';
  readonly uri: string;
}

/** An entry of one value. */
export type ValueEntry = TokenEntry | StringEntry | RangeEntry | QuantityEntry | ReferenceEntry | UriEntry;

/** A contained resource with entries of its own: they count where contained resources are asked for, and nowhere else. */
export interface ContainedEntry {
  readonly kind: 'contained';
  readonly param: 'contained';
  readonly within?: undefined;
  readonly type: string;
  /** What `#id` refers to; empty when it has none. */
  readonly id: string;
  readonly entries: readonly ValueEntry[];
}

export type IndexEntry = ValueEntry | ContainedEntry;
