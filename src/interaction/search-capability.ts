/** What the CapabilityStatement says of search, read from the registry (https://hl7.org/fhir/R4/capabilitystatement.html): nothing in it that does not work. */
import { compartmentTypes, resourceTypes } from '../fhir/definitions.js';
import { controlParameters } from '../search/control-parameter.js';
import type { Registry, SearchParameter } from '../search/registry.js';

const searchable = (registry: Registry, type: string): SearchParameter[] =>
  [...registry.parametersOf(type).values()].filter((parameter) => parameter.searchable && parameter.pending === undefined);

/** Returns `searchParam` of a type; of `Resource`: those of every type. */
export const searchParamsOf = (registry: Registry, type: string): Record<string, unknown>[] =>
  searchable(registry, type).map(({ code, url, type: kind }) => ({ name: code, ...(url === '' ? {} : { definition: url }), type: kind }));

/** Returns `searchParam` of the whole server: what every type has, then the control parameters, which say what to do with what is found. */
export const serverSearchParams = (registry: Registry): Record<string, unknown>[] =>
  [...searchParamsOf(registry, 'Resource'), ...Object.entries(controlParameters).map(([name, { type, documentation }]) => ({ name, type, documentation }))];

const referencesOf = (registry: Registry, type: string): SearchParameter[] => searchable(registry, type).filter((parameter) => parameter.type === 'reference');

/** A parameter that may refer to this many types names none: the wild card covers it. */
const manyTypes = 100;

/** Returns `searchInclude` and `searchRevInclude` of each type; a parameter that refers to any type is listed under the wild card. */
export const includesByType = (registry: Registry): ReadonlyMap<string, Record<string, unknown>> => {
  const include = new Map<string, string[]>();
  const revInclude = new Map<string, string[]>();
  for (const type of resourceTypes) {
    const references = referencesOf(registry, type);
    include.set(type, ['*', ...references.map(({ code }) => `${type}:${code}`)]);
    for (const { code, targets } of references) {
      if (targets.length === 0 || targets.length >= manyTypes) continue;
      for (const target of targets) revInclude.set(target, [...(revInclude.get(target) ?? ['*']), `${type}:${code}`]);
    }
  }
  return new Map(resourceTypes.map((type) => [type, { searchInclude: include.get(type), searchRevInclude: revInclude.get(type) ?? ['*'] }]));
};

/** Returns the canonical URLs of the compartments that can be searched. */
export const compartmentUrls = (): string[] => compartmentTypes().map((type) => `http://hl7.org/fhir/CompartmentDefinition/${type.toLowerCase()}`);
