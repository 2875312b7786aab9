/**
 * What is read of the terminology resources (https://hl7.org/fhir/R4/terminology-module.html). They come as JSON that has
 * passed the structure checks, or from published packages.
 */
export interface Designation {
  readonly language?: string | undefined;
  readonly use?: Coding | undefined;
  readonly value: string;
}

export interface Coding {
  readonly system?: string | undefined;
  readonly version?: string | undefined;
  readonly code?: string | undefined;
  readonly display?: string | undefined;
}

/** A property of a concept: `valueCode`, `valueString`, `valueCoding`, `valueInteger`, `valueBoolean`, `valueDateTime` or `valueDecimal`. */
export type ConceptProperty = Readonly<Record<string, unknown>> & { readonly code: string };

export interface SystemConcept {
  readonly code: string;
  readonly display?: string | undefined;
  readonly definition?: string | undefined;
  readonly designation?: readonly Designation[] | undefined;
  readonly property?: readonly ConceptProperty[] | undefined;
  readonly concept?: readonly SystemConcept[] | undefined;
}

interface Canonical {
  readonly id?: string | undefined;
  readonly url?: string | undefined;
  readonly version?: string | undefined;
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly status?: string | undefined;
  readonly language?: string | undefined;
}

/** https://hl7.org/fhir/R4/codesystem.html */
export interface CodeSystem extends Canonical {
  readonly resourceType: 'CodeSystem';
  readonly caseSensitive?: boolean | undefined;
  readonly hierarchyMeaning?: string | undefined;
  readonly valueSet?: string | undefined;
  readonly content: string;
  readonly supplements?: string | undefined;
  readonly property?: readonly { readonly code: string; readonly uri?: string | undefined; readonly type?: string | undefined }[] | undefined;
  readonly concept?: readonly SystemConcept[] | undefined;
}

export interface SetFilter {
  readonly property: string;
  readonly op: string;
  readonly value: string;
}

export interface SetConcept {
  readonly code: string;
  readonly display?: string | undefined;
  readonly designation?: readonly Designation[] | undefined;
}

export interface SetInclude {
  readonly system?: string | undefined;
  readonly version?: string | undefined;
  readonly concept?: readonly SetConcept[] | undefined;
  readonly filter?: readonly SetFilter[] | undefined;
  readonly valueSet?: readonly string[] | undefined;
}

export interface ExpansionContains extends Coding {
  readonly abstract?: boolean | undefined;
  readonly inactive?: boolean | undefined;
  readonly designation?: readonly Designation[] | undefined;
  readonly contains?: readonly ExpansionContains[] | undefined;
}

/** https://hl7.org/fhir/R4/valueset.html */
export interface ValueSet extends Canonical {
  readonly resourceType: 'ValueSet';
  readonly compose?: {
    readonly inactive?: boolean | undefined;
    readonly lockedDate?: string | undefined;
    readonly include: readonly SetInclude[];
    readonly exclude?: readonly SetInclude[] | undefined;
  } | undefined;
  readonly expansion?: { readonly contains?: readonly ExpansionContains[] | undefined } | undefined;
}

export interface MapTarget {
  readonly code?: string | undefined;
  readonly display?: string | undefined;
  readonly equivalence: string;
  readonly comment?: string | undefined;
  readonly dependsOn?: readonly MapDependency[] | undefined;
  readonly product?: readonly MapDependency[] | undefined;
}

export interface MapDependency {
  readonly property: string;
  readonly system?: string | undefined;
  readonly value: string;
  readonly display?: string | undefined;
}

export interface MapGroup {
  readonly source?: string | undefined;
  readonly sourceVersion?: string | undefined;
  readonly target?: string | undefined;
  readonly targetVersion?: string | undefined;
  readonly element: readonly { readonly code?: string | undefined; readonly target?: readonly MapTarget[] | undefined }[];
  readonly unmapped?: { readonly mode: string; readonly code?: string | undefined; readonly display?: string | undefined; readonly url?: string | undefined } | undefined;
}

/** https://hl7.org/fhir/R4/conceptmap.html */
export interface ConceptMap extends Canonical {
  readonly resourceType: 'ConceptMap';
  readonly sourceUri?: string | undefined;
  readonly sourceCanonical?: string | undefined;
  readonly targetUri?: string | undefined;
  readonly targetCanonical?: string | undefined;
  readonly group?: readonly MapGroup[] | undefined;
}

export interface TerminologyResources {
  readonly CodeSystem: CodeSystem;
  readonly ValueSet: ValueSet;
  readonly ConceptMap: ConceptMap;
}
export type TerminologyType = keyof TerminologyResources;

/** Returns whether a code system with this `content` defines concepts of its own. */
export const hasConcepts = (content: string): boolean => content !== 'not-present' && content !== 'supplement';

/** Returns the two halves of a canonical `url|version`. */
export const splitCanonical = (canonical: string): { readonly url: string; readonly version: string | undefined } => {
  const bar = canonical.lastIndexOf('|');
  if (bar < 0) return { url: canonical, version: undefined };
  const version = canonical.slice(bar + 1);
  return { url: canonical.slice(0, bar), version: version === '' ? undefined : version };
};
