/** The HTTP server on the core, by the way that people and apps are let in. */
import type { Config } from '../config/table.js';
import { perform } from '../interaction/perform.js';
import { httpDefaults, type HttpOptions } from '../rest/options.js';
import type { HttpServer, HttpServerParts } from '../rest/server.js';
import { originOf } from './authorization.js';
import type { Core } from './core.js';

/** Returns the HTTP server on the core, not listening yet; `isFatal` tells whether the store has failed for good. */
export const makeServer = async (core: Core, { isFatal, ...parts }: Pick<HttpServerParts, 'observe' | 'metrics'> & { readonly isFatal: () => boolean }): Promise<HttpServer> => {
  // Commands have no use for it.
  const { makeHttpServer } = await import('../rest/server.js');
  const { service, mounts, viewerOf, config } = core;
  const open = { service, perform, options: httpOptions(config), mounts, viewerOf, readiness: () => probe(core, isFatal), ...parts };
  if (config.role === 'worker') return makeHttpServer({ ...open, pagesOnly: true });
  if (config.auth === 'open') return makeHttpServer(open);
  if (config.auth === 'external') return makeHttpServer({ ...open, ...(await openExternal(core)) });
  const authorization = await core.authorization();
  return makeHttpServer({ ...open, perform: authorization.server.firstCalls.recorded(perform), onRefusal: authorization.server.firstCalls.refused, mounts: [...mounts, ...authorization.mounts], viewerOf: authorization.server.viewerOf, isAppOrigin: authorization.server.isAppOrigin, learnOrigin: authorization.server.learnOrigin });
};

const openExternal = async ({ config, service, mounts }: Core): Promise<Pick<HttpServerParts, 'viewerOf' | 'mounts'>> => {
  const { externalIssuer: issuer = '', externalAudience, externalAlgorithms: algorithms, externalClaims: [scope, patient, encounter, fhirUser] } = config;
  const [{ makeExternal }, { foreignDiscoveryMount }] = await Promise.all([import('../access/external.js'), import('../authorization/http/foreign-discovery.js')]);
  const { viewerOf, metadata } = makeExternal({
    issuer, algorithms, claims: { scope, patient, encounter, fhirUser }, clock: service.clock,
    audience: () => externalAudience ?? service.options.baseUrl, origin: () => originOf(service.options.baseUrl),
  });
  return { viewerOf, mounts: [...mounts, foreignDiscoveryMount(metadata)] };
};

/** A commit that is only tried goes the way of every write, up to the disk. */
const probe = async ({ service: { store } }: Core, isFatal: () => boolean): Promise<{ ready: boolean; reason?: string }> => {
  if (isFatal()) return { ready: false, reason: 'the store has failed' };
  await store.commit({ writes: [], dryRun: true });
  return { ready: true };
};

const httpOptions = (config: Config): HttpOptions =>
  ({ ...httpDefaults, ...config, maxBodyBytesHeld: Math.max(httpDefaults.maxBodyBytesHeld, 2 * config.maxBodyBytes) });
