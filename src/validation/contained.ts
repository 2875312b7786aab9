/** Contained resources (https://hl7.org/fhir/R4/references.html#contained): dom-2 to dom-5, and references by `#`. */
import { isObject, type JsonObject } from './checks.js';

/** A value that begins with `#`, in a Reference or in a uri, url or canonical. */
export interface Fragment {
  readonly text: string;
  readonly isReference: boolean;
  /** Whether it stands in a contained resource. */
  readonly isInside: boolean;
}

/** What is met on the way through one resource and judged at its end. */
export interface Scope {
  fragments: Fragment[];
  isContained: boolean;
}

/** Returns whether the references by `#` and the contained resources of a resource belong together. */
export const checkContained = (resource: JsonObject, fragments: readonly Fragment[]): boolean => {
  const { contained } = resource;
  if (contained === undefined && fragments.length === 0) return true;
  const ids = idsOf(contained);
  const used = new Set(fragments.map(({ text }) => text));
  return fragments.every((fragment) => isResolved(fragment, ids)) && (!Array.isArray(contained) || contained.every((one: unknown) => isWelcome(one, used)));
};

const known = new WeakMap<JsonObject, ReadonlyMap<unknown, JsonObject>>();

/** Returns the contained resources by id, listed once: each of many references may ask. */
export const containedOf = (resource: JsonObject): ReadonlyMap<unknown, JsonObject> => {
  const { contained } = resource;
  const made = known.get(resource) ?? new Map((Array.isArray(contained) ? contained : []).filter(isObject).reverse().map((one) => [one['id'], one] as const));
  known.set(resource, made);
  return made;
};

/** Returns the ids of contained resources. */
export const idsOf = (contained: unknown): ReadonlySet<unknown> =>
  new Set(Array.isArray(contained) ? contained.map((one: unknown) => (isObject(one) ? one['id'] : undefined)) : []);

/** Returns whether a Reference by `#` finds its target; `#` alone is the container, seen from inside (ref-1). */
export const isResolved = ({ text, isReference, isInside }: Fragment, ids: ReadonlySet<unknown>): boolean =>
  !isReference || (text === '#' ? isInside : ids.has(text.slice(1)));

const isWelcome = (one: unknown, used: ReadonlySet<string>): boolean => isObject(one) && isUsed(one, used) && forbiddenMeta(one) === undefined;

/** Returns whether a contained resource is among those referred to (`#id`), or refers to its container (dom-3). */
export const isUsed = (contained: JsonObject, used: ReadonlySet<string>): boolean => {
  const { id } = contained;
  return typeof id === 'string' && (used.has(`#${id}`) || refersToContainer(contained));
};

const refersToContainer = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(refersToContainer);
  return isObject(value) && Object.values(value).some((member) => member === '#' || refersToContainer(member));
};

/** Returns the member of `meta` that a contained resource must not have (dom-4, dom-5). */
export const forbiddenMeta = ({ meta }: JsonObject): string | undefined =>
  isObject(meta) ? ['versionId', 'lastUpdated', 'security'].find((name) => meta[name] !== undefined) : undefined;
