/**
 * Sign-up, password reset and change of address. What a form answers never depends on whether an account or a record exists:
 * the look-up comes after the answer, and what it finds goes out by mail alone.
 */
import type { Router } from 'express';
import { AliasTaken } from '../../store/grant.js';
import { sameEmail } from '../account/account.js';
import { Busy, passwordFault } from '../account/password.js';
import type { Link } from '../mail/link.js';
import { endAll } from '../operator.js';
import { mountPath } from '../option.js';
import { html } from '../page/html.js';
import { linkConfirmBody, linkPasswordBody, mailboxBody, resetBody, signUpBody } from '../page/mail.js';
import { textsOf } from '../page/layout.js';
import type { Server } from '../server.js';
import { ownPage, sendOwn } from './account.js';
import type { PageExchange } from './page-exchange.js';
import { guarded, pageHandler, readForm } from './handler.js';
import { wrongPassword } from './security.js';

/** Minutes a link is good for. */
const hour = 60;

/** Adds the pages; without mail there are none but those that links of the operator lead to. */
export const addMailPages = (router: Router, server: Server): void => {
  router.get('/link/:token', pageHandler(server, (page) => showLink(server, page)));
  router.post('/link/:token', readForm, guarded(server), pageHandler(server, (page) => followLink(server, page)));
  router.get('/mailbox', pageHandler(server, (page, next) => {
    const box = server.mail?.box;
    if (box === undefined) return next();
    page.send({ heading: page.text.mailbox, body: mailboxBody(page.text, box()) });
  }));
  if (server.mail === undefined) return;
  router.get('/reset', pageHandler(server, (page) => { page.send({ heading: page.text.reset, body: resetBody(page) }); }));
  router.post('/reset', readForm, guarded(server), pageHandler(server, (page) => later(server, page, { name: 'reset', body: resetBody(page), heading: page.text.reset, work: () => sendReset(server, page.form['email'] ?? '') })));
  router.get('/sign-up', pageHandler(server, (page) => { page.send({ heading: page.text.signUp, body: signUpBody(page) }); }));
  router.post('/sign-up', readForm, guarded(server), pageHandler(server, (page) => later(server, page, { name: 'sign-up', body: signUpBody(page), heading: page.text.signUp, work: () => sendSignUp(server, page.form) })));
  router.post('/account/email', readForm, guarded(server), ownPage(server, async (page, own) => {
    const wrong = await wrongPassword(server, page, own);
    if (wrong === undefined) await sendEmailChange(server, { account: own.account.id, email: (page.form['email'] ?? '').trim() });
    sendOwn(page, own, { heading: page.text.changeEmail, body: html``, ...(wrong === undefined ? { notice: page.text.emailSent } : { fault: wrong.fault }) }, { status: wrong?.status });
  }));
};

interface Later {
  readonly name: string;
  readonly heading: string;
  readonly body: ReturnType<typeof html>;
  readonly work: () => Promise<void>;
}

/** Answers at once and alike; the work's own failures are the operator's to know. */
const later = async (server: Server, page: PageExchange, { name, heading, body, work }: Later): Promise<void> => {
  const { seconds } = await server.mailThrottle.attempt(server.addressOf(page.req), `${name} ${sameEmail(page.form['email'] ?? '')}`);
  if (seconds > 0) {
    page.send({ heading, body, fault: page.text.tooMany }, { status: 429 });
    return;
  }
  page.send({ heading, body: html``, notice: page.text.emailSent });
  work().catch((error: unknown) => { server.service.observe({ kind: 'failure', requestId: undefined, where: `mail for ${name}`, error }); });
};

const send = async (server: Server, to: string, { subject, path }: { readonly subject: 'reset' | 'signUp' | 'changeEmail'; readonly path: string }): Promise<void> => {
  const [en, zh] = [textsOf('en'), textsOf('zh-Hant')];
  await server.mail?.send({ to, subject: `${en.title}: ${en[subject]} / ${zh[subject]}`, text: `${en[subject]} / ${zh[subject]}:\n\n${server.options().origin}${path}\n` });
};

