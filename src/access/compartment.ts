/**
 * What belongs to a patient: exactly the parameters of the R4 CompartmentDefinition (https://hl7.org/fhir/R4/compartmentdefinition-patient.html),
 * so that an Observation whose `focus` is the patient is not in it (design rule 3).
 */
import { compartmentParams } from '../fhir/definitions.js';
import { anyOf } from '../search/predicate.js';
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';

/** What no resource satisfies. */
export const nothing: Predicate = { op: 'id', ids: [] };

/** Types without a patient that a patient may read where a scope says so: who cares for them, where, and with which medicine. */
export const universalTypes: ReadonlySet<string> = new Set(['Location', 'Organization', 'Practitioner', 'PractitionerRole', 'Medication']);

/**
 * Returns what makes a resource of the type one of these patients' own; undefined when no resource of the type can be.
 * Another Patient that links to this one is another person's record until someone has merged them: `link` does not count.
 */
export const ownedBy = (registry: Registry, type: string, patients: readonly string[]): Predicate | undefined => {
  if (type === 'Patient') return { op: 'id', ids: patients };
  const parameters = registry.parametersOf(type);
  const sources = memberParams(type).flatMap((code) => parameters.get(code)?.sources ?? []);
  if (sources.length === 0) return undefined;
  if (patients.length === 0 && type !== 'Device') return nothing;
  const targets = patients.map((id) => `Patient/${id}`);
  const own = anyOf(sources.map(({ param }): Predicate => ({ op: 'reference', param, targets })));
  return type === 'Device' ? anyOf([own, ...sources.map(({ param }): Predicate => ({ op: 'missing', param, kind: 'reference' }))]) : own;
};

/** R4 leaves Device out of the compartment although a device may be a patient's; one that is nobody's is like a universal type. */
const memberParams = (type: string): readonly string[] => (type === 'Device' ? ['patient'] : compartmentParams('Patient', type));
