/** Sets of codes that a search asks for: `:in`, `:not-in`, `:above`, `:below` (https://hl7.org/fhir/R4/search.html#token). */
import type { SystemCode, Terminology } from '../terminology/port.js';

export type CodesAsked =
  /** Members of a value set: its canonical URL, or `ValueSet/id`. */
  | { readonly kind: 'in'; readonly valueSet: string }
  /** A code and what it subsumes, or what subsumes it. */
  | { readonly kind: 'below' | 'above'; readonly system: string; readonly code: string };

/** Returns the codes; `name` is the parameter as written, for what is thrown: `invalid-parameter` or `too-costly`. */
export type ResolveCodes = (asked: CodesAsked, name: string) => readonly SystemCode[];

/** What search needs of terminology. */
export type CodeSource = Pick<Terminology, 'codesFor' | 'related'>;
