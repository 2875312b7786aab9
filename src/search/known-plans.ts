/**
 * Plans of requests that come again word for word, as those of pages that an app shows (https://hl7.org/fhir/R4/search.html). A plan is the
 * same for everybody: what a viewer may see is put into it each time it is run.
 */
import { keepNewest } from '../core/keep-newest.js';
import type { Registry } from './registry.js';
import type { PlannedSearch, SearchRequest } from './request.js';

/** The oldest are forgotten. */
const most = 2_000;
/** Places for marks of words that came once, a power of two: what something newer has taken the place of counts as new. */
const marks = 2_048;
/** Longer ones are planned anew. */
const longest = 500;

/** What all plans of a server depend on. */
interface Known {
  readonly revision: number;
  readonly settings: string;
  readonly byText: Map<string, PlannedSearch>;
  readonly cameOnce: Int32Array;
}

const knownBy = new WeakMap<Registry, Known>();

const knownTo = ({ registry, baseUrl, pageSize, maxPageSize }: SearchRequest): Known => {
  const settings = `${baseUrl} ${String(pageSize)} ${String(maxPageSize)}`;
  const before = knownBy.get(registry);
  if (before?.revision === registry.revision && before.settings === settings) return before;
  const now: Known = { revision: registry.revision, settings, byText: new Map(), cameOnce: new Int32Array(marks) };
  knownBy.set(registry, now);
  return now;
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

/** Two texts with one mark only make a plan be kept too soon. */
const markOf = (text: string): number => {
  let mark = text.length;
  for (let at = 0; at < text.length; at += 1) mark = (Math.imul(mark, 31) + text.charCodeAt(at)) | 0;
  return mark;
};

/** Returns whether the text came before, and marks it. */
const comesAgain = ({ cameOnce }: Known, text: string): boolean => {
  const mark = markOf(text);
  const place = mark & (marks - 1);
  if (cameOnce[place] === mark) return true;
  cameOnce[place] = mark;
  return false;
};

/** Where the plan of one request is kept; undefined for one that is not kept. */
export interface PlanPlace {
  readonly plan: PlannedSearch | undefined;
  readonly keep: (plan: PlannedSearch) => void;
}

/**
 * Returns the plan that was made of the same words before, if any, for as long as search parameters and settings are the same. It is kept
 * when its words come for the second time: most never do, and to keep what is only forgotten again takes longer than to plan it.
 */
export const placeOf = (request: SearchRequest): PlanPlace | undefined => {
  const text = textOf(request);
  if (text === undefined) return undefined;
  const known = knownTo(request);
  const plan = known.byText.get(text);
  return { plan, keep: (made) => { if (comesAgain(known, text)) keepNewest(known.byText, { key: text, value: made, most }); } };
};
