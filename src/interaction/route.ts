/**
 * The one route table (https://hl7.org/fhir/R4/http.html#summary): HTTP routes, batch entries, scopes and the
 * CapabilityStatement are all read from it.
 */
import type { Permission } from '../access/scope.js';
import { FhirError } from '../core/error.js';
import { isId } from '../core/id.js';
import { nearName } from '../core/near-name.js';
import { compartmentTypes, isResourceType, resourceTypes } from '../fhir/definitions.js';
import { memberTypes } from '../search/compartment.js';
import type { ResourceKey } from '../store/resource.js';
import type { InteractionName } from './request.js';

export type Shape =
  | 'system' | 'metadata' | 'system-search' | 'system-history'
  | 'type' | 'type-search' | 'type-history'
  | 'instance' | 'instance-history' | 'version' | 'compartment' | 'compartment-search' | 'operation';

export interface RouteRow {
  readonly shape: Shape;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly interaction: InteractionName;
  /** Code in CapabilityStatement.rest.(resource.)interaction; undefined where the statement says it otherwise. */
  readonly code?: string;
  /** Permissions that SMART scopes must carry, all of them; none where the request touches no resource by itself. */
  readonly permissions: readonly Permission[];
}

export const routeTable: readonly RouteRow[] = [
  { shape: 'metadata', method: 'GET', interaction: 'capabilities', permissions: [] },
  { shape: 'system', method: 'POST', interaction: 'batch-or-transaction', code: 'transaction', permissions: [] },
  { shape: 'system', method: 'GET', interaction: 'search-system', code: 'search-system', permissions: ['s'] },
  { shape: 'system-search', method: 'POST', interaction: 'search-system', permissions: ['s'] },
  { shape: 'system-history', method: 'GET', interaction: 'history-system', code: 'history-system', permissions: ['r', 's'] },
  { shape: 'type', method: 'GET', interaction: 'search-type', code: 'search-type', permissions: ['s'] },
  { shape: 'type-search', method: 'POST', interaction: 'search-type', permissions: ['s'] },
  { shape: 'type', method: 'POST', interaction: 'create', code: 'create', permissions: ['c'] },
  { shape: 'type', method: 'PUT', interaction: 'conditional-update', permissions: ['u', 's'] },
  { shape: 'type', method: 'PATCH', interaction: 'conditional-patch', permissions: ['u', 's'] },
  { shape: 'type', method: 'DELETE', interaction: 'conditional-delete', permissions: ['d', 's'] },
  { shape: 'type-history', method: 'GET', interaction: 'history-type', code: 'history-type', permissions: ['r', 's'] },
  { shape: 'instance', method: 'GET', interaction: 'read', code: 'read', permissions: ['r'] },
  { shape: 'instance', method: 'PUT', interaction: 'update', code: 'update', permissions: ['u'] },
  { shape: 'instance', method: 'PATCH', interaction: 'patch', code: 'patch', permissions: ['u'] },
  { shape: 'instance', method: 'DELETE', interaction: 'delete', code: 'delete', permissions: ['d'] },
  { shape: 'instance-history', method: 'GET', interaction: 'history-instance', code: 'history-instance', permissions: ['r'] },
  { shape: 'version', method: 'GET', interaction: 'vread', code: 'vread', permissions: ['r'] },
  { shape: 'compartment', method: 'GET', interaction: 'search-compartment', permissions: ['s'] },
  { shape: 'compartment-search', method: 'POST', interaction: 'search-compartment', permissions: ['s'] },
  { shape: 'operation', method: 'GET', interaction: 'operation', permissions: [] },
  { shape: 'operation', method: 'POST', interaction: 'operation', permissions: [] },
];

export interface Route {
  readonly interaction: InteractionName;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly version?: string | undefined;
  /** Focus of the compartment; `type` is then that of its members, undefined for `*`. */
  readonly compartment?: ResourceKey | undefined;
  readonly operation?: string | undefined;
  readonly method: string;
}

interface Place extends Omit<Route, 'interaction' | 'method'> {
  readonly shape: Shape;
}

