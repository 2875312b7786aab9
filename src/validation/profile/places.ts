/** The resources inside of a resource that are validated for themselves: contained ones, entries of a Bundle, those in Parameters. */
import { isObject, type JsonObject } from '../checks.js';

export interface ResourcePlace {
  readonly resource: JsonObject;
  readonly at: string;
  /** What contains it; itself when it is not contained. */
  readonly container: JsonObject;
  /** Whether it is the one validation was asked for. */
  readonly isWhole: boolean;
  /** Resources of the Bundle it is in, by what refers to them. */
  readonly entries: () => ReadonlyMap<string, JsonObject>;
}

const noEntries: ReadonlyMap<string, JsonObject> = new Map();

/** Returns the resource and those inside of it. */
export const placesIn = (resource: JsonObject): ResourcePlace[] =>
  placesUnder({ resource, at: String(resource['resourceType']), container: resource, isWhole: true, entries: () => noEntries });

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

const placesUnder = (place: ResourcePlace): ResourcePlace[] => {
  const { resource, at, entries } = place;
  const contained = listOf(resource['contained']).flatMap((one, index) => (isObject(one) ? [{ ...place, resource: one, at: `${at}.contained[${String(index)}]`, isWhole: false }] : []));
  const inside = (name: 'entry' | 'parameter', shared: ResourcePlace['entries']): ResourcePlace[] =>
    listOf(resource[name]).flatMap((one, index) => {
      const inner = isObject(one) ? one['resource'] : undefined;
      return isObject(inner) ? placesUnder({ resource: inner, at: `${at}.${name}[${String(index)}].resource`, container: inner, isWhole: false, entries: shared }) : [];
    });
  const isBundle = resource['resourceType'] === 'Bundle';
  return [place, ...contained, ...(isBundle ? inside('entry', makeEntries(resource)) : []), ...(resource['resourceType'] === 'Parameters' ? inside('parameter', entries) : [])];
};

/** Entries by fullUrl and by type and id, listed when first asked for. */
const makeEntries = (bundle: JsonObject): ResourcePlace['entries'] => {
  let made: Map<string, JsonObject> | undefined;
  return () => (made ??= new Map(listOf(bundle['entry']).flatMap((entry) => {
    const resource = isObject(entry) ? entry['resource'] : undefined;
    if (!isObject(entry) || !isObject(resource)) return [];
    const names = [entry['fullUrl'], typeof resource['id'] === 'string' ? `${String(resource['resourceType'])}/${resource['id']}` : undefined];
    return names.flatMap((name): [string, JsonObject][] => (typeof name === 'string' ? [[name, resource]] : []));
  })));
};
