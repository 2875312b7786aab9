/** What of a transaction's entry does not depend on the store: read once, whatever is tried later. */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import type { Guard, ResourceKey, Version } from '../store/resource.js';
import { atEntry, type EntryIn } from './bundle-entry.js';
import { typeOf, type Context } from './context.js';
import { checkIncoming, type Incoming } from './incoming.js';
import { linksOf, type FoundLink } from './link.js';
import { parseCriteria, parseCriteriaText, type Criteria } from './match.js';
import { readPatch, type Patch } from './patch.js';
import { checkRequest } from './permission.js';
import { checkSameId } from './update.js';

export interface Prepared {
  readonly entry: EntryIn;
  /** The context of the entry as a request of its own. */
  readonly context: Context;
  readonly type: string;
  readonly incoming: Incoming | undefined;
  readonly links: readonly FoundLink[];
  readonly criteria: Criteria | undefined;
  readonly patch: Patch | undefined;
  /** Id for a new resource. */
  readonly newId: string;
}

/** Which resource a prepared entry is about, decided on what is stored. */
export interface Identity {
  readonly prepared: Prepared;
  /** Undefined: a delete of nothing. */
  readonly key: ResourceKey | undefined;
  readonly current: Version | undefined;
  /** A create that If-None-Exist makes needless: the resource is there, or `twin` is the entry that creates it. */
  readonly found: boolean;
  readonly twin: number | undefined;
  readonly guards: readonly Guard[];
}

const order = ['DELETE', 'POST', 'PUT', 'PATCH'];

/** Returns the writing entries in processing order, read and validated; throws for the first that cannot be. */
export const prepareEntries = async (context: Context, entries: readonly EntryIn[]): Promise<Prepared[]> => {
  const breathe = makeBreather();
  const prepared: Prepared[] = [];
  const known = makeKnown(entries);
  for (const entry of entries) {
    prepared.push(await withinAsync(entry, () => prepare(context, entry, known)));
    await breathe();
  }
  return prepared.sort((a, b) => order.indexOf(a.entry.method) - order.indexOf(b.entry.method) || a.entry.index - b.entry.index);
};

/** Runs work for one entry; what it throws is placed there. */
export const within = <T>(entry: EntryIn, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw error instanceof FhirError ? atEntry(error, entry.index) : error;
  }
};

/** The same for work that waits. */
export const withinAsync = async <T>(entry: EntryIn, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FhirError ? atEntry(error, entry.index) : error;
  }
};

/** Returns whether a URI is the fullUrl of an entry, its version and fragment aside. */
const makeKnown = (entries: readonly EntryIn[]): ((uri: string) => boolean) => {
  const fullUrls = new Set(entries.map(({ fullUrl }) => fullUrl));
  return (uri) => fullUrls.has(uri) || (/#|\/_history\//.test(uri) && fullUrls.has(uri.split(/#|\/_history\//, 1)[0]));
};

const prepare = async (outer: Context, entry: EntryIn, known: (uri: string) => boolean): Promise<Prepared> => {
  const context: Context = { ...outer, request: entry.request };
  checkRequest(context);
  const type = typeOf(context);
  const isPatch = entry.method === 'PATCH';
  const incoming = entry.resource === undefined || isPatch || entry.method === 'DELETE' ? undefined : await checkIncoming(context, entry.resource, type);
  if (incoming !== undefined && entry.request.interaction === 'update') checkSameId(incoming, entry.request.id ?? '');
  return {
    entry, context, type, incoming,
    links: linksOf(incoming?.value ?? (isFhirPathPatch(entry) ? entry.resource?.value : undefined) ?? {}, known),
    criteria: criteriaOf(context, type),
    patch: isPatch ? readPatch(context) : undefined,
    newId: incoming !== undefined && entry.method === 'PUT' && incoming.id !== undefined ? incoming.id : context.service.ids.resource(),
  };
};

/** Its values are typed, so that links in them are found as in a resource; those in a JSON Patch are not. */
const isFhirPathPatch = ({ method, request }: EntryIn): boolean => method === 'PATCH' && request.payload?.format === 'json';

const criteriaOf = (context: Context, type: string): Criteria | undefined => {
  const { interaction, params, conditions } = context.request;
  switch (interaction) {
    case 'conditional-update':
    case 'conditional-patch':
    case 'conditional-delete':
      return parseCriteria(context, type, params);
    case 'create':
      return conditions.ifNoneExist === undefined ? undefined : parseCriteriaText(context, type, conditions.ifNoneExist);
    default:
      return undefined;
  }
};