const byPlace = new Map(routeTable.map((row) => [`${row.method} ${row.shape}`, row]));
const methodsOf = (shape: Shape): string[] => {
  const methods = routeTable.filter((row) => row.shape === shape).map((row) => row.method as string);
  return methods.includes('GET') ? ['GET', 'HEAD', ...methods.filter((method) => method !== 'GET')] : methods;
};

/**
 * Returns the interaction that a request line asks for. `segments` are the decoded path segments below the base.
 * Throws `unknown-type`, `no-such-endpoint`, `invalid-id` or `method-not-allowed` (with the methods that are).
 */
export const routeOf = (method: string, segments: readonly string[]): Route => {
  const place = placeOf(segments);
  const row = byPlace.get(`${method === 'HEAD' ? 'GET' : method} ${place.shape}`);
  if (row === undefined) {
    const allow = methodsOf(place.shape);
    throw new FhirError('method-not-allowed', `${method.slice(0, 10)} is not an interaction of this URL; it takes ${allow.join(', ')}.`, { allow });
  }
  const { type, id, version, compartment, operation } = place;
  return { interaction: row.interaction, type, id, version, compartment, operation, method };
};

const placeOf = (segments: readonly string[]): Place => {
  const [first, second, third, fourth] = segments;
  const last = segments.at(-1);
  if (last?.startsWith('$') === true) return operationPlace(segments.slice(0, -1), last.slice(1));
  if (first === undefined) return { shape: 'system' };
  if (segments.length === 1 && first === 'metadata') return { shape: 'metadata' };
  if (segments.length === 1 && first === '_search') return { shape: 'system-search' };
  if (segments.length === 1 && first === '_history') return { shape: 'system-history' };
  const type = checkType(first);
  if (second === undefined) return { shape: 'type', type };
  if (segments.length === 2 && second === '_search') return { shape: 'type-search', type };
  if (segments.length === 2 && second === '_history') return { shape: 'type-history', type };
  const id = checkId(second);
  if (third === undefined) return { shape: 'instance', type, id };
  if (third === '*' || /^[A-Z]/.test(third)) return compartmentPlace({ type, id }, third, segments.slice(3));
  if (third !== '_history' || segments.length > 4) throw noSuchEndpoint();
  if (fourth === undefined) return { shape: 'instance-history', type, id };
  return { shape: 'version', type, id, version: checkId(fourth) };
};

const compartmentPlace = (compartment: ResourceKey, member: string, rest: readonly string[]): Place => {
  const isSearch = rest.length === 1 && rest[0] === '_search';
  if (rest.length > 0 && !isSearch) throw noSuchEndpoint();
  const type = member === '*' ? undefined : checkType(member);
  const members = memberTypes(compartment.type);
  if (members.length === 0) throw new FhirError('no-such-endpoint', `${compartment.type} has no compartment; ${compartmentTypes().join(', ')} have one.`);
  if (type !== undefined && !members.includes(type)) throw new FhirError('no-such-endpoint', `No ${type} is ever in the compartment of a ${compartment.type}.`);
  return { shape: isSearch ? 'compartment-search' : 'compartment', type, compartment };
};

const operationPlace = (segments: readonly string[], operation: string): Place => {
  const { shape, type, id } = placeOf(segments);
  if (shape !== 'system' && shape !== 'type' && shape !== 'instance') throw noSuchEndpoint();
  return { shape: 'operation', type, id, operation };
};

const noSuchEndpoint = (): FhirError =>
  new FhirError('no-such-endpoint', 'There is no such endpoint below the FHIR base; see /metadata for what there is.');

const checkType = (name: string): string => {
  if (isResourceType(name)) return name;
  if (name.startsWith('$') || name.startsWith('_')) throw noSuchEndpoint();
  const near = nearName(name, resourceTypes);
  throw new FhirError('unknown-type', `"${name.slice(0, 40)}" is not a resource type of FHIR R4.${near === undefined ? '' : ` Did you mean ${near}?`}`);
};

const checkId = (text: string): string => {
  if (text.startsWith('$') || text.startsWith('_')) throw noSuchEndpoint();
  if (isId(text)) return text;
  throw new FhirError('invalid-id', 'The id in the URL must be 1 to 64 characters of A-Z, a-z, 0-9, "-" and ".".', { location: 'http.url' });
};
