/**
 * What each search parameter type answers (https://hl7.org/fhir/R4/search.html#ptypes): what is indexed of a value, what
 * a search value asks for, and whether entries satisfy it.
 */
import type { PathNode, PathRun } from '../../fhir/path/compile.js';
import type { IndexEntry, ValueEntry } from '../../store/index-entry.js';
import type { Predicate } from '../../store/plan.js';
import type { ResolveCodes } from '../codes.js';
import type { ResolveHierarchy } from '../parts.js';

/** Where entries of one parameter go while a resource is walked. */
export interface Into extends PathRun {
  /** Code the entries carry. */
  param: string;
  readonly entries: ValueEntry[];
  /** References to this base are local; empty: none is known. */
  readonly baseUrl: string;
}

/** Adds the entries of one value; a misshapen value adds none. */
export type Index = (value: unknown, into: Into) => void;

/** What the elements of a parameter allow a search to do: `:below` by the version of a canonical or by the base of a media type, no difference of case; `by-url`: they name their targets by canonical URLs alone. */
export type Trait = 'canonical' | 'media-type' | 'caseless' | 'by-url';

/** What is asked of one value of a search, modifiers that all types share (`missing`, `not`) aside. */
export interface Asked {
  /** Code the entries carry. */
  readonly param: string;
  /** As the client wrote it, for messages. */
  readonly name: string;
  readonly modifier?: string | undefined;
  /** Entries of a composite: the canonical text of the other components. */
  readonly within?: string | undefined;
  /** Types a reference may point to. */
  readonly targets: readonly string[];
  /** Systems that the bare codes of this parameter belong to. */
  readonly systems: ReadonlySet<string>;
  readonly traits?: ReadonlySet<Trait> | undefined;
  readonly baseUrl: string;
  /** Milliseconds since 1970: `ap` widens dates by their distance from it. */
  readonly now?: number | undefined;
  /** Undefined where sets of codes cannot be asked for. */
  readonly codes?: ResolveCodes | undefined;
  /** Of a reference: types among its targets that are parts of one another, and what finds those; undefined where they cannot be asked for. */
  readonly hierarchical?: readonly string[] | undefined;
  readonly hierarchy?: ResolveHierarchy | undefined;
}

export interface ParamType {
  readonly kind: ValueEntry['kind'];
  /** Modifiers this type defines beside `missing`. */
  readonly modifiers: readonly string[];
  /** Returns how values of a FHIR type are indexed; undefined for types this one cannot use. */
  readonly indexer: (node: PathNode) => Index | undefined;
  /** Returns what one search value asks for; `text` is one part of a comma list, escapes still in it. Throws a FhirError. */
  readonly compile: (text: string, asked: Asked) => Predicate;
  /** Returns whether one of the entries satisfies a predicate that `compile` made. */
  readonly matches: (entries: readonly IndexEntry[], predicate: Predicate) => boolean;
}

/** Returns the members of a JSON object; none for anything else. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : noMembers;
const noMembers: Readonly<Record<string, unknown>> = Object.freeze({});

/** Returns the value when it is text that is not empty. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Returns the items of a JSON array, a lone value as one item, none for nothing. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? noItems : [value]);
const noItems: readonly unknown[] = Object.freeze([]);

/** Returns an index that takes `value[x]` of an extension and indexes it as what it is. */
export const valueOfExtension = (indexer: (type: string) => Index | undefined): Index => (value, into) => {
  for (const [key, inner] of Object.entries(membersOf(value))) {
    if (!key.startsWith('value')) continue;
    const name = key.slice('value'.length);
    (indexer(name) ?? indexer(name.charAt(0).toLowerCase() + name.slice(1)))?.(inner, into);
  }
};

/** Returns a `matches` of a type whose predicates are combined with and, or and not around a test of one entry. */
export const matcher = (test: (entry: IndexEntry, predicate: Predicate) => boolean): ParamType['matches'] => {
  const matches: ParamType['matches'] = (entries, predicate) => {
    switch (predicate.op) {
      case 'and':
        return predicate.of.every((part) => matches(entries, part));
      case 'or':
        return predicate.of.some((part) => matches(entries, part));
      case 'not':
        return !matches(entries, predicate.of);
      case 'missing':
        return !entries.some(({ param }) => param === predicate.param);
      case 'token':
      case 'string':
      case 'range':
      case 'reference':
      case 'uri':
        return entries.some((entry) => entry.param === predicate.param && entry.within === predicate.within && test(entry, predicate));
      default:
        return false;
    }
  };
  return matches;
};
