/** Pages and endpoints that other parts put beside FHIR. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import type { Mount } from '../../../src/rest/server.js';
import { call } from '../../support/http.js';
import { run, type Running } from './harness.js';

let running: Running | undefined;
afterEach(async () => { await running?.stop(); running = undefined; });

const mounts: readonly Mount[] = [
  { path: '/', name: 'portal', handler: (req, res, next) => { if (req.path === '/') res.status(200).send('the portal'); else next(); } },
  {
    path: '/auth', name: 'authorization',
    handler: (req, res, next) => {
      if (req.method === 'OPTIONS') res.status(204).set('X-Own', 'yes').end();
      else if (req.path === '/token') res.status(200).json({ path: req.path });
      else if (req.path === '/refused') throw new FhirError('unauthorized', 'Sign in.');
      else next();
    },
  },
];
const get = (path: string, method = 'GET') => call({ method, url: `${running?.origin ?? ''}${path}` });

describe('mounts', () => {
  it('answer their own paths and leave FHIR, health and unknown paths to the server', async () => {
    running = await run({ mounts });
    expect((await get('/')).text).toBe('the portal');
    expect((await get('/auth/token')).text).toBe('{"path":"/token"}');
    expect((await get('/fhir/Patient/a')).status).toBe(200);
    expect((await get('/healthz')).text).toBe('{"status":"up"}');
    const unknown = await get('/auth/tokne');
    expect([unknown.status, JSON.parse(unknown.text).issue[0].details.coding[0].code]).toEqual([404, 'no-such-endpoint']);
    expect((await get('/Patient/a')).text).toContain('/fhir/Patient');
  });

  it('have their errors told as every other, and their name in the log', async () => {
    running = await run({ mounts });
    expect((await get('/auth/refused')).status).toBe(401);
    expect((await get('/autj')).text).toContain('Did you mean /auth?');
    const names = running.observed.flatMap((one) => (one.kind === 'request' ? [one.interaction] : []));
    expect(names).toEqual(['authorization', 'unknown']);
  });

  it('answer OPTIONS themselves, except for the one that takes everything', async () => {
    running = await run({ mounts });
    expect((await get('/auth/token', 'OPTIONS')).headers['x-own']).toBe('yes');
    expect((await get('/healthz', 'OPTIONS')).headers['x-own']).toBeUndefined();
    expect((await get('/', 'OPTIONS')).text).not.toContain('portal');
  });
});
