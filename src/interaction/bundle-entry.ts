/** The entries of a batch or transaction Bundle, read and checked (https://hl7.org/fhir/R4/http.html#transaction). */
import { errorTable } from '../core/error-table.js';
import { FhirError, type Issue } from '../core/error.js';
import type { Context } from './context.js';
import type { FhirRequest, Parsed, Payload, RawEntry } from './request.js';
import { routeOf, type Route } from './route.js';

export interface EntryIn {
  /** Place in the Bundle, from 0. */
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly method: string;
  readonly route: Route;
  readonly request: FhirRequest;
  readonly resource: Parsed | undefined;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const takesResource = new Set(['POST', 'PUT', 'PATCH']);

/** Returns the error with its findings placed in the entry: `Bundle.entry[3].resource.name`. */
export const atEntry = (error: FhirError, index: number): FhirError => {
  const place = `Bundle.entry[${String(index)}]`;
  const issues = error.issues.map((issue): Issue => ({ ...issue, expression: expressionIn(place, issue) }));
  return new FhirError(error.code, `Entry ${String(index)}: ${error.message}`, { ...error.options, issues, cause: error });
};

const expressionIn = (place: string, { expression, location }: Issue): string => {
  if (expression?.startsWith('Bundle.entry') === true) return expression;
  if (expression !== undefined) return `${place}.resource.${expression.replace(/^[A-Z][A-Za-z]*\./, '')}`;
  return location === undefined ? place : `${place}.request`;
};

/** Returns the checked entry; throws `invalid-bundle` and what the URL deserves, placed at the entry. */
export const readEntry = (context: Context, raw: RawEntry, index: number): EntryIn => {
  try {
    return checkedEntry(context, raw, index);
  } catch (error) {
    throw error instanceof FhirError ? atEntry(error, index) : error;
  }
};

const wrong = (message: string, element: string, index: number): FhirError =>
  new FhirError('invalid-bundle', message, { issues: [{ severity: 'error', code: errorTable['invalid-bundle'].issue, diagnostics: message, expression: `Bundle.entry[${String(index)}].${element}` }] });

const checkedEntry = (context: Context, raw: RawEntry, index: number): EntryIn => {
  const request = raw.request;
  if (typeof request !== 'object' || request === null) throw wrong('Each entry of a batch or transaction needs a request with method and url.', 'request', index);
  const { method, url } = request as { method?: unknown; url?: unknown };
  if (typeof method !== 'string' || !methods.includes(method)) throw wrong(`request.method must be one of ${methods.join(', ')}.`, 'request.method', index);
  if (typeof url !== 'string' || url === '') throw wrong('request.url is missing.', 'request.url', index);
  const fullUrl = raw.fullUrl;
  if (fullUrl !== undefined && (typeof fullUrl !== 'string' || fullUrl === '')) throw wrong('fullUrl must be a URI.', 'fullUrl', index);
  checkFullUrl(fullUrl, index);
  if (takesResource.has(method) && raw.resource === undefined && !url.includes('_search')) throw wrong(`A ${method} entry needs a resource.`, 'resource', index);
  const { segments, params } = splitUrl(context, url, index);
  const route = routeOf(method, segments);
  if (route.interaction === 'batch-or-transaction') throw wrong('A Bundle cannot hold a batch or transaction.', 'request.url', index);
  return { index, fullUrl, method, route, resource: raw.resource, request: requestOf(context, { route, params, request: request as Record<string, unknown>, resource: raw.resource, index }) };
};

const checkFullUrl = (fullUrl: string | undefined, index: number): void => {
  if (fullUrl === undefined || /^(urn:(uuid|oid):|https?:\/\/)\S+$/.test(fullUrl) || /^[a-z][a-z0-9+.-]*:\S+$/i.test(fullUrl)) return;
  throw wrong('fullUrl must be an absolute URI: urn:uuid:..., urn:oid:... or http(s)://... .', 'fullUrl', index);
};

const splitUrl = (context: Context, url: string, index: number): { segments: string[]; params: [string, string][] } => {
  const { baseUrl } = context.service.options;
  const own = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length + 1) : url.replace(/^\//, '');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(own)) throw wrong('request.url must be relative to the base of this server.', 'request.url', index);
  const [path = '', ...query] = own.split('?');
  try {
    return { segments: path.split('/').filter((part) => part !== '').map(decodeURIComponent), params: query.length === 0 ? [] : [...new URLSearchParams(query.join('?'))] };
  } catch (cause) {
    throw new FhirError('invalid-bundle', 'request.url holds a broken percent escape.', { cause, expression: `Bundle.entry[${String(index)}].request.url` });
  }
};

interface RequestParts {
  readonly route: Route;
  readonly params: readonly (readonly [string, string])[];
  readonly request: Readonly<Record<string, unknown>>;
  readonly resource: Parsed | undefined;
  readonly index: number;
}

const aboutForm = new Set(['_format', '_pretty']);

const requestOf = (context: Context, { route, params, request, resource, index }: RequestParts): FhirRequest => {
  const { prefer, requestId, idempotencyKey, dryRun } = context.request;
  const text = (name: string): string | undefined => (typeof request[name] === 'string' ? request[name] : undefined);
  return {
    ...route,
    params: params.length === 0 ? params : params.filter(([name]) => !aboutForm.has(name)),
    conditions: { ifMatch: text('ifMatch'), ifNoneMatch: text('ifNoneMatch'), ifModifiedSince: text('ifModifiedSince'), ifNoneExist: text('ifNoneExist') },
    prefer: { ...prefer, return: prefer.return ?? 'minimal' },
    payload: resource === undefined ? undefined : payloadOf(route, resource),
    idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey.slice(0, 240)}#${String(index)}`,
    dryRun,
    requestId,
  };
};

/** A patch in a Bundle is a Binary with the patch document as its data, or a Parameters resource. */
const payloadOf = (route: Route, { text, value }: Parsed): Payload => {
  if (route.interaction !== 'patch' && route.interaction !== 'conditional-patch') return { text, format: 'json' };
  const { resourceType, contentType, data } = value;
  if (resourceType !== 'Binary') return { text, format: 'json' };
  if (contentType !== 'application/json-patch+json') throw new FhirError('unsupported-media-type', 'The Binary of a PATCH entry must have the contentType application/json-patch+json.', { expression: 'Binary.contentType' });
  return { text: Buffer.from(typeof data === 'string' ? data : '', 'base64').toString('utf8'), format: 'json-patch' };
};
