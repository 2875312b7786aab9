/**
 * What belongs to a patient: exactly the parameters of the R4 CompartmentDefinition (https://hl7.org/fhir/R4/compartmentdefinition-patient.html),
 * so that an Observation whose `focus` is the patient is not in it (design rule 3).
 */
import { compartmentParams } from '../fhir/definitions.js';
import { anyOf } from '../search/predicate.js';
import type { Registry, Source } from '../search/registry.js';
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
  const own = memberOf(registry, type, patients);
  return own === undefined || type !== 'Device' ? own : anyOf([own, ...sourcesOf(registry, type).map(({ param }): Predicate => ({ op: 'missing', param, kind: 'reference' }))]);
};

const sourcesOf = (registry: Registry, type: string): readonly Source[] => {
  const parameters = registry.parametersOf(type);
  return memberParams(type).flatMap((code) => parameters.get(code)?.sources ?? []);
};

/** Returns what puts a resource of the type into the compartment of any of these patients; undefined when nothing can. */
export const memberOf = (registry: Registry, type: string, patients: readonly string[]): Predicate | undefined => {
  if (type === 'Patient') return { op: 'id', ids: patients };
  const sources = sourcesOf(registry, type);
  if (sources.length === 0) return undefined;
  if (patients.length === 0) return nothing;
  const targets = references(patients);
  return anyOf(sources.map(({ param }): Predicate => ({ op: 'reference', param, targets })));
};

/** Returns the same, and for a type outside of the compartment what names them by its parameter `patient`, as a Task does. */
export const recordOf = (registry: Registry, type: string, patients: readonly string[]): Predicate | undefined => {
  const own = memberOf(registry, type, patients);
  if (own !== undefined) return own;
  const sources = registry.parametersOf(type).get('patient')?.sources ?? [];
  if (sources.length === 0) return undefined;
  const targets = references(patients);
  return patients.length === 0 ? nothing : anyOf(sources.map(({ param }): Predicate => ({ op: 'reference', param, targets })));
};

const lists = new WeakMap<readonly string[], readonly string[]>();

/** One list of references for each list of patients: it is part of what every type must satisfy. */
const references = (patients: readonly string[]): readonly string[] => {
  const list = lists.get(patients) ?? patients.map((id) => `Patient/${id}`);
  lists.set(patients, list);
  return list;
};

/** R4 leaves Device out of the compartment although a device may be a patient's; one that is nobody's is like a universal type. */
const memberParams = (type: string): readonly string[] => (type === 'Device' ? ['patient'] : compartmentParams('Patient', type));
