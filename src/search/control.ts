/** Parameters that say what to do with what is found (https://hl7.org/fhir/R4/search.html#return). */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import { elementsOf, isResourceType, resourceTypes } from '../fhir/definitions.js';
import type { SortKey } from '../store/plan.js';
import type { ControlName } from './control-parameter.js';
import { parseInclude, type Include } from './include.js';
import { badValue, shown } from './param/value-text.js';
import type { Registry } from './registry.js';
import { checkUsable } from './usable.js';

export type Summary = 'true' | 'false' | 'text' | 'data' | 'count';

export interface Controls {
  readonly count?: number | undefined;
  readonly page?: string | undefined;
  readonly sort?: readonly SortKey[] | undefined;
  readonly total?: 'none' | 'estimate' | 'accurate' | undefined;
  readonly explain?: boolean | undefined;
  readonly summary?: Summary | undefined;
  readonly elements?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly includes: readonly Include[];
  /** Undefined: contained resources are not searched. */
  readonly contained?: 'true' | 'both' | undefined;
  readonly containedType?: 'container' | 'contained' | undefined;
}

type Param = readonly [name: string, value: string];

export interface ControlScope {
  readonly registry: Registry;
  readonly types: readonly string[];
  readonly params: readonly Param[];
}

export interface ReadControls {
  readonly controls: Controls;
  readonly applied: readonly Param[];
  /** All others: what selects. */
  readonly criteria: readonly Param[];
}

type Read = (value: string, scope: ControlScope, name: string) => Partial<Controls>;

const ownReaders: Readonly<Record<Exclude<ControlName, '_include' | '_revinclude'> | '_page', Read>> = {
  _count: (value) => ({ count: readCount(value) }),
  _page: (page) => ({ page }),
  _sort: (value, scope) => ({ sort: readSort(value, scope) }),
  _total: (value) => ({ total: oneOf<'none' | 'estimate' | 'accurate'>('_total', value, ['none', 'estimate', 'accurate']) }),
  _explain: (value) => ({ explain: oneOf('_explain', value, ['true', 'false']) === 'true' }),
  _summary: (value) => ({ summary: oneOf<Summary>('_summary', value, ['true', 'false', 'text', 'data', 'count']) }),
  _elements: (value, scope) => ({ elements: readElements(value, scope) }),
  _type: (value, scope) => ({ types: readTypes(value, scope) }),
  _contained: (value) => ({ contained: readContained(value) }),
  _containedType: (value) => ({ containedType: oneOf<'container' | 'contained'>('_containedType', value, ['container', 'contained']) }),
};
const readers: ReadonlyMap<string, Read> = new Map(Object.entries(ownReaders));

const deciding = new Set(['_type', '_contained']);
const includeNames = new Set(['_include', '_revinclude']);

/** Returns the controls and what is left. `attempt` decides whether an error is thrown or noted. */
export const readControls = (scope: ControlScope, attempt: <T>(act: () => T) => T | undefined): ReadControls => {
  const includes: Include[] = [];
  const applied: Param[] = [];
  const criteria: Param[] = [];
  const seen = new Set<string>();
  // These decide what the others may name.
  const controls: Partial<Controls> = {};
  for (const param of inOrder(scope.params)) {
    const [name, value] = param;
    const isInclude = name.startsWith('_') && includeNames.has(name.split(':', 1)[0] ?? '');
    const reader = readers.get(name);
    if (!isInclude && reader === undefined) {
      criteria.push(param);
      continue;
    }
    // What contains may be of any type.
    const now = { registry: scope.registry, params: scope.params, types: isInclude && controls.contained !== undefined ? resourceTypes : controls.types ?? scope.types };
    const read = attempt(() => {
      if (isInclude) return includes.push(parseInclude(param, now));
      if (seen.has(name)) throw new FhirError('invalid-parameter', `${name} is given more than once; give it once.`, { location: `http.${name}` });
      return Object.assign(controls, reader?.(value, now, name));
    });
    seen.add(name);
    if (read !== undefined && name !== '_page') applied.push(param);
  }
  return { controls: { ...controls, includes }, applied, criteria };
};

const inOrder = (params: readonly Param[]): readonly Param[] =>
  (params.some(([name]) => deciding.has(name)) ? [...params].sort(([a], [b]) => Number(deciding.has(b)) - Number(deciding.has(a))) : params);

const oneOf = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw badValue(name, value, `it must be one of ${allowed.join(', ')}`);
  return found;
};

const readCount = (value: string): number => {
  if (!/^\d{1,9}$/.test(value)) throw badValue('_count', value, 'it must be a whole number of 0 or more');
  return Number(value);
};

const readContained = (value: string): Controls['contained'] => {
  const read = oneOf<'false' | 'true' | 'both'>('_contained', value, ['false', 'true', 'both']);
  return read === 'false' ? undefined : read;
};

const readTypes = (value: string, { types }: ControlScope): string[] => {
  const wanted = [...new Set(value.split(','))];
  for (const type of wanted) {
    if (!isResourceType(type)) throw badValue('_type', type, `it must be a resource type${hint(nearName(type, resourceTypes))}`);
    if (!types.includes(type)) throw badValue('_type', type, `this search is on ${types.length > 4 ? 'other types' : types.join(', ')}`);
  }
  return wanted;
};

const hint = (near: string | undefined): string => (near === undefined ? '' : `; did you mean ${near}?`);

const readElements = (value: string, { types }: ControlScope): string[] => {
  const names = value.split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw badValue('_elements', value, 'it must name elements, such as id,code');
  const known = new Set(types.flatMap((type) => [...elementsOf(type)].flatMap(([name, element]) => [name, element.name])));
  for (const name of names) {
    const first = topElement(name);
    if (!known.has(first) && first !== '*') throw badValue('_elements', name, `it is no element of ${types.length > 4 ? 'any type searched' : types.join(', ')}${hint(nearName(first, known))}`);
  }
  return names;
};

/** `Patient.name` and `name.given` are both about `name`. */
const topElement = (name: string): string => {
  const [first = '', second] = name.split('.');
  return second !== undefined && isResourceType(first) ? second : first;
};

const readSort = (value: string, { registry, types }: ControlScope): SortKey[] => {
  const keys = value.split(',').map((text) => sortKey(text.trim(), registry, types));
  if (keys.length > 8) throw badValue('_sort', value, 'it takes 8 keys at most');
  return keys;
};

const sortKey = (text: string, registry: Registry, types: readonly string[]): SortKey => {
  const descending = text.startsWith('-');
  const code = descending ? text.slice(1) : text;
  if (code === '_id') return { param: '_id', kind: 'token', descending };
  if (code === '_lastUpdated') return { param: '_lastUpdated', kind: 'date', descending };
  const keys = types.map((type) => {
    const parameter = registry.parametersOf(type).get(code);
    if (parameter?.searchable !== true) throw badValue('_sort', code, `it must be a search parameter of ${type} with - before it for descending order${hint(nearName(code, registry.parametersOf(type).keys()))}`);
    checkUsable(parameter, '_sort');
    const [source, another] = parameter.sources;
    if (source === undefined || another !== undefined || parameter.type === 'composite') throw badValue('_sort', code, 'results cannot be sorted by it; sort by one of the parameters it is made of');
    return { param: parameter.type === 'quantity' ? `${source.param}:canonical` : source.param, kind: parameter.kind };
  });
  const [first] = keys;
  if (first === undefined || keys.some(({ param, kind }) => param !== first.param || kind !== first.kind)) throw badValue('_sort', shown(code), 'it does not mean the same on all types searched');
  return { ...first, descending };
};
