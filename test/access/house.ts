/**
 * The whole server but for its process, on a store of choice, where the access token is the name of a viewer: what an app may see is
 * asked over HTTP without signing in anew for each kind of token.
 */
import { Agent } from 'node:http';
import { join } from 'node:path';
import { defaultRules } from '../../src/access/rules.js';
import { anonymousViewer, openViewer, type Viewer } from '../../src/access/viewer.js';
import { systemClock, type Clock } from '../../src/core/clock.js';
import { FhirError } from '../../src/core/error.js';
import { randomIds, type Ids } from '../../src/core/id.js';
import { makeKeyedQueue } from '../../src/core/keyed-queue.js';
import type { Observation } from '../../src/core/observe.js';
import { packageRoot } from '../../src/core/package-root.js';
import { makeAuditIndex } from '../../src/interaction/audit-index.js';
import { perform } from '../../src/interaction/perform.js';
import { makeStandings } from '../../src/interaction/standing.js';
import type { InteractionOptions, Operation, Service } from '../../src/interaction/service.js';
import { accessOperations } from '../../src/operation/access/operations.js';
import { whoSaw } from '../../src/operation/audit/who-saw.js';
import { recordOperations } from '../../src/operation/record/operations.js';
import { makeTerminologyPart } from '../../src/operation/terminology/part.js';
import { makeValidateOperation } from '../../src/operation/validate.js';
import { httpDefaults } from '../../src/rest/options.js';
import { makeHttpServer } from '../../src/rest/server.js';
import { makeRegistry } from '../../src/search/registry.js';
import type { Store } from '../../src/store/store.js';
import { makeValidator } from '../../src/validation/validator.js';
import { defaultOptions } from '../fixture/service.js';
import { call, type Answer } from '../support/http.js';

export interface HouseOptions {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly options?: Partial<InteractionOptions>;
  readonly audit?: boolean;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface House {
  readonly origin: string;
  /** What absolute URLs of this server begin with; the same for every house, so that answers can be compared byte by byte. */
  readonly base: string;
  readonly service: Service;
  /** Failures of the server itself: there should be none. */
  readonly failures: readonly Observation[];
  /** Everything that logger and metrics are told. */
  readonly observed: readonly Observation[];
  /** The access token of a viewer. */
  readonly tokenOf: (viewer: Viewer) => string;
  /** Asks below the base; a body that is no text is sent as JSON. */
  readonly ask: (viewer: Viewer, method: string, path: string, more?: Ask) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

export const houseBase = 'http://clinic.example/fhir';

const base = makeValidator();
const validateOperation = makeValidateOperation({ base, profiles: async () => [], knows: () => false });

/** Starts one; the store is closed with it. */
export const openHouse = async (store: Store, { clock = systemClock, ids = randomIds, options = {}, audit = false }: HouseOptions = {}): Promise<House> => {
  const [failures, observed]: [Observation[], Observation[]] = [[], []];
  const observe = (observation: Observation): void => {
    observed.push(observation);
    if (observation.kind === 'failure') failures.push(observation);
  };
  const terminology = makeTerminologyPart({ service: () => service, dataDir: join(packageRoot, 'no-data') });
  const operations = new Map([...terminology.operations, ...recordOperations, ...accessOperations, validateOperation, whoSaw].map((operation): [string, Operation] => [operation.name, operation]));
  const index = makeAuditIndex(() => service);
  const service: Service = {
    operations, terminology: terminology.fresh, store, registry: makeRegistry({ baseUrl: () => houseBase }), validate: base, lanes: makeKeyedQueue(), clock, ids, observe,
    options: { ...defaultOptions, baseUrl: houseBase, ...options },
    standings: makeStandings(() => service, defaultRules),
    ...(audit ? { audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } } : {}),
  };
  const viewers = makeViewers();
  const http = makeHttpServer({
    service, perform, options: { ...httpDefaults, checkEvery: 50, stopSeconds: 0.1 }, observe, viewerOf: ({ headers }) => viewers.of(headers.authorization),
    metrics: async () => ({ contentType: 'text/plain', text: 'up 1\n' }), readiness: async () => ({ ready: true }),
  });
  const { port } = await http.listen(0, '127.0.0.1');
  const origin = `http://127.0.0.1:${String(port)}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask: House['ask'] = (viewer, method, path, { body, headers = {} } = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
    const token = viewers.tokenOf(viewer);
    return call({ method, url: `${origin}/fhir${path}`, agent, body: text, headers: { ...(text === undefined ? {} : { 'content-type': type }), ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers } });
  };
  return {
    origin, base: houseBase, service, failures, observed, tokenOf: viewers.tokenOf, ask,
    stop: async () => {
      agent.destroy();
      await http.close();
      await store.close();
    },
  };
};

/** Nobody signs in here: a viewer is given a token when it first asks. */
const makeViewers = () => {
  const byToken = new Map<string, Viewer>();
  const tokens = new Map<Viewer, string>([[anonymousViewer, '']]);
  const tokenOf = (viewer: Viewer): string => {
    const known = tokens.get(viewer);
    if (known !== undefined) return known;
    const made = `token-${String(tokens.size)}`;
    tokens.set(viewer, made);
    byToken.set(made, viewer);
    return made;
  };
  const of = (authorization: string | undefined): Viewer => {
    if (authorization === undefined) return anonymousViewer;
    const viewer = byToken.get(authorization.replace(/^Bearer /, ''));
    if (viewer === undefined) throw new FhirError('unauthorized', 'This token is not known.');
    return viewer;
  };
  tokenOf(openViewer);
  return { of, tokenOf };
};
