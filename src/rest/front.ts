/**
 * What every request passes first. The hottest routes ([type] and [type]/[id]) go straight to the pipeline: express costs
 * more than everything else about a read. Both ways use the one route table.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FhirError } from '../core/error.js';
import { fhirPath, isMounted, type ServeRest } from './app.js';
import { ClientGone } from './body.js';
import { clientLeft } from './connections.js';
import { serveOptions } from './cors.js';
import type { Exchange, Host } from './exchange.js';
import { serveFhir } from './fhir.js';
import { pagePaths } from './health.js';
import { plainForm } from './negotiate.js';
import { respondError } from './respond.js';
import { parseTarget, segmentsOf } from './target.js';

export interface Front {
  readonly request: (req: IncomingMessage, res: ServerResponse) => void;
  /** A request with `Expect: 100-continue`. */
  readonly checkContinue: (req: IncomingMessage, res: ServerResponse) => void;
  /** A request that expects anything else. */
  readonly checkExpectation: (req: IncomingMessage, res: ServerResponse) => void;
}

/** Returns the listeners of the HTTP server. */
export const makeFront = (host: Host, rest: ServeRest): Front => ({
  request: (req, res) => dispatch(host, open(host, req, res), rest),
  checkContinue: (req, res) => {
    const exchange = open(host, req, res);
    exchange.continueDue = true;
    dispatch(host, exchange, rest);
  },
  checkExpectation: (req, res) => {
    const exchange = open(host, req, res);
    exchange.continueDue = true;
    void respondError(host, exchange, new FhirError('expectation-failed', 'Only Expect: 100-continue is known here.', { location: 'http.Expect' }));
  },
});

const open = (host: Host, req: IncomingMessage, res: ServerResponse): Exchange => {
  const { clock, ids } = host.service;
  const started = clock.monotonic();
  const exchange: Exchange = { req, res, requestId: ids.request(), interaction: 'unknown', type: undefined, code: undefined, form: plainForm, continueDue: false, ending: undefined, refusedWith: undefined };
  host.connections.begin(exchange);
  res.on('close', () => {
    if (!res.writableFinished) exchange.ending?.abort(new ClientGone());
    host.connections.end(exchange);
    const status = exchange.refusedWith ?? (isHandedOver(exchange) ? res.statusCode : clientLeft);
    const { requestId, interaction, type, code } = exchange;
    host.observe({ kind: 'request', requestId, method: req.method ?? '-', interaction, type, status, ms: clock.monotonic() - started, code });
  });
  return exchange;
};

/** Node says that an answer has finished also when its socket broke before. */
const isHandedOver = ({ req, res }: Exchange): boolean => res.writableEnded && req.socket.errored == null;

const dispatch = (host: Host, exchange: Exchange, rest: ServeRest): void => {
  try {
    checkHead(host, exchange.req);
    const { path, query } = parseTarget(exchange.req.url ?? '');
    if (host.pagesOnly === true && !pagePaths.has(path)) throw new FhirError('not-found', 'This process does the work of the background and serves no data: ask one that answers requests.');
    if (isHot(exchange.req.method, path)) void serveFhir(host, exchange, { segments: segmentsOf(path.slice(fhirPath.length)), query });
    else if (exchange.req.method === 'OPTIONS' && !isFhir(path) && !isMounted(host.mounts ?? [], path)) void serveOptions(host, exchange, undefined);
    else rest(exchange);
  } catch (error) {
    void respondError(host, exchange, error);
  }
};

const isFhir = (path: string): boolean => path === fhirPath || path.startsWith(`${fhirPath}/`);

const checkHead = ({ options }: Host, { headers, httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): void => {
  if (httpVersionMajor < 1) throw new FhirError('malformed-request', 'The request line names no HTTP version.');
  if (headers.host === undefined && httpVersionMinor === 1) throw new FhirError('malformed-request', 'An HTTP/1.1 request needs a Host header.', { location: 'http.Host' });
  if (rawHeaders.length > 2 * options.maxHeaders) throw new FhirError('header-too-large', `The request has more than ${String(options.maxHeaders)} header fields.`);
};

const hotMethods = new Set<string | undefined>(['GET', 'HEAD', 'POST', 'PUT']);

/** Returns whether the path is the base, a type and at most an id. */
const isHot = (method: string | undefined, path: string): boolean => {
  if (!hotMethods.has(method) || !path.startsWith(`${fhirPath}/`)) return false;
  const first = path.charCodeAt(fhirPath.length + 1);
  if (first < 65 || first > 90) return false;
  const slash = path.indexOf('/', fhirPath.length + 1);
  return slash < 0 || path.indexOf('/', slash + 1) < 0;
};
