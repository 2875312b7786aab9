/** The express app: everything that is not one of the hottest routes, and the place where pages and consoles will stand. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import { isResourceType } from '../fhir/definitions.js';
import { serveOptions } from './cors.js';
import type { Exchange, Host, Mount } from './exchange.js';
import { serveFhir } from './fhir.js';
import { makePages } from './health.js';
import { respondError } from './respond.js';
import { parseTarget, segmentsOf } from './target.js';

/** Path of the FHIR base. */
export const fhirPath = '/fhir';

/** On the request itself: a weak table would keep both until the next collection of everything. */
const carried = Symbol('exchange');
type Carrier = IncomingMessage & { [carried]?: Exchange };

/** Hands a request to express together with what is known about it. */
export type ServeRest = (exchange: Exchange) => void;

/** Returns the app's entry. */
export const makeApp = (host: Host): ServeRest => {
  const exchangeOf = (req: Carrier): Exchange => {
    const exchange = req[carried];
    if (exchange === undefined) throw new Error('a request reached express without its exchange');
    return exchange;
  };
  const app = makeExpress();
  const pages = makePages();
  const mounts = inOrder(host.mounts ?? []);
  const mount = ({ path, name, handler }: Mount): void => {
    app.use(path, (req, _res, next) => {
      exchangeOf(req).interaction = name;
      next();
    }, handler);
  };
  // `.well-known` stands below the base but is no FHIR resource.
  mounts.filter(isBelowFhir).forEach(mount);
  app.use(fhirPath, fhirHandler(host, exchangeOf));
  for (const [path, page] of pages) {
    app.all(path, (req, _res, next) => {
      const exchange = exchangeOf(req);
      exchange.interaction = path.slice(1);
      if (req.method !== 'GET' && req.method !== 'HEAD') throw new FhirError('method-not-allowed', 'This URL takes GET and HEAD.', { allow: ['GET', 'HEAD'] });
      page(host, exchange).catch(next);
    });
  }
  mounts.filter((one) => !isBelowFhir(one)).forEach(mount);
  app.use((req) => {
    exchangeOf(req).interaction = 'unknown';
    throw noSuchPath(parseTarget(req.originalUrl).path, [fhirPath, ...pages.keys(), ...mounts.map(({ path }) => path).filter((path) => path !== '/')]);
  });
  const onError: ErrorRequestHandler = (error, req, res, next) => {
    if (!res.destroyed) Promise.resolve(respondError(host, exchangeOf(req), error)).catch(next);
  };
  app.use(onError);
  return (exchange) => {
    (exchange.req as Carrier)[carried] = exchange;
    app(exchange.req, exchange.res);
  };
};

const isBelowFhir = ({ path }: Mount): boolean => path.startsWith(`${fhirPath}/`);

/** Whoever takes everything must not take it from the others. */
const inOrder = (mounts: readonly Mount[]): readonly Mount[] => [...mounts].sort((a, b) => Number(a.path === '/') - Number(b.path === '/'));

/** Returns whether a mount answers this path's OPTIONS itself: the one for `/` does not, its pages are for this origin alone. */
export const isMounted = (mounts: readonly Mount[], path: string): boolean =>
  mounts.some((mount) => mount.path !== '/' && (path === mount.path || path.startsWith(`${mount.path}/`)));

const makeExpress = (): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  return app;
};

const fhirHandler = (host: Host, exchangeOf: (req: IncomingMessage) => Exchange): RequestHandler => (req, _res, next) => {
  const exchange = exchangeOf(req);
  const { path, query } = parseTarget(req.originalUrl);
  const segments = segmentsOf(path.slice(fhirPath.length));
  if (req.method !== 'OPTIONS') void serveFhir(host, exchange, { segments, query });
  else Promise.resolve(serveOptions(host, exchange, segments)).catch(next);
};

const noSuchPath = (path: string, known: readonly string[]): FhirError => {
  const first = path.split('/')[1] ?? '';
  const hint = isResourceType(first) ? `FHIR is served below ${fhirPath}: ${fhirPath}/${first}` : nearHint(`/${first}`, known);
  return new FhirError('no-such-endpoint', `There is nothing at this path.${hint === '' ? ` FHIR is served below ${fhirPath}.` : ` ${hint}`}`, { location: 'http.url' });
};

const nearHint = (path: string, known: readonly string[]): string => {
  const near = nearName(path, known);
  return near === undefined ? '' : `Did you mean ${near}?`;
};
