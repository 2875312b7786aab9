/** Where clients find the authorization server when it is another's (https://hl7.org/fhir/smart-app-launch/conformance.html). */
import { Router, type RequestHandler } from 'express';

/** Capabilities that this server holds, whoever gives the tokens. */
const capabilities = ['permission-patient', 'permission-user', 'permission-v1', 'permission-v2'];

type Metadata = () => Promise<Readonly<Record<string, unknown>>>;

/** Returns the mount of `.well-known/smart-configuration`: the metadata of the other server, with what this one adds. */
export const foreignDiscoveryMount = (metadata: Metadata): { readonly path: string; readonly name: string; readonly handler: RequestHandler } => {
  const router = Router();
  router.get('/smart-configuration', async (_req, res) => {
    res.set({ 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' });
    try {
      const foreign = await metadata();
      res.set('Cache-Control', 'public, max-age=300').json({ ...foreign, capabilities: [...(Array.isArray(foreign['capabilities']) ? (foreign['capabilities'] as unknown[]) : []), ...capabilities] });
    } catch {
      res.set({ 'Cache-Control': 'no-store', 'Retry-After': '5' }).status(503).json({ error: 'temporarily_unavailable', error_description: 'The authorization server cannot be reached.' });
    }
  });
  return { path: '/fhir/.well-known', name: 'discovery', handler: router };
};
