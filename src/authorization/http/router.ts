/** The authorization server over HTTP: our pages first, then the provider (express 5). */
import express, { Router, urlencoded, type ErrorRequestHandler, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { mountPath } from '../option.js';
import { html } from '../page/html.js';
import { style } from '../page/style.js';
import type { Server } from '../server.js';
import { openFlow } from './interaction.js';
import { isGuarded, openExchange, setHeaders, type PageExchange } from './page-exchange.js';
import { show, steps } from './steps.js';

type PageHandler = (page: PageExchange, next: NextFunction) => Promise<void> | void;

/** Returns the handler of a page; what it rejects with goes to the error handler. */
export const pageHandler = (server: Server, handle: PageHandler): RequestHandler => async (req, res, next) => {
  await handle(openExchange(req, res, { formSecret: server.formSecret, secure: server.options().origin.startsWith('https:') }), next);
};

/** Reads forms of ours; a JSON or multipart body is none. */
export const readForm: RequestHandler = urlencoded({ extended: false, limit: '32kb', parameterLimit: 200 });

/** Refuses a form that does not come from a page this browser was shown. */
export const guarded = (server: Server): RequestHandler => (req, res, next) => {
  if (isGuarded(req, server.formSecret)) next();
  else pageHandler(server, (page) => { page.send({ heading: page.text.errorTitle, fault: page.text.expired, body: html`` }, { status: 403 }); })(req, res, next);
};

/** Refuses GET where only a form may come. */
export const formOnly: RequestHandler = (_req, res) => {
  setHeaders(res);
  res.set('Allow', 'POST').status(405).type('text').send('This address takes forms only.');
};

/** Returns the router below `mountPath`. `pages` are the other pages of ours. */
export const makeRouter = (server: Server, pages: readonly ((router: Router) => void)[]): Router => {
  const router = Router();
  router.get('/style.css', (_req, res) => { res.set('Cache-Control', 'public, max-age=3600').set('X-Content-Type-Options', 'nosniff').type('css').send(style); });
  router.post('/language', readForm, setLanguage);
  for (const add of pages) add(router);
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

/**
 * Hands a request to the provider. Host and scheme are those of the settings, whatever the request calls them: every URL the
 * provider makes would else be the client's to choose.
 */
const forward = (server: Server): RequestHandler => async (req, res) => {
  const provider = await server.provider();
  setOrigin(req, server);
  setHeaders(res);
  await provider.callback()(req, res);
};

/** Makes the request say the origin of the settings. */
export const setOrigin = (req: Request, server: Server): void => {
  const { host, protocol } = new URL(server.options().origin);
  req.headers.host = host;
  req.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  delete req.headers['x-forwarded-host'];
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
