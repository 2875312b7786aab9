/** What belongs to a compartment (https://hl7.org/fhir/R4/compartmentdefinition.html): the resources that refer to its focus by the parameters R4 names. */
import { compartmentParams, compartmentTypes, resourceTypes } from '../fhir/definitions.js';
import type { ResourceKey } from '../store/resource.js';
import type { Predicate } from '../store/plan.js';
import { anyOf, perType } from './predicate.js';
import type { Registry } from './registry.js';

/** Returns the types that can have members in a compartment, the type of its focus among them; empty: there is no such compartment. */
export const memberTypes = (compartment: string): string[] =>
  compartmentTypes().includes(compartment) ? resourceTypes.filter((type) => type === compartment || compartmentParams(compartment, type).length > 0) : [];

/** Returns what makes resources of these types members of the compartment of `focus`; each must be one of its `memberTypes`. */
export const inCompartment = (registry: Registry, focus: ResourceKey, types: readonly string[]): Predicate =>
  perType(types, (type) => {
    const parameters = registry.parametersOf(type);
    const sources = compartmentParams(focus.type, type).flatMap((code) => parameters.get(code)?.sources ?? []);
    const params = [...new Set(sources.map(({ param }) => param))];
    const referring = params.map((param): Predicate => ({ op: 'reference', param, targets: [`${focus.type}/${focus.id}`] }));
    return anyOf([...(type === focus.type ? [{ op: 'id' as const, ids: [focus.id] }] : []), ...referring]);
  });
