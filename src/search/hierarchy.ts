/** Resources that are parts of one another, for `:above` and `:below` of references (https://hl7.org/fhir/R4/search.html#hierarchy). */
import { resourceTypes } from '../fhir/definitions.js';
import type { Registry, SearchParameter } from './registry.js';

/** Returns the parameter by which resources of a type are parts of others of that type; undefined when they are not. */
export const partOf = (registry: Registry, type: string): SearchParameter | undefined => {
  const parameters = registry.parametersOf(type);
  const found = parameters.get('partof') ?? parameters.get('part-of');
  return found?.type === 'reference' && found.targets.includes(type) ? found : undefined;
};

/** Returns those of the types whose resources are parts of one another; no types stand for all. */
export const hierarchicalOf = (registry: Registry, types: readonly string[]): readonly string[] =>
  (types.length === 0 ? resourceTypes : types).filter((type) => partOf(registry, type) !== undefined);
