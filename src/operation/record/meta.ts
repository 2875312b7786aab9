/** $meta, $meta-add, $meta-delete (https://hl7.org/fhir/R4/resource-operations.html): profiles, tags and security labels of one resource. */
import { FhirError } from '../../core/error.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { lookUp } from '../../interaction/gate.js';
import { perform } from '../../interaction/perform.js';
import type { FhirResponse } from '../../interaction/request.js';
import type { Operation } from '../../interaction/service.js';
import type { Version } from '../../store/resource.js';
import { resourceTypes } from '../../fhir/definitions.js';
import { labelsInUse } from './labels.js';
import { answerPart, parametersText, readParameters, type JsonObject } from '../parameters.js';

type Lists = Readonly<Record<'profile' | 'tag' | 'security', readonly unknown[]>>;
type Combine = (own: readonly unknown[], given: readonly unknown[]) => readonly unknown[];
const names = ['profile', 'tag', 'security'] as const;

export const meta: Operation = {
  name: 'meta',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
  levels: ['system', 'type', 'instance'],
  affectsState: false,
  permissions: ['r'],
  handle: async (context) => {
    readParameters(context, {});
    if (context.request.id !== undefined) return answerMeta(await currentOf(context));
    const { type } = context.request;
    const used = await labelsInUse(context, type === undefined ? resourceTypes : [type]);
    // A Meta without a member is none.
    return { status: 200, body: parametersText(Object.keys(used).length === 0 ? [] : answerPart('return', 'valueMeta', used)) };
  },
};

/** A Coding is the same when system and code are; the rest of it describes. */
const identityOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { system, code } = value as { system?: unknown; code?: unknown };
  return JSON.stringify([system, code]);
};

const added: Combine = (own, given) => {
  const known = new Set(own.map(identityOf));
  return [...own, ...given.filter((value) => !known.has(identityOf(value)))];
};
const removed: Combine = (own, given) => {
  const gone = new Set(given.map(identityOf));
  return own.filter((value) => !gone.has(identityOf(value)));
};

const changing = (name: 'meta-add' | 'meta-delete', combine: Combine): Operation => ({
  name,
  definition: `http://hl7.org/fhir/OperationDefinition/Resource-${name}`,
  levels: ['instance'],
  affectsState: true,
  permissions: ['r', 'u'],
  handle: async (context) => {
    const given = readParameters(context, { meta: { kind: 'Meta' } }).object('meta');
    if (given === undefined) throw new FhirError('invalid-parameter', `$${name} needs a parameter "meta" with valueMeta.`, { expression: 'Parameters.parameter' });
    return change(context, listsOf(given), combine);
  },
});

export const metaAdd = changing('meta-add', added);
export const metaDelete = changing('meta-delete', removed);

const listsOf = (value: JsonObject): Lists => {
  const list = (name: string): readonly unknown[] => (Array.isArray(value[name]) ? value[name] as unknown[] : []);
  return { profile: list('profile'), tag: list('tag'), security: list('security') };
};

const currentOf = async (context: Context): Promise<Version> => {
  const version = await lookUp(context, keyOf(context));
  if (version === undefined) throw new FhirError('not-found', `There is no ${keyOf(context).type} with this id.`);
  if (version.body === undefined) throw new FhirError('deleted', `This ${keyOf(context).type} was deleted.`);
  return version;
};

const metaOf = ({ body = '{}' }: Version): JsonObject => ((JSON.parse(body) as { meta?: JsonObject }).meta ?? {});
const answerMeta = (version: Version): FhirResponse => ({ status: 200, body: parametersText(answerPart('return', 'valueMeta', metaOf(version))) });

const attempts = 20;

/** A patch of the version that was read: what others change meanwhile is kept. */
const change = async (context: Context, given: Lists, combine: Combine): Promise<FhirResponse> => {
  for (let tried = 0; tried < attempts; tried += 1) {
    const current = await currentOf(context);
    const patch = patchOf(listsOf(metaOf(current)), given, combine);
    if (patch.length === 0 || await isPatched(context, current, patch)) return answerMeta(await currentOf(context));
  }
  throw new FhirError('version-conflict', 'The resource keeps changing while this request is processed; repeat it.', { retryAfter: 1 });
};

const patchOf = (own: Lists, given: Lists, combine: Combine): Record<string, unknown>[] =>
  names.flatMap((name) => {
    const value = combine(own[name], given[name]);
    if (value.length === own[name].length) return [];
    return value.length === 0 ? [{ op: 'remove', path: `/meta/${name}` }] : [{ op: 'add', path: `/meta/${name}`, value }];
  });

const isPatched = async ({ service, viewer, request }: Context, { type, id, version }: Version, patch: readonly Record<string, unknown>[]): Promise<boolean> => {
  try {
    await perform(service, viewer, {
      interaction: 'patch', type, id, method: 'PATCH', params: [], conditions: { ifMatch: `W/"${String(version)}"` }, prefer: { return: 'minimal' },
      payload: { text: JSON.stringify(patch), format: 'json-patch' }, requestId: request.requestId,
    });
    return true;
  } catch (error) {
    if (error instanceof FhirError && (error.code === 'precondition-failed' || error.code === 'version-conflict')) return false;
    throw error;
  }
};
