/**
 * The only door from interactions to stored resources: each look is restricted to what the viewer may see,
 * so that something hidden is exactly as absent as something that never was (design rules 2, 4, 6 and 7).
 */
import { FhirError } from '../core/error.js';
import { permitsOneself } from '../access/consent/self.js';
import { grantedRight } from '../access/right.js';
import { isWithin, restrictPlan, rightTo } from '../access/restrict.js';
import { isOfLoan, widens } from '../access/widen.js';
import { resourceTypes } from '../fhir/definitions.js';
import type { CodeSource } from '../search/codes.js';
import { revincludePlans, type Include } from '../search/include.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { SearchPlan } from '../store/plan.js';
import { tellingTypes, type HistoryPage, type HistoryQuery, type ResourceKey, type SearchPage, type Version } from '../store/resource.js';
import type { SearchRun } from '../store/store.js';
import type { Terminology } from '../terminology/port.js';
import type { Context } from './context.js';
import { findAccess, lookAccess, readAccess, storeAccess } from './permission.js';
import { balance, isVisible, marksOf } from './visible.js';

/** Returns the current version, deletes included, or undefined when there is none for this viewer; both cost the same. */
export const lookUp = async (context: Context, key: ResourceKey, access = lookAccess(context)): Promise<Version | undefined> => {
  const version = await context.service.store.read(key);
  const shown = version === undefined ? undefined : shownIf(context, version, await isVisible(context, access, version));
  if (shown === undefined) await balance(context, access, { key, version });
  return shown;
};

/** Returns whether the viewer may read the resource and it is not deleted. */
export const isThere = async (context: Context, key: ResourceKey): Promise<boolean> => (await lookUp(context, key, readAccess(context)))?.body !== undefined;

/** The one place that knows what a request was shown and what was kept from it. */
const shownIf = ({ trail }: Context, version: Version, visible: boolean): Version | undefined => {
  if (visible) trail?.shown.push(version);
  else if (trail !== undefined) trail.isHidden = true;
  return visible ? version : undefined;
};

/**
 * Returns one version, or undefined when there is none for this viewer; an older one needs the right to the current one too. Both are looked
 * at whatever comes of the first, so that every refusal costs the same.
 */
export const lookUpVersion = async (context: Context, key: ResourceKey, number: number): Promise<Version | undefined> => {
  const access = lookAccess(context);
  const isCurrentShown = !isBoundTo(context, key.type) || (await lookUp(context, key)) !== undefined;
  const version = await context.service.store.read(key, number);
  const shown = version === undefined ? undefined : shownIf(context, version, await isVisible(context, access, version));
  if (isCurrentShown && shown !== undefined) return shown;
  await balance(context, access, { key, version, number });
  return undefined;
};

/** Returns the plan narrowed to what the viewer may find. */
export const restricted = (context: Context, plan: SearchPlan): SearchPlan => restrictPlan(findAccess(context), plan);

/** Returns one page of what the viewer may find. */
export const find = async (context: Context, plan: SearchPlan, asked?: SearchRun): Promise<SearchPage> => {
  // The record of an access is made of the versions that were shown.
  const run = context.trail === undefined || asked?.frame === undefined ? asked : { ...asked, frame: undefined };
  const page = await context.service.store.search(restricted(context, plan), run);
  context.trail?.shown.push(...page.matches);
  return page;
};

/** Returns whether the viewer finds all resources of the type. */
export const findsAll = (context: Context, type: string): boolean => rightTo(findAccess(context), type) === 'all';

/** Returns how many resources the viewer may find. */
export const countFound = (context: Context, plan: SearchPlan, run?: SearchRun): Promise<number> =>
  context.service.store.count(restricted(context, plan), run);

/** Returns whether the viewer is shown only some of the resources of the type. */
export const isBoundTo = (context: Context, type: string): boolean => rightTo(lookAccess(context), type) !== 'all';

/** Returns whether a Consent or a label keeps anything of the type from being read; what the server alone writes may be read. */
export const isWithheldFrom = ({ viewer }: Context, type: string): boolean => viewer.kind === 'token' && viewer.standing?.withheld(type, 'r') !== undefined;

/** Returns whether a resource has the id, seen or not. */
export const isTaken = async (context: Context, key: ResourceKey): Promise<boolean> => (await context.service.store.read(key)) !== undefined;

