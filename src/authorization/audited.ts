/** What happens to accounts, apps and tokens leaves a record before it is answered (https://profiles.ihe.net/ITI/BALP/; DICOM PS3.15 A.5.3). */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { hashOf } from '../core/hash.js';
import { recordSecurity } from '../interaction/audited.js';
import type { Service } from '../interaction/service.js';
import type { SecurityEvent } from '../audit/security-event.js';
import type { Account, Accounts } from './account/account.js';
import type { Clients } from './client/client.js';

/** Attributes whose change is told, by their names alone. */
const told = ['email', 'role', 'fhirUser', 'password', 'represents', 'disabled', 'passkeys'] as const satisfies readonly (keyof Account)[];

/** Codes that are used up and counters that move are no change of these. */
const changesOf = (before: Account, after: Account): readonly string[] => [
  ...told.filter((name) => JSON.stringify(sorted(before[name])) !== JSON.stringify(sorted(after[name]))),
  ...(before.totp?.secret === after.totp?.secret ? [] : ['one-time codes']),
];

const sorted = (value: unknown): unknown => (Array.isArray(value) ? value.map((one: unknown) => (typeof one === 'object' && one !== null && 'id' in one ? one.id : one)) : value);

/** Returns the accounts, each change of them recorded. Who made it is told by the event it was part of; the account is the one it is about. */
export const auditedAccounts = (accounts: Accounts, service: Service): Accounts => ({
  ...accounts,
  add: async (given) => {
    const added = await accounts.add(given);
    await recordSecurity(service, 'account-changed', { agent: { account: added.id, user: added.fhirUser }, subject: added.id, outcomeText: `added: ${added.role}` });
    return added;
  },
  change: async (id, change) => {
    let changes: readonly string[] = [];
    const changed = await accounts.change(id, (before) => {
      const after = change(before);
      changes = after === undefined ? [] : changesOf(before, after);
      return after;
    });
    if (changed !== undefined && changes.length > 0) await recordSecurity(service, 'account-changed', { agent: { account: id, user: changed.fhirUser }, subject: id, outcomeText: `changed: ${changes.join(', ')}` });
    return changed;
  },
});

/** Returns the registered apps, each change of them recorded. */
export const auditedClients = (clients: Clients, service: Service): Clients => {
  const changed = (id: string, what: string): Promise<void> => recordSecurity(service, 'client-changed', { agent: { client: id }, subject: id, outcomeText: what });
  return {
    ...clients,
    add: async (given, source) => {
      const added = await clients.add(given, source);
      await changed(given.id, `registered: ${source}`);
      return added;
    },
    rotate: async (id, keys) => {
      const rotated = await clients.rotate(id, keys);
      await changed(id, 'rotated');
      return rotated;
    },
    revoke: async (id) => {
      const was = await clients.revoke(id);
      if (was) await changed(id, 'revoked');
      return was;
    },
  };
};

const eventOf = ({ oidc: { route, params }, status }: KoaContextWithOIDC): SecurityEvent | undefined => {
  switch (route as string | undefined) {
    case 'token':
      return status >= 400 ? 'token-refused' : params?.['grant_type'] === 'refresh_token' ? 'token-refreshed' : 'token-issued';
    case 'introspection':
      return 'token-introspected';
    case 'revocation':
      return 'token-revoked';
    default:
      return status >= 400 ? 'token-refused' : undefined;
  }
};

/** Records what the provider does before it answers: koa sends nothing until all middleware has ended. */
export const auditProvider = (provider: Provider, service: Service, addressOf: (ctx: KoaContextWithOIDC) => string): void => {
  provider.use(async (ctx, next) => {
    await next();
    const asked = ctx as KoaContextWithOIDC;
    // A path that is none of the provider's has no such context.
    if ((asked.oidc as KoaContextWithOIDC['oidc'] | undefined) === undefined) return;
    const event = eventOf(asked);
    if (event === undefined) return;
    const { client, entities, params } = asked.oidc;
    const token = entities.AccessToken ?? entities.ClientCredentials ?? entities.RefreshToken;
    const named = params?.['client_id'];
    await recordSecurity(service, event, {
      agent: { client: (client?.clientId ?? (typeof named === 'string' ? named.slice(0, 200) : undefined)), account: entities.Account?.accountId ?? (event === 'token-issued' || event === 'token-refreshed' ? entities.AccessToken?.accountId : undefined), address: addressOf(asked) },
      subject: token === undefined ? undefined : `urn:ietf:params:oauth:jti:${hashOf('jti', token.jti)}`,
      outcome: asked.status >= 500 ? '8' : asked.status >= 400 ? '4' : '0', outcomeText: asked.status >= 400 ? errorOf(asked.body) : undefined,
    });
  });
};

/** The code of RFC 6749, 5.2: a word, never data. */
const errorOf = (body: unknown): string | undefined => {
  const error: unknown = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  return typeof error === 'string' ? error.slice(0, 100) : undefined;
};
