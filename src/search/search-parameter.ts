/** A search parameter as searches and extraction use it (https://hl7.org/fhir/R4/searchparameter.html). */
import type { ValueEntry } from '../store/index-entry.js';
import type { ComponentType } from './param/composite.js';
import type { Trait } from './param/param-type.js';

/** Where the entries of a parameter stand. */
export interface Source {
  /** Code the entries carry. */
  readonly param: string;
  /** Only references to this type count. */
  readonly only?: string | undefined;
}

export interface SearchParameter {
  readonly code: string;
  readonly url: string;
  readonly type: 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';
  /** Types a reference may point to; empty: any. */
  readonly targets: readonly string[];
  /** Whether a search can use it; the CapabilityStatement names no other. */
  readonly searchable: boolean;
  /** What its entries are; those of a composite are of its main component. */
  readonly kind: ValueEntry['kind'];
  /** Itself, or the parameters whose entries it shares: `patient` is `subject` with patients only, `combo-code` is `code` and `component-code`. */
  readonly sources: readonly Source[];
  /** Of a composite, in the order of the value. */
  readonly components: readonly ComponentType[];
  /** Of a parameter of one's own that not all resources are indexed by yet: how far that is, in words. No search uses it. */
  readonly pending?: { readonly progress: string } | undefined;
  /** Systems that codes without a system belong to by the binding of their element. */
  readonly systems: ReadonlySet<string>;
  readonly traits: ReadonlySet<Trait>;
}
