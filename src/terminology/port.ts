/**
 * The terminology port (https://hl7.org/fhir/R4/terminology-service.html): what validation, search and operations ask
 * about codes. What cannot be known here is said to be unknown; it never passes silently.
 */
import type { Coding, ConceptMap, ConceptProperty, Designation, MapTarget, ValueSet } from './resource.js';

/** At hand now when everything needed is in memory, else a promise. */
export type MaybePromise<T> = T | Promise<T>;

export interface CodeAsked {
  /** Canonical URL, with `|version` for one version, or the value set itself; undefined: whether the system has the code. */
  readonly valueSet?: string | ValueSet | undefined;
  /** Undefined for an element of type `code`: the value set implies the system. */
  readonly system?: string | undefined;
  /** Version of the system. */
  readonly version?: string | undefined;
  readonly code: string;
  /** Compared with the displays and designations of the concept when given. */
  readonly display?: string | undefined;
  /** Language that `display` of the answer should have. */
  readonly displayLanguage?: string | undefined;
  /** False refuses a concept that is only there to group others. */
  readonly abstract?: boolean | undefined;
}

export interface CodeCheck {
  /** `unknown`: it cannot be checked here, and `message` says why and what would help. */
  readonly result: 'in' | 'out' | 'unknown';
  readonly message?: string | undefined;
  /** The recommended display. */
  readonly display?: string | undefined;
  /** True when the code is `in` and the display that was given is none of its displays; `message` says so. */
  readonly wrongDisplay?: boolean | undefined;
  /** The system that a code without one was found in. */
  readonly system?: string | undefined;
  readonly inactive?: boolean | undefined;
}

export interface ExpandAsked {
  readonly valueSet: string | ValueSet;
  /** Words, each the beginning of a word of a display, or of the code. */
  readonly filter?: string | undefined;
  readonly offset?: number | undefined;
  /** Concepts on the page; undefined: all, which is `too-costly` beyond a bound. 0 asks for the total alone. */
  readonly count?: number | undefined;
  readonly includeDesignations?: boolean | undefined;
  /** Languages or `use` codes (`system|code`) of designations wanted; undefined: all. */
  readonly designations?: readonly string[] | undefined;
  readonly activeOnly?: boolean | undefined;
  /** Leaves out concepts that are there to group others only. */
  readonly excludeNotForUI?: boolean | undefined;
  readonly displayLanguage?: string | undefined;
  /** `system|version`: systems to leave out, versions to take where none is said, to insist on, and to take whatever is said. */
  readonly excludeSystem?: readonly string[] | undefined;
  readonly systemVersion?: readonly string[] | undefined;
  readonly checkSystemVersion?: readonly string[] | undefined;
  readonly forceSystemVersion?: readonly string[] | undefined;
}

export interface ExpandedConcept {
  readonly system: string;
  readonly version?: string | undefined;
  readonly code: string;
  readonly display?: string | undefined;
  readonly designation?: readonly Designation[] | undefined;
  readonly inactive?: boolean | undefined;
  readonly abstract?: boolean | undefined;
}

export interface Expansion {
  /** The definition, without `compose` and `expansion`. */
  readonly valueSet: Omit<ValueSet, 'compose' | 'expansion'>;
  /** Concepts over all pages. */
  readonly total: number;
  readonly offset: number;
  readonly contains: readonly ExpandedConcept[];
  /** `system|version` of each code system used. */
  readonly versions: readonly string[];
}

export interface CodeLookup {
  readonly system: string;
  readonly version?: string | undefined;
  readonly code: string;
  readonly displayLanguage?: string | undefined;
}

export interface FoundConcept {
  /** Name of the code system. */
  readonly name: string;
  readonly version?: string | undefined;
  readonly code: string;
  readonly display?: string | undefined;
  readonly definition?: string | undefined;
  readonly designation: readonly Designation[];
  readonly property: readonly ConceptProperty[];
  readonly parents: readonly Coding[];
  readonly children: readonly Coding[];
  readonly inactive: boolean;
  readonly abstract: boolean;
}

export interface SubsumesAsked {
  readonly system: string;
  readonly version?: string | undefined;
  readonly codeA: string;
  readonly codeB: string;
}
export type Subsumption = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed';

export interface TranslateAsked {
  /** Canonical URL of a concept map, or the map itself; undefined: every map that fits. */
  readonly url?: string | ConceptMap | undefined;
  readonly conceptMapVersion?: string | undefined;
  /** Value sets the code comes from and the translation is wanted in. */
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly targetSystem?: string | undefined;
  readonly system: string;
  readonly version?: string | undefined;
  readonly code: string;
  /** From target to source. */
  readonly reverse?: boolean | undefined;
}

export interface Translation {
  readonly equivalence: string;
  readonly concept: Coding;
  /** Canonical URL of the concept map. */
  readonly source: string;
  readonly product?: MapTarget['product'];
  readonly dependsOn?: MapTarget['dependsOn'];
}

/** A code with its system, as search compares it. */
export interface SystemCode {
  readonly system: string;
  readonly code: string;
}

/**
 * Every method but `validateCode` throws (or rejects with) a FhirError for what it cannot answer: `not-found` for an
 * unknown value set, code or map; `terminology-unknown` for a code system that is not loaded, with how to load it;
 * `too-costly` for more than may be listed; `invalid-value-set` for a definition that makes no sense.
 */
export interface Terminology {
  /** Whether a code is in a value set, or in its system. It throws for failures of the server only. */
  validateCode(asked: CodeAsked): MaybePromise<CodeCheck>;
  expand(asked: ExpandAsked): MaybePromise<Expansion>;
  lookup(asked: CodeLookup): MaybePromise<FoundConcept>;
  subsumes(asked: SubsumesAsked): MaybePromise<Subsumption>;
  /** No match is an empty list. */
  translate(asked: TranslateAsked): MaybePromise<readonly Translation[]>;
  /** Members of a value set, at most `limit`: more is `too-costly`. */
  codesFor(valueSet: string | ValueSet, limit: number): MaybePromise<readonly SystemCode[]>;
  /** A code and what it subsumes, or what subsumes it, at most `limit`: more is `too-costly`. */
  related(from: SystemCode, direction: 'descendants' | 'ancestors', limit: number): MaybePromise<readonly SystemCode[]>;
  /** Code systems known by what has been loaded, for the TerminologyCapabilities. */
  systems(): MaybePromise<readonly KnownSystem[]>;
}

export interface KnownSystem {
  readonly url: string;
  readonly versions: readonly string[];
}
