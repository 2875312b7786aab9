/** How a person signs in: password, time-based codes, passkeys. Each change asks for what was known before it. */
import type { Router } from 'express';
import { generateRegistrationOptions, verifyRegistrationResponse, type RegistrationResponseJSON } from '@simplewebauthn/server';
import { omit } from '../../core/omit.js';
import { Busy, passwordFault } from '../account/password.js';
import { newRecoveryCodes } from '../account/second-factor.js';
import { checkTotp, newTotpSecret, totpUri } from '../account/totp.js';
import { securityBody } from '../page/account.js';
import type { Server } from '../server.js';
import { endOthers, ownPage, sendOwn } from './account.js';
import { answerOf, type PageExchange } from './page-exchange.js';
import { guarded, readForm } from './handler.js';
import type { SignedIn } from './session.js';

interface Shown {
  readonly fault?: string | undefined;
  readonly notice?: string | undefined;
  readonly status?: number | undefined;
  readonly newSecret?: string | undefined;
  readonly recovery?: readonly string[] | undefined;
}

const show = async (server: Server, page: PageExchange, own: SignedIn, { fault, notice, status, newSecret, recovery }: Shown = {}): Promise<void> => {
  const account = (await server.accountOf(own.account.id)) ?? own.account;
  const { text, guard } = page;
  const body = securityBody({
    text, guard, recovery, hasTotp: account.totp !== undefined, passkeys: account.passkeys.map(({ id }) => id), mails: server.mail !== undefined,
    newSecret: newSecret === undefined ? undefined : { key: newSecret, uri: totpUri(newSecret, { issuer: text.title, email: account.email }) },
  });
  sendOwn(page, own, { heading: text.security, body, fault, notice }, { status, script: true });
};

/** Resolves with why the password given is not the present one; undefined when it is. */
export const wrongPassword = async (server: Server, page: PageExchange, { account }: SignedIn): Promise<Shown | undefined> => {
  const counted = await server.throttle.attempt(server.addressOf(page.req), account.id);
  if (counted.seconds > 0) return { fault: page.text.tooMany, status: 429 };
  try {
    if (await server.passwords.verify(page.form['current'] ?? '', account.password)) {
      await counted.clear();
      return undefined;
    }
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    await counted.release();
    return { fault: page.text.busy, status: 429 };
  }
  return { fault: page.text.signInWrong, status: 401 };
};

/** Adds the pages. */
export const addSecurity = (router: Router, server: Server): void => {
  const post = (name: string, handle: (page: PageExchange, own: SignedIn) => Promise<void>): void => { router.post(`/account/${name}`, readForm, guarded(server), ownPage(server, handle)); };
  router.get('/account/security', ownPage(server, (page, own) => show(server, page, own)));
  post('password', (page, own) => changePassword(server, page, own));
  post('totp-start', async (page, own) => {
    const secret = newTotpSecret();
    await server.newSecrets.put(own.account.id, secret);
    return show(server, page, own, { newSecret: secret });
  });
  post('totp-confirm', (page, own) => confirmTotp(server, page, own));
  post('totp-stop', async (page, own) => {
    const fault = await wrongPassword(server, page, own);
    if (fault !== undefined) return show(server, page, own, fault);
    await server.accounts.change(own.account.id, (account) => ({ ...omit(account, ['totp']), recovery: [] }));
    return show(server, page, own);
  });
  post('passkey-remove', async (page, own) => {
    await server.accounts.change(own.account.id, (account) => ({ ...account, passkeys: account.passkeys.filter(({ id }) => id !== page.form['passkey']) }));
    return show(server, page, own);
  });
  post('passkey-options', (page, own) => sendPasskeyOptions(server, page, own));
  post('passkey-add', (page, own) => addPasskey(server, page, own));
};

const changePassword = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const fault = await wrongPassword(server, page, own);
  if (fault !== undefined) return show(server, page, own, fault);
  const password = page.form['password'] ?? '';
  const weak = passwordFault(password, own.account.email);
  if (weak !== undefined) return show(server, page, own, { fault: page.text[weak], status: 400 });
  const hash = await server.passwords.hash(password);
  await server.accounts.change(own.account.id, (account) => ({ ...account, password: hash }));
  await endOthers(server, own);
  return show(server, page, own, { notice: page.text.passwordChanged });
};

const confirmTotp = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const secret = await server.newSecrets.get(own.account.id);
  const step = secret === undefined ? undefined : checkTotp({ secret, code: page.form['code'] ?? '', now: server.clock.now(), lastStep: 0 });
  if (secret === undefined || step === undefined) return show(server, page, own, { fault: page.text.codeWrong, status: 400, newSecret: secret });
  const { codes, hashes } = newRecoveryCodes();
  await server.accounts.change(own.account.id, (account) => ({ ...account, totp: { secret, lastStep: step }, recovery: hashes }));
  await server.newSecrets.remove(own.account.id);
  return show(server, page, own, { notice: page.text.totpOn, recovery: codes });
};

const rpOf = (server: Server): { readonly rpID: string; readonly origin: string } => {
  const { origin } = server.options();
  return { rpID: new URL(origin).hostname, origin };
};

const sendPasskeyOptions = async (server: Server, page: PageExchange, { account }: SignedIn): Promise<void> => {
  const { rpID } = rpOf(server);
  const options = await generateRegistrationOptions({
    rpName: page.text.title, rpID, userName: account.email, userDisplayName: account.name, attestationType: 'none',
    excludeCredentials: account.passkeys.map(({ id }) => ({ id })), authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
  });
  await server.challenges.put(account.id, options.challenge);
  page.res.set('Cache-Control', 'no-store').json(options);
};

const addPasskey = async (server: Server, page: PageExchange, own: SignedIn): Promise<void> => {
  const { rpID, origin } = rpOf(server);
  const expectedChallenge = await server.challenges.take(own.account.id);
  const verified = expectedChallenge === undefined ? undefined : await verifyRegistrationResponse({ response: answerOf<RegistrationResponseJSON>(page), expectedChallenge, expectedOrigin: origin, expectedRPID: rpID, requireUserVerification: false }).catch(() => undefined);
  const credential = verified?.verified === true ? verified.registrationInfo.credential : undefined;
  if (credential === undefined) return show(server, page, own, { fault: page.text.passkeyFailed, status: 400 });
  const { codes, hashes } = newRecoveryCodes();
  let fresh = false;
  await server.accounts.change(own.account.id, (account) => {
    fresh = account.recovery.length === 0;
    const passkey = { id: credential.id, publicKey: Buffer.from(credential.publicKey).toString('base64url'), counter: credential.counter, transports: credential.transports ?? [] };
    return { ...account, passkeys: [...account.passkeys, passkey], recovery: fresh ? hashes : account.recovery };
  });
  return show(server, page, own, { recovery: fresh ? codes : undefined });
};
