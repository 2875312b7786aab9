/** The authorization server as the program plugs it in: mounts, who makes a request, and what commands need. */
import type { Request, RequestHandler, Response } from 'express';
import { FhirError } from '../core/error.js';
import type { Observe } from '../core/observe.js';
import { makeDiscovery } from './http/discovery.js';
import { addAccesses } from './http/accesses.js';
import { addAccount } from './http/account.js';
import { addElsewhere } from './http/elsewhere.js';
import { addEndSession } from './http/end-session.js';
import { addLaunch } from './http/launch.js';
import { addMailPages } from './http/mail-pages.js';
import { addRecorder } from './http/recorder.js';
import { addRegistration } from './http/registration.js';
import { addSecurity } from './http/security.js';
import { asHandler, makeRouter } from './http/router.js';
import { openExchange, setHeaders } from './http/page-exchange.js';
import { mountPath } from './option.js';
import { html } from './page/html.js';
import { mendOf } from './recorder.js';
import { openServer, type Server, type ServerParts } from './server.js';

/** A path and what answers below it. */
export interface AuthorizationMount {
  readonly path: string;
  readonly name: string;
  readonly handler: RequestHandler;
}

export interface AuthorizationPart {
  readonly server: Server;
  readonly mounts: readonly AuthorizationMount[];
}

/** Resolves with the part; rejects when its records cannot be read. */
export const makeAuthorization = async (parts: Omit<ServerParts, 'renderError'>): Promise<AuthorizationPart> => {
  const server = await openServer({
    ...parts,
    renderError: (ctx, fault) => {
      const { req, res } = ctx as unknown as { req: Request; res: Response };
      ctx.respond = false;
      showFault(server, { req, res }, `${fault.error}: ${fault.description}`);
    },
  });
  const { observe } = parts.service;
  const handler = asHandler(makeRouter(server, [(router) => addElsewhere(router, server), (router) => addAccount(router, server), (router) => addSecurity(router, server), (router) => addAccesses(router, server), (router) => addEndSession(router, server), (router) => addMailPages(router, server), (router) => addLaunch(router, server), (router) => addRecorder(router, server), (router) => addRegistration(router, server)]), (error, req, res) => { failed(server, observe, { error, req, res }); });
  const discovery = asHandler(makeDiscovery(server.options), (error, req, res) => { failed(server, observe, { error, req, res }); });
  return {
    server,
    mounts: [
      { path: mountPath, name: 'authorization', handler },
      { path: '/.well-known', name: 'discovery', handler: discovery },
      { path: '/fhir/.well-known', name: 'discovery', handler: discovery },
    ],
  };
};

/** Shows what the app did wrong, to the person and, by the rule, to its maker. */
const showFault = (server: Server, { req, res }: { req: Request; res: Response }, words: string): void => {
  if (res.headersSent) return;
  const page = openExchange(req, res, { formSecret: server.formSecret, secure: server.options().origin.startsWith('https:') });
  const status = res.statusCode >= 400 ? res.statusCode : 400;
  page.send({ heading: page.text.errorTitle, fault: words, body: html`<p>${page.text.errorHelp}</p><p><code>${mendOf(words)}</code></p>` }, { status });
};

/** Limits of what a form may be are the client's fault; everything else is ours and is told once. */
const failed = (server: Server, observe: Observe, { error, req, res }: { error: unknown; req: Request; res: Response }): void => {
  const status = (error as { status?: unknown } | null)?.status;
  const known = error instanceof FhirError ? error.status : typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
  if (known === undefined) observe({ kind: 'failure', requestId: undefined, where: 'authorization server', error });
  if (res.headersSent) {
    res.destroy();
    return;
  }
  setHeaders(res);
  if (known === 503) res.set('Retry-After', '1');
  const page = openExchange(req, res, { formSecret: server.formSecret, secure: server.options().origin.startsWith('https:') });
  page.send({ heading: page.text.errorTitle, fault: known === undefined || known === 503 ? page.text.busy : page.text.expired, body: html`` }, { status: known ?? 500 });
};
