/** Security labels in `meta.security`, and which of them hide a resource (https://hl7.org/fhir/R4/security-labels.html). */
import { anyOf } from '../search/predicate.js';
import type { Predicate } from '../store/plan.js';

/** From unrestricted to very restricted; a resource without one counts as normal. */
export const levels: readonly string[] = ['U', 'L', 'M', 'N', 'R', 'V'];

/** Where they come from, in this release of the terminology and the one before. */
export const levelSystems: readonly string[] = ['http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'http://hl7.org/fhir/v3/Confidentiality'];

/** Codes of v3-ActCode that say what is sensitive in a resource, and the laws that protect it. */
export const sensitivities = [
  'ETH', 'ETHUD', 'OPIOIDUD', 'SUD', 'PSY', 'PSYTHPN', 'MH', 'BH', 'COGN', 'DVD', 'EMOTDIS', 'HIV', 'STD', 'SDV', 'VIO', 'MST', 'SEX', 'GDIS', 'SCA', 'SICKLE',
  'SPI', 'TBOO', 'TABOO', 'ADOL', 'CEL', 'DIA', 'DRGIS', 'EMP', 'PDS', 'PHY', 'PRS', '42CFRPart2', 'HIPAAPsyNotes', 'Title38Section7332',
] as const;

export type Sensitivity = typeof sensitivities[number];

/** Codes that forbid to show a resource to whom it is about or who acts for them. */
export const notForPatient = 'NOPAT';

/** Which labels a viewer may see. */
export interface Clearance {
  /** The highest level of confidentiality. */
  readonly level: 'N' | 'R' | 'V';
  /** Sensitive matters; `all` of them, or those named. */
  readonly sensitive: 'all' | readonly Sensitivity[];
  /** Whether NOPAT hides a resource. */
  readonly isPatientSide: boolean;
}

/** What is defined for everyone is no secret: labels of these hide nothing, so that their meaning is the same for all. */
export const definedForAll: ReadonlySet<string> = new Set(['CapabilityStatement', 'CodeSystem', 'CompartmentDefinition', 'ConceptMap', 'NamingSystem', 'OperationDefinition', 'SearchParameter', 'StructureDefinition', 'ValueSet']);

const token = (code: string, system?: string | null): Predicate => ({ op: 'token', param: '_security', system, code });

/** Returns which resources of any type are labelled beyond the clearance; undefined when none is. A sensitive code counts in whatever system it is. */
export const beyondClearance = ({ level, sensitive, isPatientSide }: Clearance): Predicate | undefined => {
  const above = levels.slice(levels.indexOf(level) + 1);
  const secret = sensitive === 'all' ? [] : sensitivities.filter((code) => !sensitive.includes(code));
  const hidden = [
    ...above.flatMap((code) => [...levelSystems, null].map((system) => token(code, system))),
    ...[...secret, ...(isPatientSide ? [notForPatient] : [])].map((code) => token(code)),
  ];
  return hidden.length === 0 ? undefined : anyOf(hidden);
};
