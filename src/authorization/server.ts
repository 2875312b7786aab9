/** The authorization server's parts put together, once per process. Everything it keeps is in the grant store. */
import type Provider from 'oidc-provider';
import type { JWK } from 'jose';
import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../access/viewer.js';
import type { Clock } from '../core/clock.js';
import { keepNewest } from '../core/keep-newest.js';
import type { Perform, Service } from '../interaction/service.js';
import type { Registry } from '../search/registry.js';
import type { GrantStore } from '../store/grant.js';
import { makeAccounts, type Accounts, type KnownAccount } from './account/account.js';
import { auditedAccounts, auditedClients, auditProvider } from './audited.js';
import { makeElsewhere, type Elsewhere, type ElsewhereOptions } from './account/elsewhere.js';
import { makePasswords, type Passwords } from './account/password.js';
import { makeThrottle, type Throttle } from './account/throttle.js';
import { addressOf } from './http/address.js';
import { makeClients, type Clients } from './client/client.js';
import { makeFirstCalls, type FirstCalls } from './first-call.js';
import { makeAdapterFactory } from './grant/adapter.js';
import { makeCollection, type Collection } from './grant/collection.js';
import { makeContexts, type GrantedContext } from './grant/context.js';
import { makeSigningKeys, type SigningKeys } from './grant/keys.js';
import { ownSecret } from './grant/secret.js';
import { openVault, type Vault } from './grant/vault.js';
import type { Away, Ticket } from './launch/away.js';
import type { Progress } from './launch/progress.js';
import { observeProvider } from './observe-provider.js';
import { makeRecordData, type RecordData } from './launch/data.js';
import { makeLaunches, type Launches } from './launch/handle.js';
import { makeLinks, type Links } from './mail/link.js';
import type { Mail } from './mail/mail.js';
import { mountPath, type AuthorizationOptions } from './option.js';
import { makeProvider } from './provider.js';
import { makeRecorder, mendOf, type Recorder } from './recorder.js';
import { makeViewerOf } from './token/verify.js';

export interface Server extends AppOrigins {
  readonly options: () => AuthorizationOptions;
  readonly clock: Clock;
  readonly service: Service;
  readonly perform: Perform;
  /** Sealed. */
  readonly grants: GrantStore;
  /** What seals them. */
  readonly vault: Vault;
  /** Puts a new AUTH_KEY in the place of the one that is kept in DATA_DIR; undefined where the operator keeps it. */
  readonly keepAuthKey: ((secret: string) => Promise<void>) | undefined;
  /** The provider of the keys that are now in use. */
  readonly provider: () => Promise<Provider>;
  readonly clients: Clients;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  readonly contexts: Collection<GrantedContext>;
  readonly progress: Collection<Progress>;
  /** Accounts that gave their password outside of an app's request and owe the second step, by the mark of the browser. */
  readonly halves: Collection<string>;
  /** Secrets of authenticators being set up, by account. */
  readonly newSecrets: Collection<string>;
  /** Challenges of passkeys, by account. */
  readonly challenges: Collection<string>;
  readonly links: Links;
  /** Sign-in at another provider; undefined where none is set. */
  readonly elsewhere: Elsewhere | undefined;
  readonly away: Collection<Away>;
  readonly tickets: Collection<Ticket>;
  /** Accounts by issuer and subject of the other provider. */
  readonly linked: Collection<string>;
  /** Requests for mail: each counts. */
  readonly mailThrottle: Throttle;
  readonly registrationThrottle: Throttle;
  /** Sends mail; undefined where no mail server is set. */
  readonly mail: Mail | undefined;
  readonly launches: Launches;
  readonly data: RecordData;
  readonly recorder: Recorder;
  readonly mendOf: (text: string) => string;
  /** First calls of apps go to the flight recorder. */
  readonly firstCalls: FirstCalls;
  readonly keys: SigningKeys;
  readonly formSecret: string;
  /** The account when it may sign in. */
  readonly accountOf: (id: string) => Promise<KnownAccount | undefined>;
  readonly patientsOf: (account: KnownAccount) => Promise<readonly string[]>;
  readonly scopeRules: () => { readonly registry: Registry; readonly baseUrl: string };
  readonly addressOf: (req: IncomingMessage) => string;
  readonly viewerOf: (req: IncomingMessage) => Promise<Viewer>;
  readonly close: () => Promise<void>;
}

