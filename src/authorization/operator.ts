/** What the operator does by command: accounts and tokens. Apps are in `client/`. */
import { hashOf } from '../core/hash.js';
import { omit } from '../core/omit.js';
import { recordSecurity } from '../interaction/audited.js';
import { isResourceType } from '../fhir/definitions.js';
import { AliasTaken } from '../store/grant.js';
import type { KnownAccount } from './account/account.js';
import { passwordFault, shortestPassword } from './account/password.js';
import { isRole, roles, type Role } from './account/role.js';
import { sortScopes } from './client/scope.js';
import type { Server } from './server.js';

/** The operator asked for something that cannot be; the message says what and how to mend it. */
export class OperatorFault extends Error {}

export interface NewUser {
  readonly email: string;
  readonly role: string;
  readonly fhirUser: string;
  readonly password: string;
  readonly name?: string | undefined;
  /** `RelatedPerson/id` of those whose records the person acts for. */
  readonly represents?: readonly string[] | undefined;
}

const emailForm = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

const checkUser = async (server: Server, { email, role, fhirUser, represents = [] }: Omit<NewUser, 'password'>): Promise<Role> => {
  if (!emailForm.test(email)) throw new OperatorFault(`"${email}" is no e-mail address.`);
  if (!isRole(role)) throw new OperatorFault(`--role must be one of ${Object.keys(roles).join(', ')}, not "${role}".`);
  const [type = '', id = '', more] = fhirUser.split('/');
  const allowed = roles[role].fhirUser;
  if (more !== undefined || !isResourceType(type) || !allowed.includes(type) || id === '') throw new OperatorFault(`--fhir-user of a ${role} must be Type/id of a ${allowed.join(' or ')}, not "${fhirUser}".`);
  for (const reference of [fhirUser, ...represents]) if (!(await server.data.exists(reference))) throw new OperatorFault(`There is no ${reference} on this server; create it first.`);
  return role;
};

const week = 7 * 24 * 60;

/** Resolves with the address of a page where the person chooses a password and so gets the account. Rejects with an OperatorFault. */
export const inviteUser = async (server: Server, given: Omit<NewUser, 'password'>): Promise<string> => {
  const role = await checkUser(server, given);
  const { email, fhirUser, name } = given;
  if ((await server.accounts.byEmail(email)) !== undefined) throw new OperatorFault(`There is an account with the address ${email} already.`);
  return server.options().origin + await server.links.make({ kind: 'sign-up', email, role, fhirUser, name: name ?? email.split('@')[0] ?? email }, week);
};

/** Resolves with the new account. Rejects with an OperatorFault. */
export const addUser = async (server: Server, given: NewUser): Promise<KnownAccount> => {
  const role = await checkUser(server, given);
  const { email, fhirUser, password, name, represents = [] } = given;
  checkPassword(password, email);
  try {
    return await server.accounts.add({ email, role, fhirUser, name: name ?? email.split('@')[0] ?? email, represents, verified: true, password: await server.passwords.hash(password) });
  } catch (error) {
    if (error instanceof AliasTaken) throw new OperatorFault(`There is an account with the address ${email} already.`);
    throw error;
  }
};

const checkPassword = (password: string, email: string): void => {
  const fault = passwordFault(password, email);
  if (fault !== undefined) throw new OperatorFault(fault === 'passwordShort' ? `The password must have ${String(shortestPassword)} to 200 characters; it is read from standard input.` : 'The password is too easy to guess.');
};

const accountOf = async (server: Server, email: string): Promise<KnownAccount> => {
  const account = await server.accounts.byEmail(email);
  if (account === undefined) throw new OperatorFault(`There is no account with the address ${email}.`);
  return account;
};

/** Sets a new password, takes second factors away, lifts a disablement and ends every session and grant. Rejects with an OperatorFault. */
export const resetUser = async (server: Server, email: string, password: string): Promise<KnownAccount> => {
  const account = await accountOf(server, email);
  checkPassword(password, email);
  const hash = await server.passwords.hash(password);
  const changed = await server.accounts.change(account.id, (old) => ({ ...omit(old, ['totp']), password: hash, passkeys: [], recovery: [], disabled: false }));
  await endAll(server, account.id);
  return changed ?? account;
};

/** Ends the account's use at once. Rejects with an OperatorFault. */
export const disableUser = async (server: Server, email: string): Promise<KnownAccount> => {
  const account = await accountOf(server, email);
  const changed = await server.accounts.change(account.id, (old) => ({ ...old, disabled: true }));
  await endAll(server, account.id);
  return changed ?? account;
};

