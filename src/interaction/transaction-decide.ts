/** What a transaction stores, decided on what is current (https://hl7.org/fhir/R4/http.html#trules). */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import { isResourceType } from '../fhir/definitions.js';
import type { Guard, ResourceKey } from '../store/resource.js';
import { writeOf, type Change } from './change.js';
import type { Context } from './context.js';
import { decideDeletion } from './delete.js';
import type { Incoming } from './incoming.js';
import { checkPreconditions } from './precondition.js';
import { relink, type Relink } from './link.js';
import { parseCriteriaText } from './match.js';
import { patchVersion, readPatch, type Patch } from './patch.js';
import { checkReferences, expressionOf } from './reference.js';
import { makeResolver } from './transaction-resolve.js';
import { identify, knownOf, matchBoth, nameOf } from './transaction-identity.js';
import { withinAsync, type Identity, type Prepared } from './transaction-prepare.js';
import { decideOn } from './update.js';

export interface Decided extends Change {
  /** Index of the entry that stores the resource this conditional create found. */
  readonly twin?: number | undefined;
}

/** Returns the change of each writing entry by its index; throws what the first that cannot be done deserves. */
export const decideEntries = async (context: Context, entries: readonly Prepared[]): Promise<Map<number, Decided>> => {
  const identities = await identify(entries);
  const resolve = makeResolver(context.service.options.baseUrl, identities);
  const conditional = await resolveConditional(context, identities);
  const given = new Set(identities.flatMap(({ key, prepared }) => (key === undefined || prepared.entry.method === 'DELETE' ? [] : [nameOf(key)])));
  const touched = new Set(identities.flatMap(({ key }) => (key === undefined ? [] : [nameOf(key)])));
  const changes = new Map<number, Decided>();
  const breathe = makeBreather();
  for (const identity of identities) {
    const { entry, incoming } = identity.prepared;
    const replace: Relink = (text, kind) => (kind === 'reference' ? conditional.names.get(text) : undefined) ?? resolve(text, kind, entry.fullUrl);
    const linked = incoming === undefined ? undefined : relinked(identity.prepared, incoming, replace);
    changes.set(entry.index, await withinAsync(entry, () => decideOne(identity, { incoming: linked, patch: relinkedPatch(identity.prepared, replace) }, { given, touched })));
    await breathe();
  }
  const [first] = changes.entries();
  if (first !== undefined) changes.set(first[0], { ...first[1], guards: [...first[1].guards, ...conditional.guards] });
  return changes;
};

const relinked = ({ links }: Prepared, incoming: Incoming, replace: Relink): Incoming => {
  const changed = relink(incoming, links, replace);
  return changed === undefined ? incoming : { ...incoming, ...changed };
};

const relinkedPatch = ({ patch, links, entry, context }: Prepared, replace: Relink): Patch | undefined => {
  if (patch === undefined || entry.resource === undefined || links.length === 0) return patch;
  const changed = relink(entry.resource, links, replace);
  return changed === undefined ? patch : readPatch({ ...context, request: { ...context.request, payload: { text: changed.text, format: 'json' } } });
};

interface Content {
  readonly incoming: Incoming | undefined;
  readonly patch: Patch | undefined;
}

/** `Type/id` of what the transaction stores, and of all it changes. */
interface Together {
  readonly given: ReadonlySet<string>;
  readonly touched: ReadonlySet<string>;
}

const decideOne = async (identity: Identity, { incoming, patch }: Content, { given, touched }: Together): Promise<Decided> => {
  const { prepared: { context, entry }, key, current, guards, found, twin } = identity;
  if (found) return { found: current ?? unstored(key), guards, status: 200, issues: [], twin };
  if (entry.method === 'DELETE') checkPreconditions(context.request.conditions, current, false);
  if (entry.method === 'DELETE') return withGuards(await decideDeletion(context, current, touched), guards);
  if (patch !== undefined) {
    if (current === undefined) throw new FhirError('not-found', `There is no ${identity.prepared.type} with this id.`);
    return withGuards(await patchVersion(context, { current, patch, given }), guards);
  }
  if (incoming === undefined || key === undefined) throw new Error(`entry ${String(entry.index)} was prepared without a resource`);
  if (entry.method === 'PUT') return decideOn(context, { incoming, id: key.id, current, guards, given });
  const references = await checkReferences(context, incoming, given);
  const write = await writeOf(context, incoming, { id: key.id, base: 0, method: 'POST' });
  return { write, guards: [...guards, ...references.guards], status: 201, issues: [...incoming.issues, ...references.issues] };
};

const withGuards = (change: Change, guards: readonly Guard[]): Change => ({ ...change, guards: [...guards, ...change.guards] });

/** Stands for the version that another entry of this transaction stores. */
const unstored = (key: ResourceKey | undefined): NonNullable<Change['found']> => {
  if (key === undefined) throw new Error('a conditional create found nothing to point to');
  return { ...key, version: 1, updated: 0, seq: 0, method: 'POST' };
};

const conditionalForm = /^([A-Z][A-Za-z]+)\?(.+)$/;

/** Returns what each conditional reference stands for; exactly one match is needed, in the store or in this transaction. */
const resolveConditional = async (context: Context, identities: readonly Identity[]): Promise<{ names: ReadonlyMap<string, string>; guards: readonly Guard[] }> => {
  const names = new Map<string, string>();
  const guards: Guard[] = [];
  const known = knownOf(identities);
  const breathe = makeBreather();
  for (const { prepared } of identities) {
    await breathe();
    for (const { kind, text, path } of prepared.links) {
      const type = kind === 'reference' && !names.has(text) ? conditionalForm.exec(text)?.[1] : undefined;
      if (type === undefined) continue;
      await withinAsync(prepared.entry, async () => {
        const expression = expressionOf(prepared.type, path);
        if (!isResourceType(type)) throw new FhirError('unresolved-reference', `The conditional reference names "${type.slice(0, 40)}", which is not a resource type of FHIR R4.`, { expression });
        const { versions, twins, guard } = await matchBoth(context, parseCriteriaText(context, type, text), known);
        const matches = [...versions.map(nameOf), ...twins.flatMap(({ key }) => (key === undefined ? [] : [nameOf(key)]))];
        const [name, ...others] = matches;
        if (name === undefined) throw new FhirError('unresolved-reference', `The conditional reference matches no ${type}.`, { expression });
        if (others.length > 0) throw new FhirError('multiple-matches', `The conditional reference matches more than one ${type}.`, { expression });
        names.set(text, name);
        guards.push(guard);
      });
    }
  }
  return { names, guards };
};
