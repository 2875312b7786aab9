/** One entry of an answer Bundle as text around stored text (https://hl7.org/fhir/R4/bundle.html). */
import { toInstant } from '../core/clock.js';
import type { Issue } from '../core/error.js';
import type { Version } from '../store/resource.js';
import type { Frame } from '../store/store.js';
import type { FhirResponse } from './request.js';
import { outcomeText } from './outcome-text.js';

const quote = JSON.stringify;
const phrases: Readonly<Record<number, string>> = {
  200: 'OK', 201: 'Created', 204: 'No Content', 304: 'Not Modified', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
  405: 'Method Not Allowed', 406: 'Not Acceptable', 409: 'Conflict', 410: 'Gone', 412: 'Precondition Failed', 413: 'Content Too Large',
  415: 'Unsupported Media Type', 422: 'Unprocessable Content', 428: 'Precondition Required', 429: 'Too Many Requests',
  500: 'Internal Server Error', 501: 'Not Implemented', 503: 'Service Unavailable', 507: 'Insufficient Storage',
};

/** Returns `201 Created` for 201. */
export const statusLine = (status: number): string => `${String(status)} ${phrases[status] ?? 'Other'}`;

/** Returns the response member of an entry, with its outcome when there are issues. */
export const responseText = ({ status, version, created, issues, code }: FhirResponse): string => {
  const place = version === undefined ? '' : `,"etag":"W/\\"${String(version.version)}\\"","lastModified":"${toInstant(version.updated)}"`;
  const location = version === undefined || created !== true ? '' : `,"location":"${version.type}/${version.id}/_history/${String(version.version)}"`;
  const outcome = issues === undefined || issues.length === 0 ? '' : `,"outcome":${outcomeText(issues, code)}`;
  return `"response":{"status":${quote(statusLine(status))}${location}${place}${outcome}}`;
};

/** Returns an entry of a batch or transaction response; the answer to a HEAD has no resource. */
export const answerEntry = (baseUrl: string, response: FhirResponse, method?: string): string => {
  const { version } = response;
  const body = method === 'HEAD' ? undefined : response.body;
  const fullUrl = version === undefined || body === undefined ? '' : `"fullUrl":"${baseUrl}/${version.type}/${version.id}",`;
  const resource = body === undefined ? '' : `"resource":${body},`;
  return `{${fullUrl}${resource}${responseText(response)}}`;
};

/** Returns an entry of a searchset. */
export const matchEntry = (baseUrl: string, { type, id }: Version, found: { body: string; mode: 'match' | 'include' }): string =>
  `{"fullUrl":"${baseUrl}/${type}/${id}","resource":${found.body},"search":{"mode":"${found.mode}"}}`;

/** Returns the same for matches of one type whose text the store puts in; it ends the Bundle too. */
export const matchFrame = (baseUrl: string, type: string): Frame =>
  ({ before: `{"fullUrl":"${baseUrl}/${type}/`, between: '","resource":', after: ',"search":{"mode":"match"}}', end: ']}' });

/** Returns the entry of a contained resource: its address is that of what contains it, and its id there. */
export const containedEntry = (baseUrl: string, { type, id }: Version, found: { id: string; body: string }): string =>
  `{"fullUrl":${quote(`${baseUrl}/${type}/${id}#${found.id}`)},"resource":${found.body},"search":{"mode":"match"}}`;

/** Returns the entry of a searchset that says what was not done as asked. */
export const outcomeEntry = (issues: readonly Issue[]): string => `{"resource":${outcomeText(issues)},"search":{"mode":"outcome"}}`;

/** Returns an entry of a history. */
export const historyEntry = (baseUrl: string, version: Version, body: string | undefined): string => {
  const { type, id, method } = version;
  const resource = body === undefined ? '' : `"resource":${body},`;
  const status = method === 'DELETE' ? 204 : version.version === 1 ? 201 : 200;
  const url = method === 'POST' ? type : `${type}/${id}`;
  return `{"fullUrl":"${baseUrl}/${type}/${id}",${resource}"request":{"method":"${method}","url":"${url}"},${responseText({ status, version })}}`;
};
