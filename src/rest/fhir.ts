/** The pipeline of one FHIR request: parse -> perform -> respond. Both the fast front and the express app end here. */
import { anonymousViewer, openViewer, type Viewer } from '../access/viewer.js';
import { RequestEnding } from '../core/ending.js';
import { FhirError } from '../core/error.js';
import type { Whole } from '../core/whole.js';
import { recordRefusal } from '../interaction/audited.js';
import type { FhirRequest, FhirResponse } from '../interaction/request.js';
import { checkRequest } from '../interaction/permission.js';
import { routeOf, type Route } from '../interaction/route.js';
import type { Context } from '../interaction/service.js';
import { conditionsOf, dryRunOf, idempotencyKeyOf } from './conditions.js';
import type { Exchange, Host } from './exchange.js';
import { isAsStored, negotiate, withoutForm } from './negotiate.js';
import { readForm, readPayload } from './payload.js';
import { parsePrefer } from './prefer.js';
import { parseQuery } from './query.js';
import { respond, respondError } from './respond.js';

/** What the URL says: decoded segments below the base, raw query. */
export interface FhirTarget {
  readonly segments: readonly string[];
  readonly query: string;
}

/** Answers the request, whatever happens; never rejects. */
export const serveFhir = async (host: Host, exchange: Exchange, target: FhirTarget): Promise<void> => {
  try {
    await respond(host, exchange, await answer(host, exchange, target));
  } catch (error) {
    await respondError(host, exchange, error);
  }
};

const answer = async (host: Host, exchange: Exchange, { segments, query }: FhirTarget): Promise<FhirResponse> => {
  const { req } = exchange;
  // What is answered says whether the origin may read it, refusals included.
  if (req.headers.origin !== undefined) await host.learnOrigin?.(req.headers.origin);
  const route = routeOf(req.method ?? '', segments);
  exchange.interaction = route.interaction;
  exchange.type = route.type;
  const params = parseQuery(query, host.options.maxParams);
  exchange.form = negotiate(req.headers.accept, params);
  const asked = withoutForm(params);
  const viewer = host.viewerOf === undefined ? openViewer : await viewerOf(host, exchange, () => requestOf(exchange, route, { params: asked, conditions: {}, prefer: {} }));
  const request = requestOf(exchange, route, {
    params: asked, conditions: conditionsOf(req), prefer: parsePrefer(headerOf(req.headers['prefer'])),
    idempotencyKey: idempotencyKeyOf(req), dryRun: dryRunOf(req), takesStored: !takesBody(route) && isAsStored(exchange.form), signal: mayBeLong(route) ? (exchange.ending = new RequestEnding()) : undefined,
  });
  // Decided from token and request line alone, before a byte of the body is read.
  const refused = refusalOf(host, { service: host.service, viewer, request });
  if (refused !== undefined) await refused;
  return takesBody(route)
    ? performWithBody(host, exchange, { request, run: (whole) => host.perform(host.service, viewer, whole) })
    : admit(host, () => host.perform(host.service, viewer, request));
};

/** What the header fields and the query say beside the path. */
type Told = Pick<FhirRequest, 'params' | 'conditions' | 'prefer' | 'idempotencyKey' | 'dryRun' | 'takesStored' | 'signal'>;

/** Member by member, the same ones for every request: an object spread from others is laid out anew each time, which took a twelfth of a read. */
const requestOf = ({ req, requestId }: Exchange, { interaction, type, id, version, compartment, operation, method }: Route, { params, conditions, prefer, idempotencyKey, dryRun, takesStored, signal }: Told): Whole<FhirRequest> => ({
  interaction, type, id, version, compartment, operation, method, params, conditions, prefer, payload: undefined, idempotencyKey, dryRun, requestId, address: req.socket.remoteAddress, takesStored, signal,
});

const viewerOf = async (host: Host, { req }: Exchange, request: () => FhirRequest): Promise<Viewer> => {
  try {
    return host.viewerOf === undefined ? openViewer : await host.viewerOf(req);
  } catch (error) {
    await recordRefusal({ service: host.service, viewer: anonymousViewer, request: request() }, error);
    throw error;
  }
};

/** Returns undefined for a request that may be made, else what rejects when the refusal is recorded. */
const refusalOf = (host: Host, context: Context): Promise<never> | undefined => {
  try {
    checkRequest(context);
    return undefined;
  } catch (error) {
    return refuse(host, context, error);
  }
};

const refuse = async (host: Host, context: Context, error: unknown): Promise<never> => {
  host.onRefusal?.(context.viewer, context.request, error);
  await recordRefusal(context, error);
  throw error;
};

const mayBeLong = ({ interaction }: Route): boolean => interaction.startsWith('search-') || interaction === 'operation';


const headerOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(',') : value);

const takesBody = ({ method }: Route): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH';

interface Pending {
  readonly request: FhirRequest;
  readonly run: (request: FhirRequest) => Promise<FhirResponse>;
}

const performWithBody = async (host: Host, exchange: Exchange, { request, run }: Pending): Promise<FhirResponse> => {
  const { interaction } = request;
  if (interaction.startsWith('search-')) {
    const { value: form, done } = await readForm(host, exchange);
    if (form.length > 0) exchange.form = negotiate(exchange.req.headers.accept, [...parseQuery(queryOf(exchange), host.options.maxParams), ...form]);
    return admit(host, () => run({ ...request, params: [...request.params, ...withoutForm(form)] })).finally(done);
  }
  const { value: payload, done } = await readPayload(host, exchange, interaction);
  return admit(host, () => run({ ...request, payload })).finally(done);
};

const queryOf = ({ req }: Exchange): string => (req.url ?? '').split('?').slice(1).join('?');

/** Performs when there is room; throws `overloaded` at once when there is none, so that waiting never piles up. */
const admit = async (host: Host, run: () => Promise<FhirResponse>): Promise<FhirResponse> => {
  if (host.running >= host.options.maxInFlight) throw new FhirError('overloaded', 'The server has as much work as it can take; repeat in a moment.', { retryAfter: 1 });
  host.running += 1;
  try {
    return await run();
  } finally {
    host.running -= 1;
  }
};
