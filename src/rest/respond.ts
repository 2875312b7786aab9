/** FHIR response or error -> HTTP answer (https://hl7.org/fhir/R4/http.html): status, version headers, body in the form asked for. */
import { toFhirError, type FhirError } from '../core/error.js';
import { prettyJson } from '../core/json/pretty.js';
import { writeXml, writeXmlGently } from '../fhir/xml/write.js';
import { patchFormats } from '../interaction/capabilities.js';
import { outcomeText } from '../interaction/outcome-text.js';
import type { FhirResponse } from '../interaction/request.js';
import { ClientGone } from './body.js';
import type { Exchange, Host } from './exchange.js';
import { negotiate, plainForm, type AnswerForm } from './negotiate.js';
import { parseQuery } from './query.js';
import { send } from './send.js';
import { parseTarget } from './target.js';

/** Sends what an interaction answered. */
export const respond = (host: Host, exchange: Exchange, response: FhirResponse): Promise<void> | void => {
  const { status, version, created, replayed, code } = response;
  const headers: string[] = [];
  if (version !== undefined) {
    headers.push('ETag', `W/"${String(version.version)}"`, 'Last-Modified', new Date(version.updated).toUTCString());
    if (created === true) {
      const url = `${host.service.options.baseUrl}/${version.type}/${version.id}/_history/${String(version.version)}`;
      headers.push('Location', url, 'Content-Location', url);
    }
  }
  if (replayed === true) headers.push('Idempotency-Replayed', 'true');
  if (response.trial !== undefined) headers.push('X-Dry-Run', 'true');
  exchange.code ??= code;
  if (response.stored !== undefined) return send(host, exchange, { status, headers, body: response.stored.head, rest: response.stored.rest });
  const text = bodyOf(response);
  if (text !== undefined && exchange.form.format === 'xml') return sendXml(host, exchange, { status, headers, body: text });
  return send(host, exchange, { status, headers, body: text !== undefined && exchange.form.pretty ? prettyJson(text) : text });
};

const bodyOf = ({ status, body, issues, code }: FhirResponse): string | undefined => {
  if (status === 204 || status === 304) return undefined;
  return body ?? (issues === undefined || issues.length === 0 ? undefined : outcomeText(issues, code));
};

const sendXml = async (host: Host, exchange: Exchange, { status, headers, body }: { status: number; headers: string[]; body: string }): Promise<void> =>
  send(host, exchange, { status, headers, body: await writeXmlGently(body, { pretty: exchange.form.pretty }) });

/** Errors of the server's own state that the operator sees in the metrics; a line for each would only add load. */
const expected = new Set(['parameter-pending', 'overloaded', 'shutting-down', 'not-implemented']);

/**
 * Sends the OperationOutcome of an error. What is a failure of the server is told to the operator, once, with its cause;
 * the client learns the request id and nothing else.
 */
export const respondError = (host: Host, exchange: Exchange, thrown: unknown): Promise<void> | void => {
  if (thrown instanceof ClientGone) return undefined;
  const error = toFhirError(thrown);
  exchange.code = error.code;
  if (error.status >= 500 && !expected.has(error.code)) host.observe({ kind: 'failure', requestId: exchange.requestId, where: exchange.interaction, error });
  if (exchange.res.headersSent) {
    exchange.res.destroy();
    return undefined;
  }
  const text = outcomeText(issuesOf(error, exchange.requestId), error.code);
  return send(host, exchange, { status: error.status, headers: [...errorHeaders(error), ...acceptPatch(exchange, error)], ...errorBody(formOf(host, exchange), text) });
};

/** The form asked for, also when the request was refused before anybody looked at it. */
const formOf = ({ options }: Host, { form, req }: Exchange): AnswerForm => {
  if (form !== plainForm) return form;
  try {
    return negotiate(req.headers.accept, parseQuery(parseTarget(req.url ?? '').query, options.maxParams));
  } catch {
    return plainForm;
  }
};

const errorBody = ({ format, pretty }: AnswerForm, text: string): { body: string; contentType: string } => {
  const json = { body: pretty ? prettyJson(text) : text, contentType: 'application/fhir+json; charset=utf-8' };
  if (format === 'json') return json;
  try {
    return { body: writeXml(text, { pretty }), contentType: 'application/fhir+xml; charset=utf-8' };
  } catch {
    // It names something with a character that XML does not have.
    return json;
  }
};

const issuesOf = (error: FhirError, requestId: string): FhirError['issues'] =>
  error.code === 'internal'
    ? [{ severity: 'fatal', code: 'exception', diagnostics: `The server failed to process the request. Request id: ${requestId}` }]
    : error.issues;

/** A patch of another type is answered with those that are read (RFC 5789 section 2.2). */
const acceptPatch = ({ req }: Exchange, { code }: FhirError): string[] =>
  req.method === 'PATCH' && code === 'unsupported-media-type' ? ['Accept-Patch', patchFormats.join(', ')] : [];

const errorHeaders = ({ code, options, status }: FhirError): string[] => {
  const headers: string[] = [];
  if (options.allow !== undefined) headers.push('Allow', options.allow.join(', '));
  if (options.retryAfter !== undefined) headers.push('Retry-After', String(options.retryAfter));
  else if (status === 503 || status === 429) headers.push('Retry-After', '1');
  if (code === 'unauthorized') headers.push('WWW-Authenticate', 'Bearer');
  return headers;
};
