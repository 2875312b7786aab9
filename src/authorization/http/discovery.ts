/** The discovery documents over HTTP: public, for every web app. */
import { Router, type RequestHandler } from 'express';
import { brandsBundle, openidConfiguration, smartConfiguration } from '../discovery.js';
import type { AuthorizationOptions } from '../option.js';

const documentHandler = (make: () => Record<string, unknown>, type = 'application/json'): RequestHandler => (req, res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD' && req.method !== 'OPTIONS') return next();
  // Discovery is public and holds no secret: any web app may read it.
  res.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'Accept, Content-Type, Authorization', 'Cache-Control': 'public, max-age=300', 'X-Content-Type-Options': 'nosniff' });
  if (req.method === 'OPTIONS') return res.set('Access-Control-Allow-Methods', 'GET, HEAD').status(204).end();
  res.type(type).send(JSON.stringify(make()));
};

/** Returns the router for a `.well-known` folder, of the FHIR base or of the origin. */
export const makeDiscovery = (options: () => AuthorizationOptions): Router => {
  const router = Router();
  router.use('/smart-configuration', documentHandler(() => smartConfiguration(options())));
  router.use('/openid-configuration', documentHandler(() => openidConfiguration(options())));
  router.use('/oauth-authorization-server', documentHandler(() => openidConfiguration(options())));
  router.use('/user-access-brands.json', documentHandler(() => brandsBundle(options()), 'application/fhir+json'));
  return router;
};
