/** update, update as create and conditional update, https://hl7.org/fhir/R4/http.html#update */
import { FhirError } from '../core/error.js';
import type { Guard, ResourceKey, Version } from '../store/resource.js';
import { applyChange, writeOf, type Change } from './change.js';
import { keyOf, typeOf, type Context, type Interaction } from './context.js';
import { isBoundByToken, isBoundTo, isTaken, isWithheldFrom, lookUp } from './gate.js';
import { readIncoming, type Incoming } from './incoming.js';
import { matchNow, onlyMatch, parseCriteria, type Criteria } from './match.js';
import { checkPreconditions } from './precondition.js';
import { checkReferences } from './reference.js';

/** Returns 200, or 201 where the resource was not there before; throws `id-mismatch` and what preconditions refuse. */
export const update: Interaction = async (context) => {
  const key = keyOf(context);
  const incoming = await readIncoming(context, key.type);
  checkSameId(incoming, key.id);
  return applyChange(context, `${key.type}/${key.id}`, () => decideUpdate(context, incoming, key.id));
};

/** Returns the same as `update` for the one match of the criteria, or a create when there is none. */
export const conditionalUpdate: Interaction = async (context) => {
  const type = typeOf(context);
  const incoming = await readIncoming(context, type);
  const criteria = parseCriteria(context, type, context.request.params);
  const newId = incoming.id ?? context.service.ids.resource();
  return applyChange(context, criteria.claim, () => decideConditionalUpdate(context, { incoming, criteria, newId }));
};

/** Throws `id-mismatch` unless the body carries the id of the URL. */
export const checkSameId = (incoming: Incoming, id: string): void => {
  if (incoming.id === id) return;
  const what = incoming.id === undefined ? 'The body has no id' : 'The id in the body differs from the id in the URL';
  throw new FhirError('id-mismatch', `${what}; an update needs both to be the same.`, { expression: `${incoming.type}.id` });
};

/** Returns what an update of `id` does on what is current. */
export const decideUpdate = async (context: Context, incoming: Incoming, id: string): Promise<Change> =>
  decideOn(context, { incoming, id, current: await lookUp(context, { type: incoming.type, id }) });

export interface UpdateWish {
  readonly incoming: Incoming;
  readonly id: string;
  readonly current: Version | undefined;
  readonly guards?: readonly Guard[];
  /** `Type/id` of what the same commit stores, for referential integrity. */
  readonly given?: ReadonlySet<string>;
}

/**
 * Returns why an update makes no new resource under an id; undefined when it may. A 201 would tell that an id is free: for whom anything of the type is hidden, by the token or by a Consent, no id makes a new resource,
 * so that what is hidden and what never was answer the same. An id that the server makes tells nothing, nor does one of what may be read but not written.
 */
export const whyNotNew = async (context: Context, { type, id }: Pick<Incoming, 'type' | 'id'>): Promise<FhirError | undefined> => {
  if (!isBoundByToken(context, type) && (id === undefined || !(await isClosed(context, { type, id })))) return undefined;
  return new FhirError('not-found', `There is no ${type} with this id, and a token that is shown only some of them makes none under an id of its choice: POST it, or update it by a condition.`);
};

const isClosed = async (context: Context, key: ResourceKey): Promise<boolean> => isBoundTo(context, key.type) && (isWithheldFrom(context, key.type) || await isTaken(context, key));

/** Returns what an update does on this current version. */
export const decideOn = async (context: Context, wish: UpdateWish): Promise<Change> => {
  const { incoming, id, current, guards = [], given } = wish;
  const { clientIds, requireIfMatch } = context.service.options;
  const whyNot = current === undefined ? await whyNotNew(context, incoming) : undefined;
  if (whyNot !== undefined) throw whyNot;
  checkPreconditions(context.request.conditions, current, requireIfMatch);
  // Without an id in the body it is a conditional update that matched nothing: the id is the server's own.
  if (current === undefined && !clientIds && incoming.id !== undefined) {
    throw new FhirError('client-ids-forbidden', `There is no ${incoming.type} with this id, and this server assigns ids itself: POST it to ${incoming.type}.`, { allow: ['GET', 'HEAD'] });
  }
  const references = await checkReferences(context, { value: incoming.value, own: `${incoming.type}/${id}` }, given);
  const write = await writeOf(context, incoming, { id, base: current?.version ?? 0, method: 'PUT', former: current });
  return { write, guards: [...guards, ...references.guards], status: current?.body === undefined ? 201 : 200, issues: [...incoming.issues, ...references.issues] };
};

export interface ConditionalUpdateWish {
  readonly incoming: Incoming;
  readonly criteria: Criteria;
  /** The id when the criteria match nothing. */
  readonly newId: string;
}

/** Returns what a conditional update does on what is current. */
export const decideConditionalUpdate = async (context: Context, wish: ConditionalUpdateWish): Promise<Change> => {
  const { incoming, criteria, newId } = wish;
  const matches = await matchNow(context, criteria);
  const found = onlyMatch(matches, criteria);
  const guards = [matches.guard];
  if (found === undefined) return decideOn(context, { incoming, id: newId, current: await checkFree(context, incoming), guards });
  if (incoming.id !== undefined && incoming.id !== found.id) {
    throw new FhirError('id-mismatch', 'The id in the body is not the id of the resource that the criteria match.', { expression: `${incoming.type}.id` });
  }
  return decideOn(context, { incoming, id: found.id, current: found, guards });
};

/** Without a match, the id in the body must not belong to a resource that the criteria do not match. */
const checkFree = async (context: Context, { type, id }: Incoming): Promise<Version | undefined> => {
  if (id === undefined) return undefined;
  const current = await lookUp(context, { type, id });
  if (current?.body === undefined) return current;
  throw new FhirError('version-conflict', 'The criteria match nothing, but a resource with the id in the body exists.', { expression: `${type}.id` });
};
