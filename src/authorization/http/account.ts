/** A person's own pages: connected apps, sessions, sign-out; signing in without an app. */
import type { Router } from 'express';
import { toInstant } from '../../core/clock.js';
import { parseScopes } from '../../access/scope.js';
import { recordSecurity } from '../../interaction/audited.js';
import { roles } from '../account/role.js';
import { auditedSecondFactor, auditedSignIn } from './audited-sign-in.js';
import { endAll } from '../operator.js';
import { mountPath } from '../option.js';
import { appsBody, navigation, type ConnectedApp, type OpenSession } from '../page/account.js';
import { html, type Html } from '../page/html.js';
import { scopeWords } from '../page/scope-words.js';
import { secondFactorBody, signInBody } from '../page/sign-in.js';
import type { Server } from '../server.js';
import { appName } from './interaction.js';
import type { PageExchange, SendOptions } from './page-exchange.js';
import { guarded, pageHandler, readForm } from './handler.js';
import { endSession, signedInWith, startSession, type SignedIn } from './session.js';

export const accountPath = `${mountPath}/account`;

type OwnPage = (page: PageExchange, own: SignedIn) => Promise<void> | void;

/** Returns a handler that shows the sign-in to who is not signed in. */
export const ownPage = (server: Server, handle: OwnPage) => pageHandler(server, async (page) => {
  const own = await signedInWith(server, page);
  return own === undefined ? showSignIn(server, page) : handle(page, own);
});

/** Sends a page of the account, with its ways to the others. */
export const sendOwn = (page: PageExchange, { account }: SignedIn, content: { readonly heading: string; readonly body: Html; readonly fault?: string | undefined; readonly notice?: string | undefined }, options?: SendOptions): void => {
  page.send({ ...content, body: html`${navigation(page.text, roles[account.role], page.guard)}${content.body}` }, options);
};

const showSignIn = (server: Server, page: PageExchange, { fault, email, status }: { fault?: string | undefined; email?: string | undefined; status?: number } = {}): void => {
  page.send({ heading: page.text.signIn, fault, body: signInBody({ text: page.text, guard: page.guard, at: accountPath, email, mails: server.mail !== undefined, elsewhere: server.elsewhere?.name }) }, { status, leadsTo: server.elsewhere?.origin });
};

/** Adds the pages. */
export const addAccount = (router: Router, server: Server): void => {
  const post = (name: string, handle: OwnPage): void => { router.post(`/account/${name}`, readForm, guarded(server), ownPage(server, handle)); };
  router.get('/account', ownPage(server, (page, own) => showApps(server, page, own)));
  router.post('/account/sign-in', readForm, guarded(server), pageHandler(server, (page) => takePassword(server, page)));
  router.post('/account/second', readForm, guarded(server), pageHandler(server, (page) => takeSecond(server, page)));
  router.post('/account/cancel', readForm, guarded(server), pageHandler(server, (page) => { page.goTo(accountPath); }));
  router.post('/account/sign-out', readForm, guarded(server), pageHandler(server, async (page) => {
    await endSession(server, page);
    page.goTo(accountPath);
  }));
  post('disconnect', async (page, { account }) => {
    const grants = await server.grants.list({ collection: 'Grant', owner: account.id, limit: 1_000 });
    const grant = grants.find(({ key }) => key === page.form['app']);
    if (grant !== undefined) {
      await server.grants.revokeGrant(grant.key);
      await recordSecurity(server.service, 'token-revoked', { agent: { account: account.id, user: account.fhirUser, address: server.addressOf(page.req) }, outcomeText: 'disconnected by the person' });
    }
    page.goTo(accountPath);
  });
  post('end-session', async (page, { account }) => {
    const sessions = await server.grants.list({ collection: 'Session', owner: account.id, limit: 1_000 });
    const session = sessions.find(({ value }) => uidOf(value) === page.form['session']);
    if (session !== undefined) await server.grants.remove({ collection: 'Session', key: session.key });
    page.goTo(accountPath);
  });
};

/** Sessions are named by what is no key to them. */
const uidOf = (value: string): string => (JSON.parse(value) as { uid?: string }).uid ?? '';

