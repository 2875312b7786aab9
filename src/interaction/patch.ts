/** patch with JSON Patch (RFC 6902) and FHIRPath Patch, also conditional, https://hl7.org/fhir/R4/http.html#patch */
import { FhirError } from '../core/error.js';
import type { ParsedJson } from '../core/json/parse.js';
import { parseResourceText } from '../fhir/json-text.js';
import type { ResourceKey, Version } from '../store/resource.js';
import { applyChange, writeOf, type Change } from './change.js';
import { keyOf, typeOf, type Context, type Interaction } from './context.js';
import { lookUp } from './gate.js';
import { checkIncoming, type Incoming } from './incoming.js';
import { applyFhirPathPatch, parseFhirPathPatch } from './fhirpath-patch.js';
import { applyJsonPatch, parseJsonPatch } from './json-patch.js';
import { matchNow, onlyMatch, parseCriteria, type Criteria } from './match.js';
import { readAccess } from './permission.js';
import { checkPreconditions } from './precondition.js';
import { checkReferences, type ReferenceCheck } from './reference.js';
import { isVisible } from './visible.js';

/** Returns 200 with the patched resource; throws `not-found`, `deleted`, `malformed-patch` and `invalid-patch`. */
export const patch: Interaction = async (context) => {
  const key = keyOf(context);
  const operations = readPatch(context);
  return applyChange(context, `${key.type}/${key.id}`, () => decidePatch(context, key, operations));
};

/** Returns the same for the one match of the criteria; throws `not-found` when there is none. */
export const conditionalPatch: Interaction = async (context) => {
  const criteria = parseCriteria(context, typeOf(context), context.request.params);
  const operations = readPatch(context);
  return applyChange(context, criteria.claim, () => decideConditionalPatch(context, criteria, operations));
};

/** A patch that has been read. */
export interface Patch {
  /** Returns the exact text of the patched resource; throws `invalid-patch` and its kin. */
  readonly apply: (text: string) => Promise<string>;
}

/** Returns the patch in the body of the request; throws `empty-body` and `malformed-patch`. */
export const readPatch = ({ request, service }: Context): Patch => {
  const { payload } = request;
  if (payload === undefined || payload.text.trim() === '') throw new FhirError('empty-body', 'Send a JSON Patch array or the Parameters resource of a FHIRPath Patch in the body.');
  const { maxDepth } = service.options;
  if (payload.format === 'json-patch') {
    const operations = parseJsonPatch(payload.text, { maxDepth });
    return { apply: (text) => applyJsonPatch(text, operations) };
  }
  const operations = parseFhirPathPatch(payload.text, { maxDepth });
  return { apply: (text) => applyFhirPathPatch(text, operations) };
};

/** Patches can nest values in values; the result is held to the depth of what is sent. */
const patchedBy = async ({ apply }: Patch, text: string, maxDepth: number): Promise<ParsedJson> => {
  try {
    return parseResourceText(await apply(text), { maxDepth });
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof FhirError && error.code === 'too-deep')) throw error;
    throw new FhirError('too-deep', `The patch makes a resource that is nested deeper than ${String(maxDepth)} levels. Nothing was changed.`, { cause: error });
  }
};

/** Returns what a patch of the resource does on what is current. */
export const decidePatch = async (context: Context, key: ResourceKey, operations: Patch): Promise<Change> => {
  const current = await lookUp(context, key);
  if (current === undefined) throw new FhirError('not-found', `There is no ${key.type} with this id.`);
  return patchVersion(context, { current, patch: operations });
};

/** Returns what a patch of the one match of the criteria does on what is current. */
export const decideConditionalPatch = async (context: Context, criteria: Criteria, operations: Patch): Promise<Change> => {
  const matches = await matchNow(context, criteria);
  const found = onlyMatch(matches, criteria);
  if (found === undefined) throw new FhirError('not-found', `The criteria match no ${criteria.type}.`);
  const change = await patchVersion(context, { current: found, patch: operations });
  return { ...change, guards: [matches.guard, ...change.guards] };
};

export interface PatchWish {
  readonly current: Version;
  readonly patch: Patch;
  /** `Type/id` of what the same commit stores, for referential integrity. */
  readonly given?: ReadonlySet<string>;
}

/** Returns what a patch does on this version; throws `deleted`, `invalid-patch` and what preconditions refuse. */
export const patchVersion = async (context: Context, wish: PatchWish): Promise<Change> => {
  const { current } = wish;
  if (current.body === undefined) throw new FhirError('deleted', `This ${current.type} was deleted and cannot be patched.`);
  checkPreconditions(context.request.conditions, current, context.service.options.requireIfMatch);
  const isRead = await isVisible(context, readAccess(context), current);
  const { incoming, references } = await (isRead ? patchedTo(context, wish) : untold(patchedTo(context, wish)));
  const write = await writeOf(context, incoming, { id: current.id, base: current.version, method: 'PATCH', former: current });
  return { write, guards: references.guards, status: 200, issues: isRead ? [...incoming.issues, ...references.issues] : [] };
};

interface Patched {
  readonly incoming: Incoming;
  readonly references: ReferenceCheck;
}

const patchedTo = async (context: Context, { current, patch: operations, given }: PatchWish): Promise<Patched> => {
  const patched = await patchedBy(operations, current.body ?? '', context.service.options.maxDepth);
  const incoming = await checkIncoming(context, patched, current.type);
  if (incoming.id !== current.id) throw new FhirError('invalid-patch', 'A patch cannot change or remove the id.', { expression: `${current.type}.id` });
  return { incoming, references: await checkReferences(context, incoming, given) };
};

/** What is wrong with a patched resource is said with what it has in it, copied from wherever the patch says: that is for who may read it. */
const untold = async (patched: Promise<Patched>): Promise<Patched> => {
  try {
    return await patched;
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500) throw error;
    throw new FhirError('invalid-patch', 'The patch cannot be applied, or what it makes of the resource is not valid; how is told to tokens that may read (r) the resource. Nothing was changed.', { cause: error });
  }
};
