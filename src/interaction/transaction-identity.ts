/** Which resource each entry of a transaction is about, duplicates refused (https://hl7.org/fhir/R4/http.html#trules). */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import type { Guard, ResourceKey, Version } from '../store/resource.js';
import { lookUp } from './gate.js';
import { matchNow, type Criteria } from './match.js';
import { within, withinAsync, type Identity, type Prepared } from './transaction-prepare.js';
import { makeTwins, type Twins } from './transaction-twins.js';
import type { Context } from './context.js';

/** What the entries so far are about. */
export interface Known {
  /** By `Type/id`; what is only found is not among them. */
  readonly names: Map<string, Identity>;
  readonly twins: Twins;
}

/** Matches beside those of the entries themselves that criteria need to be seen before they are ambiguous. */
const headroom = 2;

/** Returns the identities in processing order; throws `multiple-matches`, `not-found` and `invalid-bundle` for an overlap. */
export const identify = async (entries: readonly Prepared[]): Promise<Identity[]> => {
  const known: Known = { names: new Map(), twins: makeTwins() };
  const identities: Identity[] = [];
  const breathe = makeBreather();
  for (const prepared of entries) {
    await breathe();
    const identity = await withinAsync(prepared.entry, () => identityOf(prepared.context, prepared, known));
    identities.push(identity);
    if (identity.key === undefined || identity.found) continue;
    const name = nameOf(identity.key);
    const before = known.names.get(name);
    if (before !== undefined) {
      within(prepared.entry, () => { throw new FhirError('invalid-bundle', `The entry changes the same resource as entry ${String(before.prepared.entry.index)}; a transaction may touch each once.`); });
    }
    known.names.set(name, identity);
    known.twins.add(identity);
  }
  return identities;
};

/** Returns `Type/id`. */
export const nameOf = ({ type, id }: ResourceKey): string => `${type}/${id}`;

const identityOf = async (context: Context, prepared: Prepared, known: Known): Promise<Identity> => {
  const { type, criteria, context: { request }, newId } = prepared;
  const plain = { prepared, found: false, twin: undefined, guards: [] };
  if (criteria !== undefined) return matched(context, { ...prepared, criteria }, known);
  if (request.id === undefined) return { ...plain, key: { type, id: newId }, current: undefined };
  const key = { type, id: request.id };
  return { ...plain, key, current: await lookUp(context, key) };
};

const matched = async (context: Context, prepared: Prepared & { criteria: Criteria }, known: Known): Promise<Identity> => {
  const { criteria, entry, type, newId } = prepared;
  const { versions, twins, guard } = await matchBoth(context, criteria, known);
  if (versions.length + twins.length > 1) throw new FhirError('multiple-matches', `The criteria match more than one ${type}; nothing was changed.`);
  const [version] = versions;
  const [twin] = twins;
  const base = { prepared, guards: [guard], twin: undefined, found: false };
  if (twin !== undefined) return { ...base, key: twin.key, current: undefined, found: entry.method === 'POST', twin: twin.prepared.entry.index };
  if (version !== undefined) return { ...base, key: { type, id: version.id }, current: version, found: entry.method === 'POST' };
  switch (entry.method) {
    case 'DELETE':
      return { ...base, key: undefined, current: undefined };
    case 'PATCH':
      throw new FhirError('not-found', `The criteria match no ${type}.`);
    default:
      return { ...base, key: { type, id: newId }, current: entry.method === 'PUT' ? await lookUp(context, { type, id: newId }) : undefined };
  }
};

export interface BothMatches {
  /** In the store, and not changed by this transaction. */
  readonly versions: readonly Version[];
  /** Among what this transaction stores. */
  readonly twins: readonly Identity[];
  readonly guard: Guard;
}

/** Returns what criteria match once the entries that are known have been applied, and the guard for what the store has now. */
export const matchBoth = async (context: Context, criteria: Criteria, known: Known): Promise<BothMatches> => {
  const { versions: stored, guard } = await matchNow(context, criteria, known.names.size + headroom);
  const versions = stored.filter((version) => !known.names.has(nameOf(version)));
  return { versions, twins: known.twins.matching(criteria), guard };
};

/** Returns the identities that change something, as criteria see them. */
export const knownOf = (identities: readonly Identity[]): Known => {
  const known = { names: new Map<string, Identity>(), twins: makeTwins() };
  for (const identity of identities) {
    if (identity.key === undefined || identity.found) continue;
    known.names.set(nameOf(identity.key), identity);
    known.twins.add(identity);
  }
  return known;
};