/** Returns whether what a write has answered may be answered again: by the right to write it or to read it, both of that version and of the current one. */
export const mayBeShownAgain = async (context: Context, version: Version): Promise<boolean> => {
  const current = await context.service.store.read(version);
  const accesses = [readAccess(context), storeAccess(context, 'c'), storeAccess(context, 'u')];
  for (const access of accesses) {
    if (current !== undefined && await isVisible(context, access, version) && await isVisible(context, access, current)) return true;
  }
  return false;
};

/** Returns whether the viewer may read everything there is. */
export const seesEverything = (context: Context): boolean => context.viewer.kind !== 'token' || resourceTypes.every((type) => rightTo(readAccess(context), type) === 'all');

const nobody: ReadonlySet<string> = new Set();
/** As many as one commit deletes at the most; to name more would cost every other write its turn. */
const mostReferrers = 10_000;
const referrersAtOnce = 1_000;
const anyReference: Include = { mode: 'revinclude', sourceType: '*', param: '*', iterate: false };

/** Returns whether another resource that the viewer may read refers to this one; those that are hidden do not count, nor do those of `except` (`Type/id`). */
export const isReferredTo = async (context: Context, key: ResourceKey, except: ReadonlySet<string> = nobody): Promise<boolean> => {
  const { service: { store, registry }, viewer } = context;
  if (viewer.kind !== 'token') return store.isReferenced(key, registry.ownReferences);
  const target = `${key.type}/${key.id}`;
  for (const plan of revincludePlans(registry, anyReference, [target])) {
    const types = plan.types.filter((type) => !tellingTypes.has(type));
    if (types.length === 0) continue;
    const { matches } = await store.search(restrictPlan(readAccess(context), { ...plan, types, count: 2 + except.size }));
    if (matches.some(({ type, id }) => `${type}/${id}` !== target && !except.has(`${type}/${id}`))) return true;
  }
  return false;
};

/** Resolves with `Type/id` of all that refers to the resource, seen or not; undefined where that is more than can be named. */
export const referrersOf = async ({ service: { store, registry } }: Context, key: ResourceKey): Promise<readonly string[] | undefined> => {
  const names = new Set<string>();
  for (const plan of revincludePlans(registry, anyReference, [`${key.type}/${key.id}`])) {
    let after: SearchPlan['after'];
    do {
      const { matches, next } = await store.search({ ...plan, count: referrersAtOnce, after });
      for (const { type, id } of matches) names.add(`${type}/${id}`);
      if (names.size > mostReferrers) return undefined;
      after = next;
    } while (after !== undefined);
  }
  return [...names];
};

/** Returns whether the viewer may read every resource of the type: what is made of all of them is then no secret. */
export const mayReadAll = (context: Context, type: string): boolean => rightTo(readAccess(context), type) === 'all';

/** Returns what codes mean to this viewer: stored value sets, systems and maps count for who may read all of them. */
export const terminologyOf = (context: Context): Terminology | undefined => context.service.terminology?.((type) => mayReadAll(context, type));

/** Returns where a search has sets of codes from; what the viewer may use is found out for the few that ask for one. */
export const codesIn = (context: Context): CodeSource | undefined => {
  const { terminology } = context.service;
  const usable = (type: string): boolean => mayReadAll(context, type);
  return terminology && {
    codesFor: (valueSet, limit) => terminology(usable).codesFor(valueSet, limit),
    related: (from, direction, limit) => terminology(usable).related(from, direction, limit),
  };
};

/** Returns the same of the token alone, whatever the record withholds. */
export const isBoundByToken = (context: Context, type: string): boolean => {
  const access = lookAccess(context);
  return access.permissions.some((permission) => grantedRight(access.viewer, permission, type, access) !== 'all');
};

const historyStep = 200;

/** One page of history, in which what is withheld is not counted either: then nothing says how many there are in all. */
export type SeenHistory = Omit<HistoryPage, 'total'> & { readonly total: number | undefined };

/** Returns one page of history, newest first. */
export const lookBack = async (context: Context, query: HistoryQuery): Promise<SeenHistory> => {
  const page = await visibleHistory(context, query);
  context.trail?.shown.push(...page.versions);
  return page;
};

