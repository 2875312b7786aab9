/**
 * A code system as the engine works with it (https://hl7.org/fhir/R4/codesystem.html): concepts by position, with their
 * places in the hierarchy. Positions are dense from 0 in the order of the definition.
 */
import type { ConceptProperty, Designation } from '../resource.js';

/** An attribute of a concept with the group it is in; 0 for none. */
export type GroupedRelation = readonly [group: number, attribute: string, value: string];

export interface ConceptSystem {
  readonly kind: 'concepts';
  readonly url: string;
  readonly version: string | undefined;
  readonly name: string;
  /** Whether every code there is stands here; otherwise absence proves nothing. */
  readonly isComplete: boolean;
  readonly caseSensitive: boolean;
  readonly size: number;
  /** Position of a code; -1 when it is not here. */
  find(code: string): number;
  code(at: number): string;
  display(at: number): string | undefined;
  definition(at: number): string | undefined;
  designations(at: number): readonly Designation[];
  properties(at: number): readonly ConceptProperty[];
  /** No longer valid; may be in old data. */
  isInactive(at: number): boolean;
  /** There to group others, not to be used in data. */
  isAbstract(at: number): boolean;
  parents(at: number): Iterable<number>;
  children(at: number): Iterable<number>;
  /** Whether the definition declares the property, so that asking for it makes sense. */
  hasProperty(property: string): boolean;
  /** Positions of the concepts with this value of a property, in order; undefined where there is no index of it. */
  withValue(property: string, value: string): Iterable<number> | undefined;
  /** Each value of a property with its concepts; undefined where there is no index of it. */
  values(property: string): Iterable<readonly [value: string, positions: Iterable<number>]> | undefined;
  /** Attributes by groups, as SNOMED CT has them; undefined where they are not known. */
  readonly groups?: ((at: number) => readonly GroupedRelation[]) | undefined;
}

/** A code system whose codes follow a grammar: they cannot be listed. */
export interface GrammarSystem {
  readonly kind: 'grammar';
  readonly url: string;
  readonly version: string | undefined;
  readonly name: string;
  readonly isValid: (code: string) => boolean;
  /** Returns the display; undefined when there is none. */
  readonly displayOf: (code: string, language?: string) => string | undefined;
  /** Parts that a code may have, for filters by `exists`, and which of them a code has. */
  readonly parts?: { readonly names: ReadonlySet<string>; readonly of: (code: string) => ReadonlySet<string> } | undefined;
  /** What a code looks like, for messages. */
  readonly form: string;
}

export type AnySystem = ConceptSystem | GrammarSystem;

/** Returns the value of a concept property as the text that filters compare. */
export const propertyText = (property: ConceptProperty): string => {
  const coding = property['valueCoding'] as { readonly code?: string } | undefined;
  if (coding !== undefined) return coding.code ?? '';
  const value = property['valueCode'] ?? property['valueString'] ?? property['valueInteger'] ?? property['valueBoolean'] ?? property['valueDateTime'] ?? property['valueDecimal'];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
};
