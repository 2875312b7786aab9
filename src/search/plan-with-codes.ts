/**
 * A search plan with sets of codes in it. Planning is synchronous; so a plan is made once to learn which sets it needs,
 * and again with them.
 */
import { FhirError } from '../core/error.js';
import type { Whole } from '../core/whole.js';
import type { SystemCode } from '../terminology/port.js';
import type { CodesAsked, CodeSource } from './codes.js';
import { placeOf } from './known-plans.js';
import type { HierarchySource } from './parts.js';
import { planSearch, type PlannedSearch, type SearchRequest } from './request.js';

/** Each code is an alternative of the search. */
export const mostCodes = 10_000;

type Found = readonly SystemCode[] | FhirError;

/** Where the sets come from; undefined ones are refused. */
export interface SetSources {
  readonly codes: CodeSource | undefined;
  readonly hierarchy?: HierarchySource | undefined;
}

/** Returns the plan as `planSearch` does, with codes of terminology and hierarchies of the store. */
export const planSearchWithCodes = async (request: SearchRequest, { codes, hierarchy }: SetSources): Promise<PlannedSearch> => {
  const place = placeOf(request);
  if (place?.plan !== undefined) return place.plan;
  const needed: Needed = { codes: undefined, parts: undefined };
  const planned = planSearch(withSets(request, {
    codes: codes && ((asked) => { (needed.codes ??= new Map()).set(JSON.stringify(asked), () => resolve(codes, asked)); return []; }),
    hierarchy: hierarchy && ((asked) => { (needed.parts ??= new Map()).set(JSON.stringify(asked), () => orFault(hierarchy(asked))); return []; }),
  }));
  if (needed.codes === undefined && needed.parts === undefined) {
    place?.keep(planned);
    return planned;
  }
  const [found, names] = await Promise.all([allOf(needed.codes), allOf(needed.parts)]);
  return planSearch(withSets(request, {
    codes: codes && ((asked, name) => foundIn(found.get(JSON.stringify(asked)) ?? [], name)),
    hierarchy: hierarchy && ((asked, name) => foundIn(names.get(JSON.stringify(asked)) ?? [], name)),
  }));
};

type Sets<T> = Map<string, () => Promise<readonly T[] | FhirError>>;

/** Few searches need any. */
interface Needed {
  codes: Sets<SystemCode> | undefined;
  parts: Sets<string> | undefined;
}

/** Member by member: an object spread from another is laid out anew each time. */
const withSets = ({ registry, types, within, params, handling, baseUrl, pageSize, maxPageSize, paging, now }: SearchRequest, { codes, hierarchy }: Pick<SearchRequest, 'codes' | 'hierarchy'>): Whole<SearchRequest> =>
  ({ registry, types, within, params, handling, baseUrl, pageSize, maxPageSize, paging, now, codes, hierarchy });

const allOf = async <T>(needed: ReadonlyMap<string, () => Promise<T>> = new Map<string, () => Promise<T>>()): Promise<ReadonlyMap<string, T>> =>
  new Map(await Promise.all([...needed].map(async ([key, get]) => [key, await get()] as const)));

const orFault = async <T>(result: Promise<T>): Promise<T | FhirError> => {
  try {
    return await result;
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
};

const resolve = async (source: CodeSource, asked: CodesAsked): Promise<Found> => {
  try {
    if (asked.kind === 'in') return await source.codesFor(asked.valueSet, mostCodes);
    const { kind, system, code } = asked;
    return await source.related({ system, code }, kind === 'below' ? 'descendants' : 'ancestors', mostCodes);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
};

const foundIn = <T>(found: readonly T[] | FhirError, name: string): readonly T[] => {
  if (!(found instanceof FhirError)) return found;
  const code = found.code === 'too-costly' ? found.code : 'invalid-parameter';
  throw new FhirError(code, `${name.slice(0, 60)}: ${found.message}`, { location: `http.${name.slice(0, 60)}`, cause: found });
};
