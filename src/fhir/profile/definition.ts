/** A profile as it is kept: what a StructureDefinition says of elements, without its prose (https://hl7.org/fhir/R4/profiling.html). */
export interface ProfileType {
  readonly code: string;
  /** Canonical URLs of profiles that the value must meet one of. */
  readonly profiles?: readonly string[];
  /** Canonical URLs of profiles that the target of a reference must meet one of. */
  readonly targets?: readonly string[];
}

export interface Discriminator {
  readonly type: 'value' | 'pattern' | 'exists' | 'type' | 'profile' | 'position';
  /** A restricted FHIRPath from the sliced element. */
  readonly path: string;
}

export interface Slicing {
  readonly discriminators: readonly Discriminator[];
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  readonly ordered: boolean;
}

export interface ProfileConstraint {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly human: string;
  readonly expression: string;
}

export interface ProfileElement {
  /** `Observation.component:systolic.value[x]` */
  readonly id: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly min?: number;
  /** -1 for `*`. */
  readonly max?: number;
  readonly types?: readonly ProfileType[];
  /** Id of the element whose content this one has. */
  readonly content?: string;
  readonly binding?: { readonly strength: string; readonly valueSet: string };
  readonly fixed?: unknown;
  readonly pattern?: unknown;
  readonly slicing?: Slicing;
  readonly constraints?: readonly ProfileConstraint[];
  readonly mustSupport?: boolean;
  readonly maxLength?: number;
  readonly least?: string | number;
  readonly most?: string | number;
}

export interface Profile {
  readonly url: string;
  readonly version?: string;
  /** Told when it is not `active`. */
  readonly status?: string;
  readonly name: string;
  /** The type it constrains. */
  readonly type: string;
  /** Canonical URL of what it is derived from. */
  readonly base: string;
  /** Where an extension may stand: `element Patient`, `extension http://...`, `fhirpath ...`. */
  readonly contexts?: readonly string[];
  readonly modifier?: boolean;
  /** All elements; those of the differential alone until a snapshot is made. */
  readonly elements: readonly ProfileElement[];
  readonly isSnapshot: boolean;
  /** `name#version` of the package it comes from; undefined for FHIR itself. */
  readonly guide?: string;
}

/** Returns a canonical URL and its version apart. */
export const splitCanonical = (canonical: string): { readonly url: string; readonly version: string | undefined } => {
  const [url = '', version] = canonical.split('|', 2);
  return { url, version };
};

const core = 'http://hl7.org/fhir/StructureDefinition/';

/** Returns the name of a type by its canonical URL: `Patient`; undefined for anything but FHIR's own namespace. */
export const coreName = (canonical: string): string | undefined => {
  const { url } = splitCanonical(canonical);
  return url.startsWith(core) && !url.slice(core.length).includes('/') ? url.slice(core.length) : undefined;
};

export const coreUrl = (type: string): string => `${core}${type}`;
