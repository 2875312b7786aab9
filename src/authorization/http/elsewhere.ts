/** The way to another OpenID provider and back: what is remembered is kept by the server and is good once, for the browser that left. */
import type { Router } from 'express';
import { recordSecurity } from '../../interaction/audited.js';
import { hashOf } from '../../core/hash.js';
import { isSigned } from '../../core/id.js';
import type { Arrival } from '../account/elsewhere.js';
import type { KnownAccount } from '../account/account.js';
import type { Away } from '../launch/away.js';
import { mountPath } from '../option.js';
import { html } from '../page/html.js';
import type { Server } from '../server.js';
import { recordStep } from './audited-sign-in.js';
import { guarded, pageHandler, readForm } from './handler.js';
import { openFlow } from './interaction.js';
import { visitorOf, type PageExchange } from './page-exchange.js';
import { startSession } from './session.js';
import { signedIn } from './steps.js';

/** Adds the routes where another provider is set. */
export const addElsewhere = (router: Router, server: Server): void => {
  const { elsewhere } = server;
  if (elsewhere === undefined) return;
  router.post('/account/elsewhere', readForm, guarded(server), pageHandler(server, (page) => leave(server, page, undefined)));
  router.post('/interaction/:uid/elsewhere', readForm, guarded(server), pageHandler(server, (page) => leave(server, page, String(page.req.params['uid']))));
  router.get('/elsewhere', pageHandler(server, (page) => comeBack(server, page)));
  router.get('/interaction/:uid/elsewhere/:ticket', pageHandler(server, async (page) => {
    const ticket = await server.tickets.take(String(page.req.params['ticket']));
    const flow = ticket === undefined || !isSameBrowser(server, page, ticket.mark) ? undefined : await openFlow(server, page);
    if (flow === undefined || ticket?.uid !== flow.details.uid || flow.details.prompt.name !== 'login') return refuse(page);
    return signedIn(flow, ticket.account, ['ext']);
  }));
};

const refuse = (page: PageExchange): void => { page.send({ heading: page.text.errorTitle, fault: page.text.signInWrong, body: html`` }, { status: 401 }); };

const isSameBrowser = (server: Server, page: PageExchange, mark: string): boolean => {
  const visitor = visitorOf(page.req);
  return visitor !== undefined && isSigned(server.formSecret, visitor, mark);
};

const leave = async (server: Server, page: PageExchange, uid: string | undefined): Promise<void> => {
  if (server.elsewhere === undefined) return refuse(page);
  const { url, departure } = await server.elsewhere.depart();
  await server.away.put(departure.state, { departure, uid, mark: page.form['guard'] ?? '' });
  page.goTo(url);
};

const comeBack = async (server: Server, page: PageExchange): Promise<void> => {
  const answer = new URL(page.req.originalUrl, server.options().origin);
  const away = await server.away.take(answer.searchParams.get('state') ?? '');
  if (away === undefined || server.elsewhere === undefined || !isSameBrowser(server, page, away.mark)) return refuse(page);
  const account = await arrive(server, answer, away);
  const address = server.addressOf(page.req);
  if (account === undefined) {
    await recordSecurity(server.service, 'login', { agent: { address }, outcome: '4', outcomeText: 'signed in elsewhere: wrong' });
    return refuse(page);
  }
  await recordStep(server, { accountId: account.id, address, how: 'elsewhere', result: 'right' });
  if (away.uid === undefined) {
    await startSession(server, page, { accountId: account.id, amr: ['ext'] });
    return page.goTo(`${mountPath}/account`);
  }
  const ticket = hashOf('ticket', away.departure.verifier);
  await server.tickets.put(ticket, { account: account.id, uid: away.uid, mark: away.mark });
  return page.goTo(`${mountPath}/interaction/${away.uid}/elsewhere/${ticket}`);
};

const arrive = async (server: Server, answer: URL, { departure }: Away): Promise<KnownAccount | undefined> => {
  try {
    const arrival = await server.elsewhere?.arrive(answer, departure);
    return arrival === undefined ? undefined : await accountOf(server, arrival);
  } catch (error) {
    server.service.observe({ kind: 'failure', requestId: undefined, where: 'sign-in elsewhere', error });
    return undefined;
  }
};

/** The account that was linked before; at first, the one with the address that the other provider has verified. */
const accountOf = async (server: Server, { issuer, subject, email }: Arrival): Promise<KnownAccount | undefined> => {
  const name = hashOf('external', issuer, subject);
  const linked = await server.linked.get(name);
  if (linked !== undefined) return server.accountOf(linked);
  const found = email === undefined ? undefined : await server.accounts.byEmail(email);
  if (found === undefined || found.disabled) return undefined;
  await server.linked.insertOnce(name, found.id);
  return found;
};
