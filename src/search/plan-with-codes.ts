/**
 * A search plan with sets of codes in it. Planning is synchronous; so a plan is made once to learn which sets it needs,
 * and again with them.
 */
import { FhirError } from '../core/error.js';
import type { SystemCode } from '../terminology/port.js';
import type { CodesAsked, CodeSource } from './codes.js';
import { planSearch, type PlannedSearch, type SearchRequest } from './request.js';

/** Each code is an alternative of the search. */
export const mostCodes = 10_000;

type Found = readonly SystemCode[] | FhirError;

/** Returns the plan as `planSearch` does, with codes from `source`; without one the modifiers are refused. */
export const planSearchWithCodes = async (request: SearchRequest, source: CodeSource | undefined): Promise<PlannedSearch> => {
  if (source === undefined) return planSearch(request);
  const needed = new Map<string, CodesAsked>();
  const planned = planSearch({ ...request, codes: (asked) => { needed.set(JSON.stringify(asked), asked); return []; } });
  if (needed.size === 0) return planned;
  const found = new Map(await Promise.all([...needed].map(async ([key, asked]) => [key, await resolve(source, asked)] as const)));
  return planSearch({ ...request, codes: (asked, name) => codesIn(found.get(JSON.stringify(asked)) ?? [], name) });
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

const codesIn = (found: Found, name: string): readonly SystemCode[] => {
  if (!(found instanceof FhirError)) return found;
  const code = found.code === 'too-costly' ? found.code : 'invalid-parameter';
  throw new FhirError(code, `${name.slice(0, 60)}: ${found.message}`, { location: `http.${name.slice(0, 60)}`, cause: found });
};
