/** Codings, references, identifiers and quantities in the few shapes the clinic uses (https://hl7.org/fhir/R4/datatypes.html). */
import { decimal, type Members } from './tree.js';

export const systems = {
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  icd10: 'http://hl7.org/fhir/sid/icd-10-cm',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  atc: 'http://www.whocc.no/atc',
  cvx: 'http://hl7.org/fhir/sid/cvx',
  ucum: 'http://unitsofmeasure.org',
  terminology: 'http://terminology.hl7.org/CodeSystem/',
  own: 'https://clinic.example.org/ids/',
} as const;

export const coding = (system: string, code: string, display: string): Members => ({ system, code, display });

/** Returns a concept whose text is the display of its first coding. */
export const concept = (...codings: readonly Members[]): Members => ({ coding: codings, text: codings[0]?.['display'] });

/** Returns a concept of a code system below terminology.hl7.org. */
export const hl7 = (system: string, code: string, display: string): Members => concept(coding(systems.terminology + system, code, display));

export const snomed = (code: string, display: string): Members => concept(coding(systems.snomed, code, display));
export const loinc = (code: string, display: string): Members => concept(coding(systems.loinc, code, display));

/** Returns an identifier of one of the clinic's own number ranges. */
export const ownIdentifier = (range: string, value: string): Members => ({ system: systems.own + range, value });

export const reference = (target: string, display?: string): Members => ({ reference: target, display });

export interface Unit {
  /** UCUM code. */
  readonly ucum: string;
  /** As people write it. */
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
}

/** Returns a quantity with the digits its unit is measured in. */
export const quantity = (value: number, { ucum, unit, digits }: Unit): Members => ({ value: decimal(value, digits), unit, system: systems.ucum, code: ucum });

