/** Every element of a resource with its definition: where mutations are made. */
import { elementsOf, isResourceType, type NamedElement } from '../../../../src/fhir/definitions.js';
import type { Json } from '../../../fixture/generate-resource.js';

export interface Place {
  readonly parent: Json;
  readonly key: string;
  readonly element: NamedElement;
  /** As a finding names it, indexes included; `at` is of the first item. */
  readonly at: string;
  /** Of the element without the index of its items. */
  readonly path: string;
  readonly depth: number;
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function* under(parent: Json, type: string, { at, depth }: { readonly at: string; readonly depth: number }): Generator<Place> {
  const elements = elementsOf(type);
  for (const [key, value] of Object.entries(parent)) {
    const element = elements.get(key);
    if (element === undefined) continue;
    const path = `${at}.${element.name}`;
    const own = element.max > 1 ? `${path}[0]` : path;
    yield { parent, key, element, at: own, path, depth };
    const [first] = Array.isArray(value) ? (value as unknown[]) : [value];
    if (!isObject(first)) continue;
    const inside = typeof first['resourceType'] === 'string' && isResourceType(first['resourceType']) ? first['resourceType'] : element.children;
    if (inside !== undefined) yield* under(first, inside, { at: own, depth: depth + 1 });
  }
}

/** Returns the elements of a resource, the first item of each list. */
export const placesOf = (resource: Json): Place[] => [...under(resource, String(resource['resourceType']), { at: String(resource['resourceType']), depth: 0 })];

export const isPrimitive = ({ element }: Place): boolean => element.children === undefined && element.type?.code !== 'Resource';
export const typeOf = ({ element }: Place): string => element.type?.code ?? '';
/** The first item of a list, the value itself otherwise. */
export const first = ({ parent, key }: Place): unknown => (Array.isArray(parent[key]) ? (parent[key] as unknown[])[0] : parent[key]);
export const setFirst = ({ parent, key }: Place, value: unknown): void => {
  if (Array.isArray(parent[key])) (parent[key] as unknown[])[0] = value;
  else parent[key] = value;
};
