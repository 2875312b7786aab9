/**
 * What a guide refers to without a version is its own, where several guides define it: two versions of a guide side by side each
 * keep to their value sets (https://hl7.org/fhir/R4/references.html#canonical).
 */
import type { Profile, ProfileElement } from '../profile/definition.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Returns a canonical with its version, where it has none and the guide defines it beside others. */
export type Pin = (canonical: string) => string;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns for each guide how its references are read. `guides`: the terminology resources of each. */
export const pinsOf = (guides: readonly (readonly JsonObject[])[]): readonly Pin[] => {
  const counts = new Map<unknown, number>();
  for (const guide of guides) for (const url of new Set(guide.map((resource) => resource['url']))) counts.set(url, (counts.get(url) ?? 0) + 1);
  return guides.map((guide) => {
    const own = new Map(guide.flatMap(({ url, version }): [string, string][] => (typeof url === 'string' && typeof version === 'string' && (counts.get(url) ?? 0) > 1 ? [[url, version]] : [])));
    return (canonical) => (own.has(canonical) ? `${canonical}|${own.get(canonical) ?? ''}` : canonical);
  });
};

const pinnedInclude = (include: unknown, pin: Pin): unknown => {
  if (!isObject(include)) return include;
  const { system, version, valueSet } = include;
  const pinned = typeof system === 'string' && version === undefined ? pin(system).split('|')[1] : undefined;
  return {
    ...include, ...(pinned === undefined ? {} : { version: pinned }),
    ...(Array.isArray(valueSet) ? { valueSet: valueSet.map((one: unknown) => (typeof one === 'string' ? pin(one) : one)) } : {}),
  };
};

/** Returns a value set whose parts are read so; any other resource as it is. */
export const pinnedResource = (resource: JsonObject, pin: Pin): JsonObject => {
  const { resourceType, compose } = resource;
  if (resourceType !== 'ValueSet' || !isObject(compose)) return resource;
  const parts = (name: string): JsonObject => (Array.isArray(compose[name]) ? { [name]: (compose[name] as unknown[]).map((one) => pinnedInclude(one, pin)) } : {});
  return { ...resource, compose: { ...compose, ...parts('include'), ...parts('exclude') } };
};

/** Returns a profile whose bindings are read so. */
export const pinnedProfile = (profile: Profile, pin: Pin): Profile => ({
  ...profile,
  elements: profile.elements.map((element): ProfileElement => (element.binding === undefined ? element : { ...element, binding: { ...element.binding, valueSet: pin(element.binding.valueSet) } })),
});
