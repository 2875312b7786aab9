/**
 * Referential integrity as the server is set (https://hl7.org/fhir/R4/http.html#transaction-integrity): off, warn,
 * or enforce, where the commit itself holds that targets exist and deleted resources are not referred to.
 */
import { FhirError, type Issue } from '../core/error.js';
import { isId } from '../core/id.js';
import { isResourceType } from '../fhir/definitions.js';
import { makeWalker } from '../fhir/walk.js';
import type { CommitResult, Guard, ResourceKey } from '../store/resource.js';
import type { Context } from './context.js';
import { isReferredTo, isThere, referrersOf, seesEverything } from './gate.js';

export interface LocalReference {
  readonly key: ResourceKey;
  /** FHIRPath of the element that refers. */
  readonly expression: string;
  /** The version that it names. */
  readonly version?: number | undefined;
}

export interface ReferenceCheck {
  readonly guards: readonly Guard[];
  readonly issues: readonly Issue[];
}

const walkReferences = makeWalker(new Set(['Reference']));
const nothing: ReferenceCheck = { guards: [], issues: [] };

/** Returns the key a literal reference names on this server, or undefined: contained, logical, elsewhere. */
export const localKey = (reference: string, baseUrl: string): ResourceKey | undefined => {
  const local = reference.startsWith(`${baseUrl}/`) ? reference.slice(baseUrl.length + 1) : reference;
  const [type, id, ...rest] = local.split('/');
  if (type === undefined || id === undefined || !isResourceType(type) || !isId(id)) return undefined;
  return rest.length === 0 || (rest.length === 2 && rest[0] === '_history') ? { type, id } : undefined;
};

const versionIn = (reference: string): number | undefined => {
  const [, number] = /\/_history\/([1-9]\d{0,9})$/.exec(reference) ?? [];
  return number === undefined ? undefined : Number(number);
};

/** Returns the references of a resource to resources of this server, each target once. */
export const localReferences = (value: Readonly<Record<string, unknown>>, baseUrl: string): LocalReference[] => {
  const found = new Map<string, LocalReference>();
  walkReferences(value, ({ value: reference, path }) => {
    const text = (reference as { reference?: unknown } | null)?.reference;
    const key = typeof text === 'string' ? localKey(text, baseUrl) : undefined;
    if (key === undefined) return;
    const name = `${key.type}/${key.id}`;
    if (!found.has(name)) found.set(name, { key, expression: expressionOf(String(value['resourceType']), path), version: versionIn(String(text)) });
  });
  return [...found.values()];
};

/** Returns the FHIRPath of an element of a resource. */
export const expressionOf = (type: string, path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : `${text}.${step}`), type);

/**
 * Returns guards (enforce) or warnings (warn, where the caller asked for an outcome) for references to nothing.
 * `given` are keys that the same commit creates, `own` is the key of the resource itself where it may be new.
 * Throws `unresolved-reference` under enforce.
 */
export const checkReferences = async (context: Context, incoming: { value: Readonly<Record<string, unknown>>; own?: string }, given: ReadonlySet<string> = new Set()): Promise<ReferenceCheck> => {
  const { referentialIntegrity: policy, baseUrl } = context.service.options;
  const wanted = policy === 'enforce' || (policy === 'warn' && context.request.prefer.return === 'OperationOutcome');
  if (!wanted) return nothing;
  const references = localReferences(incoming.value, baseUrl).filter(({ key }) => !given.has(`${key.type}/${key.id}`) && incoming.own !== `${key.type}/${key.id}`);
  const missing: LocalReference[] = [];
  for (const reference of references) {
    if (!(await isThere(context, reference.key))) missing.push(reference);
  }
  const issues = missing.map((reference): Issue => ({
    severity: policy === 'enforce' ? 'error' : 'warning', code: 'not-found', expression: reference.expression,
    diagnostics: `The reference points to a ${reference.key.type} that is not on this server.`,
  }));
  if (policy === 'enforce' && issues.length > 0) throw new FhirError('unresolved-reference', 'A reference points to nothing; nothing was stored.', { issues });
  return policy === 'enforce' ? { issues: [], guards: references.map(({ key }) => ({ kind: 'exists', key })) } : { issues, guards: [] };
};

/**
 * Resolves with the guard that nothing refers to a resource about to be deleted (enforce). For who does not see everything only what
 * they see counts, so that a refusal tells of nothing hidden: what refers to it now and is hidden is left out of the guard, and one that
 * begins to refer meanwhile lets the delete be decided again. Rejects with `still-referenced`. `also`: `Type/id` of what the same commit changes.
 */
export const guardUnreferenced = async (context: Context, { type, id }: ResourceKey, also?: ReadonlySet<string>): Promise<readonly Guard[]> => {
  const { options, registry } = context.service;
  if (options.referentialIntegrity !== 'enforce') return [];
  if (seesEverything(context)) return [{ kind: 'unreferenced', key: { type, id }, also: registry.ownReferences }];
  // All first: what is stored between the two looks is then seen, or fails the guard.
  const except = await referrersOf(context, { type, id });
  if (await isReferredTo(context, { type, id }, also)) throw stillReferenced(type);
  return except === undefined ? [] : [{ kind: 'unreferenced', key: { type, id }, also: registry.ownReferences, except }];
};

const stillReferenced = (type: string): FhirError => new FhirError('still-referenced', `Other resources refer to this ${type}; it was not deleted.`);

/** Returns the warning that others still refer to a resource about to be deleted, where the caller asked for an outcome. */
export const warnReferenced = async (context: Context, key: ResourceKey): Promise<readonly Issue[]> => {
  const wanted = context.service.options.referentialIntegrity === 'warn' && context.request.prefer.return === 'OperationOutcome';
  if (!wanted || !(await isReferredTo(context, key))) return [];
  return [{ severity: 'warning', code: 'business-rule', diagnostics: `Other resources still refer to this ${key.type}.` }];
};

/** Throws `still-referenced` when a commit failed because of what refers to a resource it deletes, and whoever asked sees that; else it is to be decided again. */
export const checkUnreferenced = (result: CommitResult, guards: readonly Guard[]): void => {
  if (result.ok || result.failed !== 'guard') return;
  const guard = guards[result.index];
  if (guard?.kind === 'unreferenced' && guard.except === undefined) throw stillReferenced(guard.key.type);
};