const sendReset = async (server: Server, email: string): Promise<void> => {
  const account = await server.accounts.byEmail(email);
  if (account === undefined || account.disabled) return;
  await send(server, account.email, { subject: 'reset', path: await server.links.make({ kind: 'reset', account: account.id }, hour) });
};

/** A patient may have an account when record number, date of birth and address are those of one record. */
const sendSignUp = async (server: Server, { mrn = '', birthDate = '', email = '' }: PageExchange['form']): Promise<void> => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(birthDate) || mrn.trim() === '') return;
  const patient = await server.data.findByMrn(mrn.trim(), birthDate);
  const own = patient?.emails.find((each) => sameEmail(each) === sameEmail(email));
  if (patient === undefined || own === undefined || (await server.accounts.byEmail(own)) !== undefined) return;
  const path = await server.links.make({ kind: 'sign-up', email: own, name: patient.name, role: 'patient', fhirUser: `Patient/${patient.id}` }, hour);
  await send(server, own, { subject: 'signUp', path });
};

const sendEmailChange = async (server: Server, { account, email }: { readonly account: string; readonly email: string }): Promise<void> => {
  if ((await server.accounts.byEmail(email)) !== undefined) return;
  await send(server, email, { subject: 'changeEmail', path: await server.links.make({ kind: 'email', account, email }, hour) });
};

const linkOf = async (server: Server, page: PageExchange): Promise<{ readonly token: string; readonly link: Link; readonly email: string } | undefined> => {
  const token = String(page.req.params['token']);
  const link = await server.links.kept.get(token);
  if (link === undefined) return undefined;
  const email = link.kind === 'reset' ? (await server.accountOf(link.account))?.email : link.email;
  return email === undefined ? undefined : { token, link, email };
};

const bad = (page: PageExchange): void => { page.send({ heading: page.text.errorTitle, fault: page.text.linkBad, body: html`` }, { status: 400 }); };

/** A link does nothing by being opened: mail programs open links by themselves. */
const showLink = async (server: Server, page: PageExchange, fault?: string): Promise<void> => {
  const found = await linkOf(server, page);
  if (found === undefined) return bad(page);
  const { text, guard } = page;
  const parts = { text, guard, at: `${mountPath}/link/${found.token}`, email: found.email };
  const heading = { 'reset': text.reset, 'sign-up': text.signUp, 'email': text.changeEmail }[found.link.kind];
  page.send({ heading, fault, body: found.link.kind === 'email' ? linkConfirmBody(parts) : linkPasswordBody(parts) }, { status: fault === undefined ? 200 : 400 });
};

const followLink = async (server: Server, page: PageExchange): Promise<void> => {
  const found = await linkOf(server, page);
  if (found === undefined) return bad(page);
  const password = page.form['password'] ?? '';
  const weak = found.link.kind === 'email' ? undefined : passwordFault(password, found.email);
  if (weak !== undefined) return showLink(server, page, page.text[weak]);
  try {
    const hash = found.link.kind === 'email' ? undefined : await server.passwords.hash(password);
    // Taken after the slow part: of two that follow it at once, one does it.
    const link = await server.links.kept.take(found.token);
    if (link === undefined) return bad(page);
    await act(server, link, hash);
    const notice = { 'reset': page.text.resetDone, 'sign-up': page.text.signUpDone, 'email': page.text.emailChanged }[link.kind];
    page.send({ heading: page.text.account, notice, body: html`<p><a class="button" href="${mountPath}/account">${page.text.signIn}</a></p>` });
  } catch (error) {
    if (error instanceof AliasTaken) return bad(page);
    if (error instanceof Busy) return showLink(server, page, page.text.busy);
    throw error;
  }
};

const act = async (server: Server, link: Link, hash: Awaited<ReturnType<Server['passwords']['hash']>> | undefined): Promise<void> => {
  switch (link.kind) {
    case 'reset':
      await server.accounts.change(link.account, (account) => ({ ...account, password: hash }));
      return endAll(server, link.account);
    case 'sign-up': {
      const { email, name, role, fhirUser } = link;
      await server.accounts.add({ email, name, role, fhirUser, password: hash, verified: true });
      return undefined;
    }
    case 'email':
      await server.accounts.change(link.account, (account) => ({ ...account, email: link.email }));
      return endAll(server, link.account);
  }
};
