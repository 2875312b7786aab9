/** Searches among contained resources (https://hl7.org/fhir/R4/search.html#contained): what they ask of that which contains. */
import { FhirError } from '../core/error.js';
import { baseOf, resourceTypes } from '../fhir/definitions.js';
import type { ResourceKey } from '../store/resource.js';
import type { Predicate } from '../store/plan.js';
import { inCompartment, memberTypes } from './compartment.js';
import type { Controls } from './control.js';
import { anyOf } from './predicate.js';
import type { Registry } from './registry.js';

/** What a page of such a search is made of. */
export interface ContainedSearch {
  /** What is asked of each type, of a contained resource as of any other. */
  readonly wheres: ReadonlyMap<string, Predicate | undefined>;
  /** Whether resources that are not contained are found too. */
  readonly both: boolean;
  /** What is answered: the container, or the contained resource alone. */
  readonly as: 'container' | 'contained';
}

export interface ContainedAsked {
  readonly registry: Registry;
  readonly types: readonly string[];
  readonly within: ResourceKey | undefined;
  readonly controls: Pick<Controls, 'contained' | 'containedType' | 'sort'>;
  /** What the criteria ask of one type. */
  readonly whereOf: (type: string) => Predicate | undefined;
}

/** Each type is looked for within each type: more of them would be another search for each pair. */
const mostTypes = 8;

/** Returns the search, the types it goes through, and what it asks of them; undefined when contained resources do not count. */
export const planContained = ({ registry, types, within, controls, whereOf }: ContainedAsked): { readonly contained: ContainedSearch; readonly types: readonly string[]; readonly where: Predicate } | undefined => {
  if (controls.contained === undefined) return undefined;
  if (types.length > mostTypes) throw refusal('_contained', `_contained=${controls.contained} needs to know what to look for: name at most ${String(mostTypes)} types with _type.`);
  if (controls.sort?.some(({ param }) => param !== '_lastUpdated') === true) throw refusal('_sort', 'Contained resources come in the order of what contains them, which _sort=_lastUpdated may order; no other _sort can be combined with _contained.');
  const both = controls.contained === 'both';
  const wheres = new Map(types.map((type) => [type, whereOf(type)]));
  const members = within === undefined ? resourceTypes : memberTypes(within.type);
  const containers = members.filter((type) => baseOf(type) === 'DomainResource' && !(both && types.includes(type)));
  const all = both ? [...types.filter((type) => members.includes(type)), ...containers] : containers;
  const inside = [...wheres].map(([type, where]): Predicate => ({ op: 'contained', type, where }));
  const itself = both ? [...wheres].map(([type, where]): Predicate => ownWhere(type, where)) : [];
  const found = anyOf([...itself, ...inside]);
  const where: Predicate = within === undefined ? found : { op: 'and', of: [inCompartment(registry, within, all), found] };
  return { contained: { wheres, both, as: controls.containedType ?? 'container' }, types: all, where };
};

const ownWhere = (type: string, where: Predicate | undefined): Predicate => {
  const ofType: Predicate = { op: 'type', types: [type] };
  return where === undefined ? ofType : { op: 'and', of: [ofType, where] };
};

const refusal = (name: string, message: string): FhirError => new FhirError('invalid-parameter', message, { location: `http.${name}` });

/** Returns whether index entries alone decide the predicate: neither other resources nor words are asked for. */
export const isPlain = (where: Predicate): boolean => {
  switch (where.op) {
    case 'and':
    case 'or':
      return where.of.every(isPlain);
    case 'not':
      return isPlain(where.of);
    default:
      return where.op !== 'chain' && where.op !== 'has' && where.op !== 'text' && where.op !== 'contained';
  }
};
