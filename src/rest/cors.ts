/** OPTIONS: preflights of browsers (Fetch standard) and the methods of a URL. */
import { FhirError } from '../core/error.js';
import { routeOf } from '../interaction/route.js';
import type { Exchange, Host } from './exchange.js';
import { send } from './send.js';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = 'Accept, Authorization, DPoP, Content-Type, Content-Encoding, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, Idempotency-Key, Prefer, X-Dry-Run, X-Request-Id';
const allowed = ['Access-Control-Allow-Methods', methods, 'Access-Control-Allow-Headers', requestHeaders, 'Access-Control-Max-Age', '600'];

/** Answers 204: to a preflight with what its origin may do, which is nothing for one that is not listed; else with Allow. */
export const serveOptions = async (host: Host, exchange: Exchange, segments: readonly string[] | undefined): Promise<void> => {
  const { origin, 'access-control-request-method': wanted } = exchange.req.headers;
  exchange.interaction = wanted === undefined ? 'options' : 'preflight';
  if (origin === undefined || wanted === undefined) return send(host, exchange, { status: 204, headers: ['Allow', allowOf(segments)] });
  await host.learnOrigin?.(origin);
  const known = host.heads.cors(origin, segments?.[0] === 'metadata' && segments.length === 1);
  if (segments?.[0] === 'metadata') exchange.interaction = 'capabilities';
  return send(host, exchange, { status: 204, headers: known.length === 0 ? [] : allowed });
};

/** The route table itself says what a URL takes; throws what a wrong URL deserves. */
const allowOf = (segments: readonly string[] | undefined): string => {
  if (segments === undefined) return 'GET, HEAD, OPTIONS';
  try {
    routeOf('OPTIONS', segments);
  } catch (error) {
    if (error instanceof FhirError && error.code === 'method-not-allowed') return [...(error.options.allow ?? []), 'OPTIONS'].join(', ');
    throw error;
  }
  return 'OPTIONS';
};