const visibleHistory = async (context: Context, query: HistoryQuery): Promise<SeenHistory> => {
  const { type, id } = query;
  if (type !== undefined && !isBoundTo(context, type)) return context.service.store.history(query);
  if (type === undefined && !resourceTypes.some((one) => isBoundTo(context, one))) return context.service.store.history(query);
  return id === undefined ? historyOfMany(context, query) : historyOfOne(context, query);
};

/** The versions of one resource are few. */
const historyOfOne = async (context: Context, query: HistoryQuery): Promise<SeenHistory> => {
  const visible: Version[] = [];
  let before: number | undefined;
  for (let more = true; more;) {
    const page = await context.service.store.history({ ...query, count: historyStep, before });
    for (const version of page.versions) if (await isVisible(context, lookAccess(context), version)) visible.push(version);
    before = page.versions.at(-1)?.seq;
    more = page.more;
  }
  const rest = visible.filter(({ seq }) => query.before === undefined || seq < query.before);
  return { versions: rest.slice(0, query.count), more: rest.length > query.count, total: visible.length };
};

/** A version is shown where it and the current one are (design rule 7); looked at as far as the page needs it. */
const historyOfMany = async (context: Context, query: HistoryQuery): Promise<SeenHistory> => {
  const visible: Version[] = [];
  const current = new Map<string, boolean>();
  const isCurrentVisible = async (key: ResourceKey): Promise<boolean> => {
    const name = `${key.type}/${key.id}`;
    const known = current.get(name);
    if (known !== undefined) return known;
    const version = await context.service.store.read(key);
    const visibleNow = version !== undefined && (await isVisible(context, lookAccess(context), version));
    current.set(name, visibleNow);
    return visibleNow;
  };
  let { before } = query;
  for (let more = query.count > 0; more && visible.length <= query.count;) {
    const page = await context.service.store.history({ ...query, count: historyStep, before });
    for (const version of page.versions) if ((await isVisible(context, lookAccess(context), version)) && (await isCurrentVisible(version))) visible.push(version);
    before = page.versions.at(-1)?.seq;
    more = page.more;
  }
  return { versions: visible.slice(0, query.count), more: visible.length > query.count, total: undefined };
};

export interface Stored extends ResourceKey {
  readonly value: Readonly<Record<string, unknown>>;
  readonly entries: readonly IndexEntry[];
}

const noRelations: ReadonlySet<string> = new Set();

/** Throws `forbidden` when what is there may not be changed or deleted as long as its patient's record is lent to the viewer. */
export const checkNotLent = ({ service: { registry, standings }, viewer }: Context, { type, id, body }: Pick<Version, 'type' | 'id' | 'body'>): void => {
  if (viewer.kind !== 'token' || body === undefined || viewer.standing === undefined || typeof viewer.standing.reach === 'string') return;
  const entries = registry.extract(JSON.parse(body) as Record<string, unknown>);
  if (!isOfLoan(viewer, { type, id, entries }, standings?.relationTypes ?? noRelations)) return;
  throw new FhirError('forbidden', `The record is open to you by break-glass or by a permit: a ${type}, which says who has to do with the patient or who may see the record, cannot be changed or deleted meanwhile.`);
};

/** Throws `forbidden` when the viewer may not store the resource as it would become (design rule 6), or would reach more by it. */
export const checkMayStore = async (context: Context, permission: 'c' | 'u', { type, id, value, entries }: Stored): Promise<void> => {
  const { service: { clock, standings, options: { baseUrl } }, viewer } = context;
  const access = storeAccess(context, permission);
  const marks = type === 'Binary' && viewer.kind === 'token' ? await marksOf(context, access, value) : [];
  if (!isWithin(access, { type, id, entries: marks.length === 0 ? entries : [...entries, ...marks], updated: clock.now() })) {
    throw new FhirError('forbidden', `The token does not let a ${type} like this be stored: it must belong to a patient within reach and be within the scopes.`);
  }
  if (viewer.kind === 'token' && widens(viewer, { type, id, entries }, standings?.relationTypes ?? noRelations)) {
    throw new FhirError('forbidden', `The token does not let a ${type} like this be stored: it ties people to patients, and may name only those within reach.`);
  }
  if (viewer.kind === 'token' && type === 'Consent' && permitsOneself(viewer, value, baseUrl)) {
    throw new FhirError('forbidden', 'Who works here or acts for the patient cannot permit something to themselves by a Consent: have it stored by the patient or by somebody else.', { expression: 'Consent.provision' });
  }
};