export interface ServerParts {
  /** As the engine opened it. */
  readonly grants: GrantStore;
  /** What records are sealed with. */
  readonly authKey: string;
  /** Puts a new one in its place, where it is kept in DATA_DIR. */
  readonly keepAuthKey?: ((secret: string) => Promise<void>) | undefined;
  readonly service: Service;
  readonly perform: Perform;
  /** Asked when first needed: the port may not be known before. */
  readonly options: () => AuthorizationOptions;
  /** Another provider where people may sign in. */
  readonly elsewhere?: Omit<ElsewhereOptions, 'callback'> | undefined;
  /** Undefined: no mail can be sent. */
  readonly mail?: Mail | undefined;
  readonly renderError: Parameters<typeof makeProvider>[0]['renderError'];
}

const quarterHour = 15 * 60_000;
const progressMs = 30 * 60_000;
/** How often other processes' rotations are looked for. */
const keysMs = 60_000;

const makeBackendOf = (clients: Clients): Parameters<typeof makeViewerOf>[0]['backendOf'] => async (id) => {
  const client = await clients.get(id);
  return { policy: client?.smart_policy, ...(client?.smart_labels === true ? { changesLabels: true } : {}) };
};

/** Resolves with the server; nothing listens yet. Rejects when the records were sealed with another key. */
export const openServer = async (parts: ServerParts): Promise<Server> => {
  const { service, perform } = parts;
  const { clock } = service;
  const vault = await openVault(parts.grants, parts.authKey, clock);
  const { grants } = vault;
  const options = once(parts.options);
  const cookieSecret = await ownSecret(grants, 'cookie');
  const accounts = auditedAccounts(makeAccounts(grants, clock), service);
  const clients = auditedClients(makeClients(grants, clock), service);
  const contexts = makeContexts(grants);
  const data = makeRecordData(service, perform);
  const keys = makeSigningKeys(grants, clock);
  const recorder = makeRecorder({ grants, clock, observe: service.observe, isRegistered: async (id) => (await clients.get(id)) !== undefined });
  const accountOf = async (id: string): Promise<KnownAccount | undefined> => {
    const account = await accounts.get(id);
    return account?.disabled === true ? undefined : account;
  };
  const build = (jwks: readonly JWK[]): Provider => {
    const { idleMinutes, sessionHours } = options();
    const adapter = makeAdapterFactory({ grants, clock, idleMs: idleMinutes * 60_000, sessionMs: sessionHours * 3_600_000 });
    const provider = makeProvider({ options: options(), adapter, keys: jwks, cookieSecret, clock, registry: service.registry, contexts, clientOf: (id) => clients.get(id), accountOf, renderError: parts.renderError });
    auditProvider(provider, service, (ctx) => address(ctx.req));
    observeProvider(provider, { recorder, observe: service.observe });
    return provider;
  };
  const provider = makeCurrent(keys, build, clock);
  const brief = <T>(name: string, minutes: number): Collection<T> => makeCollection<T>(grants, name, () => ({ expires: clock.now() + minutes * 60_000 }));
  const shortLived = (name: string, minutes: number): Collection<string> => brief<string>(name, minutes);
  const patientsOf = makePatientsOf(data, clock);
  const address = (req: IncomingMessage): string => addressOf(req, options().trustProxy);
  const viewerOf = makeViewerOf({
    provider, grants, clock, accountOf, patientsOf, backendOf: makeBackendOf(clients), addressOf: address, fhirBase: () => options().fhirBase, origin: () => options().origin,
  });
  return {
    options, clock, service, perform, grants, vault, keepAuthKey: parts.keepAuthKey, provider, clients, accounts, contexts, data, keys, recorder, mendOf, accountOf, patientsOf, viewerOf, addressOf: address,
    passwords: makePasswords({ cost: parts.options().passwordCost, width: 2, waiting: 16 }),
    throttle: makeThrottle({ grants, clock, kind: 'sign-in', windowMs: quarterHour, perName: 10, perAddress: 50 }),
    progress: makeCollection<Progress>(grants, 'progress', () => ({ expires: clock.now() + progressMs })),
    halves: shortLived('half', 5), newSecrets: shortLived('new-secret', 15), challenges: shortLived('challenge', 5), mail: parts.mail,
    elsewhere: parts.elsewhere === undefined ? undefined : makeElsewhere({ ...parts.elsewhere, callback: () => `${options().origin}${mountPath}/elsewhere` }),
    away: brief<Away>('away', 10), tickets: brief<Ticket>('ticket', 1), linked: makeCollection<string>(grants, 'linked-account'), links: makeLinks(grants, clock),
    mailThrottle: makeThrottle({ grants, clock, kind: 'mail', windowMs: quarterHour, perName: 3, perAddress: 20 }), registrationThrottle: makeThrottle({ grants, clock, kind: 'registration', windowMs: quarterHour, perName: 20, perAddress: 20 }),
    launches: makeLaunches(grants, clock), formSecret: await ownSecret(grants, 'form'),
    scopeRules: () => ({ registry: service.registry, baseUrl: options().fhirBase }),
    ...makeAppOrigins(clients, clock), firstCalls: makeFirstCalls(recorder),
    close: async () => { await recorder.settle(); await grants.close(); },
  };
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** The provider is made anew when the keys have changed; requests under way end with the one they began with. */
const makeCurrent = (keys: SigningKeys, build: (jwks: readonly JWK[]) => Provider, clock: Clock): (() => Promise<Provider>) => {
  let current: { readonly provider: Provider; readonly kids: string; checked: number } | undefined;
  let loading: Promise<Provider> | undefined;
  const load = async (): Promise<Provider> => {
    const jwks = await keys.load();
    const kids = jwks.map(({ kid }) => kid).join(' ');
    if (current?.kids === kids) current.checked = clock.now();
    else current = { provider: build(jwks), kids, checked: clock.now() };
    return current.provider;
  };
  return async () => {
    if (current !== undefined && clock.now() - current.checked < keysMs) return current.provider;
    return (loading ??= load().finally(() => { loading = undefined; }));
  };
};

export interface AppOrigins {
  /** Whether a registered web app comes from this origin, as far as it is known. */
  readonly isAppOrigin: (origin: string) => boolean;
  /** Looks for an origin that is not known; undefined for one that is. */
  readonly learnOrigin: (origin: string) => Promise<void> | undefined;
}

/** An origin that was removed is allowed this long at most, in milliseconds. */
const originsMs = 2_000;
/** Origins that nobody has registered make the server look this often at most, in milliseconds. */
const lookMs = 250;

/** Browsers ask before an app has said who it is: any registered app's origin may ask, from the moment it is registered. */
const makeAppOrigins = (clients: Clients, clock: Clock): AppOrigins => {
  let origins: ReadonlySet<string> = new Set();
  let loaded = -Infinity;
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const early = lookMs - (clock.monotonic() - loaded);
    if (early > 0) await new Promise((resolve) => { setTimeout(resolve, early); });
    loaded = clock.monotonic();
    origins = new Set((await clients.all()).flatMap(({ redirect_uris }) => redirect_uris.map((uri) => new URL(uri).origin)).filter((origin) => origin !== 'null'));
  };
  const look = (): Promise<void> => (loading ??= load().finally(() => { loading = undefined; }));
  return {
    isAppOrigin: (origin) => {
      if (clock.monotonic() - loaded > originsMs) look().catch(() => undefined);
      return origins.has(origin);
    },
    // Without the store no origin is let in; the request itself is told what is wrong.
    learnOrigin: (origin) => (origins.has(origin) ? undefined : look().catch(() => undefined)),
  };
};

const patientsMs = 1_000;
const patientsAtMost = 5_000;

/** Whom a person acts for changes seldom and is asked with every request: remembered for a second. */
const makePatientsOf = (data: RecordData, clock: Clock): Server['patientsOf'] => {
  const known = new Map<string, { readonly at: number; readonly patients: Promise<readonly string[]> }>();
  return ({ id, role, fhirUser, represents = [] }) => {
    if (role !== 'patient') return Promise.resolve([]);
    const found = known.get(id);
    if (found !== undefined && clock.now() - found.at < patientsMs) return found.patients;
    const patients = Promise.all([fhirUser, ...represents].map((one) => data.patientsOf(one))).then((lists) => [...new Set(lists.flat())]);
    keepNewest(known, { key: id, value: { at: clock.now(), patients }, most: patientsAtMost });
    return patients;
  };
};
