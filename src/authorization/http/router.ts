/** The authorization server over HTTP: our pages first, then the provider (express 5). */
import express, { Router, text, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { mountPath } from '../option.js';
import { html } from '../page/html.js';
import { style } from '../page/style.js';
import type { Server } from '../server.js';
import { formOnly, guarded, pageHandler, readForm } from './handler.js';
import { openFlow } from './interaction.js';
import { setHeaders, type PageExchange } from './page-exchange.js';
import { passkeyScript } from './passkey-script.js';
import { nameRefreshingClient } from './refresh-client.js';
import { setOrigin } from './router-origin.js';
import { show, steps } from './steps.js';

/** Returns the router below `mountPath`. `pages` are the other pages of ours. */
export const makeRouter = (server: Server, pages: readonly ((router: Router) => void)[]): Router => {
  const router = Router();
  router.get('/style.css', (_req, res) => { res.set('Cache-Control', 'public, max-age=3600').set('X-Content-Type-Options', 'nosniff').type('css').send(style); });
  router.get('/passkey.js', (_req, res) => { res.set('Cache-Control', 'public, max-age=3600').set('X-Content-Type-Options', 'nosniff').type('js').send(passkeyScript); });
  router.post('/language', readForm, setLanguage);
  for (const add of pages) add(router);
  // A posted request goes on as one by GET: only so do the cookies of this origin come along from an app's page.
  router.post('/auth', text({ type: 'application/x-www-form-urlencoded', limit: '16kb' }), (req, res) => {
    setHeaders(res);
    res.redirect(303, `${mountPath}/auth?${typeof req.body === 'string' ? req.body : ''}`);
  });
  router.use('/token', nameRefreshingClient(server));
  addInteraction(router, server);
  router.use(forward(server));
  return router;
};

const setLanguage: RequestHandler = (req, res) => {
  const { language, path } = (req.body ?? {}) as { language?: unknown; path?: unknown };
  const here = typeof path === 'string' && /^\/oauth\/[A-Za-z0-9/_.-]*$/.test(path) && !path.includes('//') && !path.includes('..') ? path : `${mountPath}/account`;
  setHeaders(res);
  if (language === 'en' || language === 'zh-Hant') res.append('Set-Cookie', `language=${language}; Path=${mountPath}; SameSite=Lax; Max-Age=31536000`);
  res.redirect(303, here);
};

const addInteraction = (router: Router, server: Server): void => {
  const expired = (page: PageExchange): void => { page.send({ heading: page.text.errorTitle, fault: page.text.expired, body: html`` }, { status: 400 }); };
  router.get('/interaction/:uid', pageHandler(server, async (page) => {
    const flow = await openFlow(server, page);
    return flow === undefined ? expired(page) : show(flow);
  }));
  router.get('/interaction/:uid/:step', formOnly);
  router.post('/interaction/:uid/:step', readForm, guarded(server), pageHandler(server, async (page, next) => {
    const step = steps.get(String(page.req.params['step']));
    if (step === undefined) return next();
    const flow = await openFlow(server, page);
    if (flow === undefined) return expired(page);
    // A step out of turn, as consent before sign-in, is answered with the page whose turn it is.
    return step.prompt !== undefined && step.prompt !== flow.details.prompt.name ? show(flow) : step.run(flow);
  }));
};

/** Hands a request to the provider. */
const forward = (server: Server): RequestHandler => async (req, res) => {
  const provider = await server.provider();
  setOrigin(req, server);
  setHeaders(res);
  await provider.callback()(req, res);
};

/** Returns an express handler for what stands below a path of its own. */
export const asHandler = (router: Router, onError: (error: unknown, req: Request, res: Response) => void): RequestHandler => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(router);
  const handleError: ErrorRequestHandler = (error, req, res, next) => {
    if (res.destroyed) next(error);
    else onError(error, req, res);
  };
  app.use(handleError);
  return app;
};
