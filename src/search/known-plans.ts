/**
 * Plans of requests that come again word for word, as those of pages that an app shows (https://hl7.org/fhir/R4/search.html). A plan is the
 * same for everybody: what a viewer may see is put into it each time it is run.
 */
import { keepNewest } from '../core/keep-newest.js';
import type { Registry } from './registry.js';
import type { PlannedSearch, SearchRequest } from './request.js';

/** The oldest are forgotten. */
const most = 2_000;
/** Longer ones are planned anew. */
const longest = 500;

/** What all plans of a server depend on. */
interface Known {
  readonly revision: number;
  readonly settings: string;
  readonly byText: Map<string, PlannedSearch>;
}

const knownBy = new WeakMap<Registry, Known>();

const known = ({ registry, baseUrl, pageSize, maxPageSize }: SearchRequest): Map<string, PlannedSearch> => {
  const settings = `${baseUrl} ${String(pageSize)} ${String(maxPageSize)}`;
  const before = knownBy.get(registry);
  if (before?.revision === registry.revision && before.settings === settings) return before.byText;
  const now: Known = { revision: registry.revision, settings, byText: new Map() };
  knownBy.set(registry, now);
  return now.byText;
};

/** A page belongs to who asked for it, and what is approximate to a date goes with the time. */
const changes = (name: string, value: string): boolean => name === '_page' || /ap/i.test(value);

/** Returns the request as text; undefined for one that means something else the next time. */
const textOf = ({ types, within, handling, paging, params }: SearchRequest): string | undefined => {
  let text = `${types.length === 1 ? types[0] ?? '' : types.join(',')} ${within === undefined ? '' : `${within.type}/${within.id}`} ${handling} ${String(paging !== undefined)}`;
  for (const [name, value] of params) {
    if (changes(name, value) || text.length > longest) return undefined;
    // With their lengths, so that no value can look like a parameter that follows.
    text += ` ${String(name.length)},${String(value.length)} ${name}${value}`;
  }
  return text;
};

/** Where the plan of one request is kept; undefined for one that is not kept. */
export interface PlanPlace {
  readonly plan: PlannedSearch | undefined;
  readonly keep: (plan: PlannedSearch) => void;
}

/** Returns the plan that was made of the same words before, if any, for as long as search parameters and settings are the same. */
export const placeOf = (request: SearchRequest): PlanPlace | undefined => {
  const text = textOf(request);
  if (text === undefined) return undefined;
  const plans = known(request);
  return { plan: plans.get(text), keep: (plan) => { keepNewest(plans, { key: text, value: plan, most }); } };
};
