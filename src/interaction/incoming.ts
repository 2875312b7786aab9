/** What a client sends as a resource, read once: exact text, plain value, type and id (https://hl7.org/fhir/R4/json.html). */
import { FhirError, type Issue } from '../core/error.js';
import { isId } from '../core/id.js';
import { isResourceType } from '../fhir/definitions.js';
import { parseResourceText } from '../fhir/json-text.js';
import type { Context } from './context.js';

export interface Incoming {
  readonly type: string;
  /** The id in the body. */
  readonly id: string | undefined;
  /** Compact JSON text, numbers and strings exactly as sent. */
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Findings that do not refuse the resource. */
  readonly issues: readonly Issue[];
}

/**
 * Returns the resource in the body of the request, checked to be one of `type`.
 * Throws `empty-body`, `malformed-json` and its kin, `wrong-resource-type`, `invalid-id` and what validation refuses.
 */
export const readIncoming = async (context: Context, type: string): Promise<Incoming> => {
  const { payload } = context.request;
  if (payload === undefined || payload.text.trim() === '') throw new FhirError('empty-body', `Send the ${type} resource in the body.`);
  const { text, value } = parseResourceText(payload.text, { maxDepth: context.service.options.maxDepth });
  return checkIncoming(context, { text, value }, type);
};

/** Returns the same for a resource that was parsed before, as an entry of a Bundle or the result of a patch. */
export const checkIncoming = async (context: Context, parsed: { text: string; value: unknown }, type: string): Promise<Incoming> => {
  const value = checkObject(parsed.value);
  checkResourceType(value, type);
  const id = checkBodyId(value);
  checkMeta(value, type);
  return { type, id, text: parsed.text, value, issues: await checkValid(context, value) };
};

const checkObject = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new FhirError('invalid-structure', 'The body must be one JSON object with a resourceType.');
};

const checkResourceType = (value: Readonly<Record<string, unknown>>, type: string): void => {
  const sent = value['resourceType'];
  if (sent === type) return;
  if (typeof sent !== 'string') throw new FhirError('wrong-resource-type', `resourceType is missing; this URL takes "${type}".`, { expression: 'resourceType' });
  const what = isResourceType(sent) ? `is ${sent}` : 'is not a resource type of FHIR R4';
  throw new FhirError('wrong-resource-type', `resourceType ${what}, but this URL takes ${type}.`, { expression: 'resourceType' });
};

const checkBodyId = (value: Readonly<Record<string, unknown>>): string | undefined => {
  const id = value['id'];
  if (id === undefined) return undefined;
  if (typeof id === 'string' && isId(id)) return id;
  throw new FhirError('invalid-id', 'id must be 1 to 64 characters of A-Z, a-z, 0-9, "-" and ".".', { expression: `${String(value['resourceType'])}.id` });
};

const checkMeta = (value: Readonly<Record<string, unknown>>, type: string): void => {
  const meta = value['meta'];
  if (meta === undefined || (typeof meta === 'object' && meta !== null && !Array.isArray(meta))) return;
  throw new FhirError('invalid-structure', 'meta must be an object.', { expression: `${type}.meta` });
};

const checkValid = async ({ service }: Context, value: Readonly<Record<string, unknown>>): Promise<readonly Issue[]> => {
  const issues = await service.validate(value);
  if (issues.some(({ severity }) => severity === 'error' || severity === 'fatal')) {
    throw new FhirError('invalid-resource', 'The resource is not valid; nothing was stored.', { issues });
  }
  return issues;
};