/** Ends all sessions and all that apps were granted by the account, but for one session. */
export const endAll = async ({ grants }: Server, accountId: string, exceptSession?: string): Promise<void> => {
  for (const collection of ['Session', 'Grant']) {
    for (const { key } of await grants.list({ collection, owner: accountId, limit: 1_000 })) {
      if (collection === 'Grant') await grants.revokeGrant(key);
      else if (key !== exceptSession) await grants.remove({ collection, key });
    }
  }
};

export interface TokenWish {
  readonly client: string;
  /** E-mail address of the person on whose behalf; undefined for a backend service. */
  readonly user?: string | undefined;
  readonly scope: string;
  readonly patient?: string | undefined;
  readonly minutes: number;
}

export interface MintedToken {
  readonly token: string;
  readonly scope: string;
  /** Names it in the audit. */
  readonly jti: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Resolves with an access token like any other: looked up, revocable, good for the scopes of its client. Rejects with an OperatorFault. */
export const mintToken = async (server: Server, wish: TokenWish): Promise<MintedToken> => {
  const { clients, clock, data, service } = server;
  const client = await clients.get(wish.client);
  if (client === undefined) throw new OperatorFault(`There is no client with the id ${wish.client}; concierge client list shows them.`);
  const { clinical, dropped } = sortScopes(wish.scope, { client, ...server.scopeRules() });
  if (dropped.length > 0) throw new OperatorFault(`The client ${wish.client} is not registered for ${dropped.join(' ')}.`);
  const isBackend = client.smart_type === 'backend';
  if (isBackend !== (wish.user === undefined)) throw new OperatorFault(isBackend ? 'A backend client acts for nobody; leave --user out.' : 'This client acts for a person; say for whom with --user.');
  if (clinical.some(({ context }) => context === 'patient') && wish.patient === undefined) throw new OperatorFault('patient/ scopes need a patient; say which with --patient.');
  if (wish.patient !== undefined && (await data.patient(wish.patient)) === undefined) throw new OperatorFault(`There is no Patient/${wish.patient} on this server.`);
  const scope = clinical.map(({ text }) => text).join(' ');
  const account = wish.user === undefined ? undefined : await accountOf(server, wish.user);
  if (account?.disabled === true) throw new OperatorFault(`The account ${account.email} is disabled.`);
  if (account !== undefined && account.role !== 'patient' && wish.patient !== undefined && (await data.patient(wish.patient, account)) === undefined) throw new OperatorFault(`${account.email} does not reach Patient/${wish.patient}: docs/access.md says whose patients are whose.`);
  if (account?.role === 'patient' && wish.patient !== undefined && !(await server.patientsOf(account)).includes(wish.patient)) throw new OperatorFault(`${account.email} does not act for Patient/${wish.patient}.`);
  const token = await issue(server, { ...wish, scope }, account);
  const jti = hashOf('jti', token);
  await recordSecurity(service, 'token-issued', { agent: { client: wish.client, account: account?.id, user: account?.fhirUser }, patient: wish.patient, subject: `urn:ietf:params:oauth:jti:${jti}`, outcomeText: 'by command' });
  service.observe({ kind: 'notice', level: 'info', message: `An access token was made by command for client ${wish.client}: ${jti}` });
  return { token, scope, jti, expires: clock.now() + wish.minutes * 60_000 };
};

const issue = async (server: Server, { client: clientId, scope, patient, minutes }: TokenWish, account: KnownAccount | undefined): Promise<string> => {
  const provider = await server.provider();
  const { baseUrl } = server.scopeRules();
  const client = await provider.Client.find(clientId);
  if (client === undefined) throw new OperatorFault(`The registration of ${clientId} cannot be used.`);
  const resource = new provider.ResourceServer(baseUrl, { scope, audience: baseUrl, accessTokenTTL: minutes * 60, accessTokenFormat: 'opaque' });
  if (account === undefined) {
    const token = new provider.ClientCredentials({ client, scope });
    token.resourceServer = resource;
    return token.save();
  }
  const grant = new provider.Grant({ accountId: account.id, clientId });
  grant.addResourceScope(baseUrl, scope);
  const grantId = await grant.save();
  await server.contexts.put(grantId, { grantId, ...(patient === undefined ? {} : { patient }), fhirUser: account.fhirUser });
  const token = new provider.AccessToken({ client, accountId: account.id, grantId, gty: 'operator', scope });
  token.resourceServer = resource;
  return token.save();
};

