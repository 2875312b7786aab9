/**
 * An app asks to sign the person out (https://openid.net/specs/openid-connect-rpinitiated-1_0.html). They are asked first, and
 * go to an address that is registered for this app, letter by letter, or nowhere.
 */
import { text as readText, type Request, type Response, type Router } from 'express';
import { decodeJwt } from 'jose';
import type { ClientMetadata } from '../client/client.js';
import { mountPath } from '../option.js';
import { html } from '../page/html.js';
import { signOutBody } from '../page/sign-out.js';
import type { Server } from '../server.js';
import { accountPath } from './account.js';
import { guarded, pageHandler, readForm } from './handler.js';
import { appName } from './interaction.js';
import { formTarget, setHeaders, type PageExchange } from './page-exchange.js';
import { endSession, signedInWith } from './session.js';

/** Where the endpoint stands below `mountPath`. */
export const endSessionPath = '/session/end';

/** Adds the endpoint and the answer to its question. */
export const addEndSession = (router: Router, server: Server): void => {
  // A posted request goes on as one by GET: only so do the cookies of this origin come along from an app's page.
  router.post(endSessionPath, readText({ type: 'application/x-www-form-urlencoded', limit: '16kb' }), (req: Request, res: Response) => {
    setHeaders(res);
    res.redirect(303, `${mountPath}${endSessionPath}?${typeof req.body === 'string' ? req.body : ''}`);
  });
  router.get(endSessionPath, pageHandler(server, (page) => ask(server, page)));
  router.post(`${endSessionPath}/confirm`, readForm, guarded(server), pageHandler(server, (page) => answer(server, page)));
};

interface Wish {
  readonly client: ClientMetadata | undefined;
  /** Registered for the client; undefined: the person stays here. */
  readonly uri: string | undefined;
  readonly state: string | undefined;
}

const refuse = (page: PageExchange, rule: string): void => { page.send({ heading: page.text.errorTitle, fault: rule, body: html`<p>${page.text.errorHelp}</p>` }, { status: 400 }); };

const ask = async (server: Server, page: PageExchange): Promise<void> => {
  const wish = await readWish(server, queryOf(page.req));
  if (typeof wish === 'string') return refuse(page, wish);
  if ((await signedInWith(server, page)) === undefined) return leave(page, wish);
  const { client, uri, state } = wish;
  const body = signOutBody({ text: page.text, guard: page.guard, at: `${mountPath}${endSessionPath}/confirm`, app: client === undefined ? undefined : appName(client), client: client?.client_id, uri, state });
  return page.send({ heading: page.text.signOut, body }, { leadsTo: uri === undefined ? undefined : formTarget(uri) });
};

const answer = async (server: Server, page: PageExchange): Promise<void> => {
  const wish = await readWish(server, new URLSearchParams(names.flatMap((name): [string, string][] => { const value = page.form[name]; return value === undefined ? [] : [[name, value]]; })));
  if (typeof wish === 'string') return refuse(page, wish);
  if (page.form['sign-out'] !== 'yes') return page.goTo(accountPath);
  await endSession(server, page);
  return leave(page, wish);
};

const leave = (page: PageExchange, { uri, state }: Wish): void => {
  if (uri === undefined) return page.send({ heading: page.text.signOut, notice: page.text.signedOut, body: html`<p><a class="button" href="${accountPath}">${page.text.signIn}</a></p>` });
  const url = new URL(uri);
  if (state !== undefined) url.searchParams.set('state', state);
  return page.goTo(url.href);
};

const queryOf = ({ originalUrl }: Request): URLSearchParams => new URLSearchParams(originalUrl.split('?')[1] ?? '');

const names = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const;

/** Resolves with what is asked, or with the rule that the request breaks. */
const readWish = async (server: Server, params: URLSearchParams): Promise<Wish | string> => {
  const twice = names.find((name) => params.getAll(name).length > 1);
  if (twice !== undefined) return `${twice} must be sent once`;
  const [hint, named, uri, state] = names.map((name) => { const value = params.get(name); return value === null || value === '' ? undefined : value; });
  const hinted = hint === undefined ? undefined : audienceOf(hint);
  if (hint !== undefined && (hinted === undefined || (named !== undefined && named !== hinted))) return 'id_token_hint must be an id_token of this server for this app';
  const id = named ?? hinted;
  const client = id === undefined ? undefined : await server.clients.get(id);
  if (id !== undefined && client === undefined) return 'client_id: the app is not registered';
  if (hint !== undefined && !(await isOurs(server, hint, id ?? ''))) return 'id_token_hint must be an id_token of this server for this app';
  if (uri !== undefined && client?.post_logout_redirect_uris?.includes(uri) !== true) return 'post_logout_redirect_uri is not registered for the app that id_token_hint or client_id names';
  return { client, uri, state };
};

const audienceOf = (hint: string): string | undefined => {
  try {
    const { aud } = decodeJwt(hint);
    return typeof aud === 'string' ? aud : undefined;
  } catch {
    return undefined;
  }
};

/** An id_token that has expired still says who asks. */
const isOurs = async (server: Server, hint: string, clientId: string): Promise<boolean> => {
  const provider = await server.provider();
  const client = await provider.Client.find(clientId);
  if (client === undefined) return false;
  return provider.IdToken.validate(hint, client).then(() => true, () => false);
};
