/** References and codings: what they point to, held against what the element allows (https://hl7.org/fhir/R4/references.html). */
import type { NamedElement } from '../../fhir/definitions.js';
import { requiredSet } from '../binding.js';
import { codes, concept, isObject, namedType, target, type JsonObject } from '../checks.js';
import { refuse, show, some, type Report } from './report.js';

/** Checks the target type of a Reference. */
export const checkTarget = (report: Report, at: string, { value, element }: { readonly value: JsonObject; readonly element: NamedElement }): void => {
  const targets = element.type?.targets ?? [];
  if (element.type?.code !== 'Reference' || targets.length === 0 || target(value, new Set(targets))) return;
  refuse(report, at, { code: 'structure', text: `may not refer to ${namedType(value) ?? ''}; allowed: ${some(targets)}` });
};

/** Checks that a CodeableConcept has a coding of a required value set. */
export const checkConcept = (report: Report, at: string, { value, element }: { readonly value: JsonObject; readonly element: NamedElement }): void => {
  const valueSet = element.type?.code === 'CodeableConcept' ? requiredSet(element) : undefined;
  if (valueSet === undefined || concept(value, codes(valueSet))) return;
  const given = Array.isArray(value['coding']) ? value['coding'].map((one: unknown) => (isObject(one) ? show(`${String(one['system'])}|${String(one['code'])}`) : show(one))).join(', ') : 'no coding';
  const allowed = [...codes(valueSet)].filter((one) => one.includes('|'));
  refuse(report, at, { code: 'code-invalid', text: `has ${given}, but needs a coding of ${valueSet}; allowed: ${some(allowed)}` });
};
