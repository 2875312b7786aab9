/** What handlers of pages have in common: forms that are read and guarded. */
import { urlencoded, type NextFunction, type RequestHandler } from 'express';
import { recordSecurity } from '../../interaction/audited.js';
import { html } from '../page/html.js';
import type { Server } from '../server.js';
import { isGuarded, openExchange, setHeaders, type PageExchange } from './page-exchange.js';

type PageHandler = (page: PageExchange, next: NextFunction) => Promise<void> | void;

/** Returns the handler of a page; what it rejects with goes to the error handler. */
export const pageHandler = (server: Server, handle: PageHandler): RequestHandler => async (req, res, next) => {
  await handle(openExchange(req, res, { formSecret: server.formSecret, secure: server.options().origin.startsWith('https:') }), next);
};

/** Reads forms of ours; a JSON or multipart body is none. */
export const readForm: RequestHandler = urlencoded({ extended: false, limit: '32kb', parameterLimit: 200 });

/** Refuses a form that does not come from a page this browser was shown. */
export const guarded = (server: Server): RequestHandler => (req, res, next) => {
  if (isGuarded(req, server.formSecret)) return next();
  return pageHandler(server, async (page) => {
    await recordSecurity(server.service, 'restricted', { agent: { address: server.addressOf(req) }, outcome: '4', outcomeText: 'a form that no page of ours was sent for' });
    page.send({ heading: page.text.errorTitle, fault: page.text.expired, body: html`` }, { status: 403 });
  })(req, res, next);
};

/** Refuses GET where only a form may come. */
export const formOnly: RequestHandler = (_req, res) => {
  setHeaders(res);
  res.set('Allow', 'POST').status(405).type('text').send('This address takes forms only.');
};