const showApps = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const { account, sessionId } = own;
  const grants = await server.grants.list({ collection: 'Grant', owner: account.id, limit: 1_000 });
  const apps = (await Promise.all(grants.map(({ key, value }) => connectedApp(server, page, { key, value })))).filter((app) => app !== undefined);
  const sessions = (await server.grants.list({ collection: 'Session', owner: account.id, limit: 1_000 })).map(({ key, value }): OpenSession => {
    const { uid = '', loginTs = 0 } = JSON.parse(value) as { uid?: string; loginTs?: number };
    return { id: uid, since: shown(loginTs * 1000), own: key === sessionId };
  });
  sendOwn(page, own, { heading: `${page.text.account}: ${account.name}`, body: appsBody({ text: page.text, guard: page.guard, apps, sessions }) });
};

const shown = (ms: number): string => toInstant(ms).slice(0, 16).replace('T', ' ');

const connectedApp = async (server: Server, { text, language }: PageExchange, { key, value }: { key: string; value: string }): Promise<ConnectedApp | undefined> => {
  const { clientId = '', iat = 0, resources = {} } = JSON.parse(value) as { clientId?: string; iat?: number; resources?: Record<string, string> };
  const client = await server.clients.get(clientId);
  if (client === undefined) return undefined;
  const context = await server.contexts.get(key);
  const patient = context?.patient === undefined ? undefined : await server.data.patient(context.patient);
  const scopes = parseScopes(resources[server.options().fhirBase] ?? '');
  return { grantId: key, name: appName(client), since: shown(iat * 1000), patient: patient?.name, words: scopes.map((scope) => scopeWords(scope, text, language)) };
};

const takePassword = async (server: Server, page: PageExchange): Promise<void> => {
  const { email = '', password = '' } = page.form;
  const result = await auditedSignIn(server, { email, password, address: server.addressOf(page.req) });
  if (result.kind === 'signed-in' && !result.needsSecond) return enter(server, page, result.account.id, ['pwd']);
  if (result.kind === 'signed-in') {
    await server.halves.put(halfOf(page), result.account.id);
    return showSecond(server, page, result.account.id);
  }
  const fault = { wrong: page.text.signInWrong, busy: page.text.busy, throttled: page.text.tooMany }[result.kind];
  if (result.kind !== 'wrong') page.res.set('Retry-After', result.kind === 'throttled' ? String(result.seconds) : '2');
  return showSignIn(server, page, { fault, email, status: result.kind === 'wrong' ? 401 : 429 });
};

/** Who owes a second step is kept under the mark of this browser's form, which only this browser can send. */
const halfOf = ({ form }: PageExchange): string => form['guard'] ?? '';

const showSecond = async (server: Server, page: PageExchange, accountId: string, { fault, status }: { fault?: string; status?: number } = {}): Promise<void> => {
  const account = await server.accountOf(accountId);
  if (account === undefined) return showSignIn(server, page);
  const body = secondFactorBody({ text: page.text, guard: page.guard, at: accountPath, hasCode: account.totp !== undefined, hasPasskey: false });
  page.send({ heading: page.text.secondFactor, fault, body }, { status });
};

const takeSecond = async (server: Server, page: PageExchange): Promise<void> => {
  const accountId = await server.halves.get(halfOf(page));
  if (accountId === undefined) return showSignIn(server, page, { status: 403 });
  const result = await auditedSecondFactor(server, { accountId, code: page.form['code'] ?? '', address: server.addressOf(page.req) });
  if (result !== 'right') return showSecond(server, page, accountId, { fault: result === 'wrong' ? page.text.codeWrong : page.text.tooMany, status: result === 'wrong' ? 401 : 429 });
  await server.halves.remove(halfOf(page));
  return enter(server, page, accountId, ['pwd', 'otp']);
};

const enter = async (server: Server, page: PageExchange, accountId: string, amr: string[]): Promise<void> => {
  await startSession(server, page, { accountId, amr });
  page.goTo(accountPath);
};

/** Signs the person out everywhere but here. */
export const endOthers = (server: Server, { account, sessionId }: SignedIn): Promise<void> => endAll(server, account.id, sessionId);
