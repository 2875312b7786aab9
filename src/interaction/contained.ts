/** Pages of contained resources, each a match of its own (https://hl7.org/fhir/R4/search.html#contained). */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import { containedTexts, type ContainedText } from '../fhir/contained-text.js';
import { isPlain, type ContainedSearch } from '../search/contained.js';
import { matchesPlan } from '../search/matches.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Position, Predicate, SearchPlan } from '../store/plan.js';
import type { SearchPage, Version } from '../store/resource.js';
import type { SearchRun } from '../store/store.js';
import type { Context } from './context.js';
import { find, findsAll } from './gate.js';

/** A match: a resource, or one that it contains. */
export interface Match {
  readonly version: Version;
  readonly contained?: ContainedText | undefined;
}

export interface MatchPage extends Omit<SearchPage, 'matches'> {
  readonly matches: readonly Match[];
}

/** Returns a page of `plan.count` matches. A container whose matches do not all fit is taken up again by the next page. */
export const findContained = async (context: Context, plan: SearchPlan, contained: ContainedSearch, run: SearchRun): Promise<MatchPage> => {
  const { skip, after } = readPlace(plan.after);
  for (;;) {
    const page = await find(context, { ...plan, after }, run);
    const groups = await groupsOf(context, contained, page.matches);
    groups[0]?.splice(0, skip);
    const { whole, rest } = fitting(groups, plan.count);
    const found = { matches: groups.flat().slice(0, plan.count), ...(page.steps === undefined ? {} : { steps: page.steps }) };
    if (whole === groups.length) return { ...found, ...(page.next === undefined ? {} : { next: place(0, page.next) }) };
    if (whole === 0) return { ...found, next: place(skip + rest, after) };
    const before = await find(context, { ...plan, after, count: whole }, run);
    // What was written in between may have moved the place; then it is looked for again.
    if (namesOf(before) === namesOf({ matches: page.matches.slice(0, whole) })) return { ...found, next: place(rest, before.next) };
  }
};

const namesOf = ({ matches }: SearchPage): string => matches.map(({ type, id, version }) => `${type}/${id}/${String(version)}`).join(' ');

/** How many of the groups go onto the page as a whole, and how many of the next. */
const fitting = (groups: readonly (readonly Match[])[], count: number): { readonly whole: number; readonly rest: number } => {
  let rest = count;
  for (const [whole, { length }] of groups.entries()) {
    if (length > rest) return { whole, rest };
    rest -= length;
  }
  return { whole: groups.length, rest };
};

/** How many of the first container's matches were on the page before, and what the store says. */
const place = (skip: number, after: Position | undefined): Position => [skip, ...(after ?? [])];
const readPlace = (position: Position | undefined): { readonly skip: number; readonly after: Position | undefined } => {
  const [skip = 0, ...after] = position ?? [];
  return { skip: Number(skip), after: after.length === 0 ? undefined : after };
};

const pageSize = 200;

/** Returns how many there are; throws `too-costly` when more than `most` resources contain them. */
export const countContained = async (context: Context, plan: SearchPlan, contained: ContainedSearch, most: number): Promise<number> => {
  const breathe = makeBreather();
  let [total, seen]: [number, number] = [0, 0];
  let after: Position | undefined;
  do {
    const page = await find(context, { ...plan, after, count: pageSize }, { signal: context.request.signal });
    for (const group of await groupsOf(context, contained, page.matches)) total += group.length;
    seen += page.matches.length;
    after = page.next;
    if (after !== undefined && seen >= most) throw new FhirError('too-costly', `More than ${String(most)} resources contain what is counted.`);
    await breathe();
  } while (after !== undefined);
  return total;
};

const groupsOf = async (context: Context, contained: ContainedSearch, versions: readonly Version[]): Promise<Match[][]> => {
  const groups: Match[][] = [];
  const breathe = makeBreather();
  for (const version of versions) {
    groups.push(await matchesIn(context, contained, version));
    await breathe();
  }
  return groups;
};

/** The resource itself first, where it is asked for, then what it contains, in its order. */
const matchesIn = async (context: Context, { wheres, both }: ContainedSearch, version: Version): Promise<Match[]> => {
  const { type, id, body = '{}' } = version;
  const found: Match[] = [];
  if (both && wheres.has(type)) {
    const own: Asked = { type, id, where: wheres.get(type), text: body, version, plan: (where) => where };
    if (await holds(context, own)) found.push({ version });
  }
  for (const contained of containedTexts(body)) {
    if (!wheres.has(contained.type)) continue;
    const plan = (where: Predicate): Predicate => ({ op: 'contained', type: contained.type, where });
    if (await holds(context, { ...contained, where: wheres.get(contained.type), version, plan })) found.push({ version, contained });
  }
  return found;
};

interface Asked {
  readonly type: string;
  readonly id: string;
  readonly where: Predicate | undefined;
  readonly text: string;
  readonly version: Version;
  /** What asks the store for it. */
  readonly plan: (where: Predicate) => Predicate;
}

/** Decided here where entries alone decide; else the store is asked for this one. */
const holds = async (context: Context, { type, id, where, text, version, plan }: Asked): Promise<boolean> => {
  const isFree = findsAll(context, type);
  if (where === undefined && isFree) return true;
  if (where !== undefined && isFree && isPlain(where)) return matchesPlan(where, { type, id, updated: version.updated, entries: entriesOf(context, text) });
  const one: Predicate = { op: 'id', ids: [id] };
  const inner: Predicate = where === undefined ? one : { op: 'and', of: [one, where] };
  const asked: Predicate = { op: 'and', of: [{ op: 'id', ids: [version.id] }, plan(inner)] };
  const { matches } = await find(context, { types: [version.type], where: asked, count: 1 }, { signal: context.request.signal });
  return matches.length > 0;
};

const entriesOf = ({ service }: Context, text: string): readonly IndexEntry[] => service.registry.extract(JSON.parse(text) as Record<string, unknown>);

/** Returns the match as includes start from it: nothing refers to a contained resource from outside, so its id is no id. */
export const startOf = ({ version, contained }: Match): Version =>
  (contained === undefined ? version : { ...version, type: contained.type, id: `${version.type}/${version.id}#${contained.id}`, body: contained.text });
