/**
 * The OAuth 2.0 and OpenID Connect part: oidc-provider with the rules of SMART App Launch
 * (https://hl7.org/fhir/smart-app-launch/app-launch.html). What deviates from plain OpenID Connect stands here.
 */
import Provider, { errors, interactionPolicy, type AdapterFactory, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { JWK } from 'jose';
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import type { Registry } from '../search/registry.js';
import type { KnownAccount } from './account/account.js';
import { checkAssertion } from './client/assertion.js';
import { makeKeySetFetch } from './client/outbound.js';
import { smartMembers, type ClientMetadata } from './client/client.js';
import { launchScopes, ScopeFault, sortScopes, type AskedScopes } from './client/scope.js';
import type { Collection } from './grant/collection.js';
import { contextMembers, type GrantedContext } from './grant/context.js';
import { mountPath, type AuthorizationOptions } from './option.js';

export interface ProviderParts {
  readonly options: AuthorizationOptions;
  readonly adapter: AdapterFactory;
  readonly keys: readonly JWK[];
  readonly cookieSecret: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly contexts: Collection<GrantedContext>;
  readonly clientOf: (id: string) => Promise<ClientMetadata | undefined>;
  /** The account when it may sign in. */
  readonly accountOf: (id: string) => Promise<KnownAccount | undefined>;
  /** Shows an error to a person whose browser cannot be sent back to the app. */
  readonly renderError: (ctx: KoaContextWithOIDC, fault: { readonly error: string; readonly description: string }) => void;
}

const day = 86_400;

/** Returns the provider. Its endpoints stand below `mountPath`. */
export const makeProvider = (parts: ProviderParts): Provider => {
  const { options } = parts;
  const provider = new Provider(options.origin, configurationOf(parts));
  provider.proxy = true;
  alwaysAskConsent(provider);
  provider.use(async (ctx, next) => {
    try {
      await next();
      await completeAnswer(ctx as KoaContextWithOIDC, provider, parts);
    } catch (error) {
      if (!tellUnavailable(ctx as KoaContextWithOIDC, error)) throw error;
    }
  });
  provider.on('server_error', (ctx, error) => { if (ctx.status === 500) tellUnavailable(ctx, error); });
  return provider;
};

/** Answers 503 where it was the store that failed; returns whether it was. */
const tellUnavailable = (ctx: KoaContextWithOIDC, error: unknown): boolean => {
  if (!isUnavailable(ctx, error)) return false;
  if (ctx.respond !== false) ctx.body = { error: 'temporarily_unavailable', error_description: error.message };
  return true;
};

const isUnavailable = (ctx: KoaContextWithOIDC, error: unknown): error is FhirError => {
  if (!(error instanceof FhirError) || error.status !== 503) return false;
  if (!ctx.headerSent) {
    ctx.status = 503;
    ctx.set('Retry-After', String(error.options.retryAfter ?? 1));
  }
  return true;
};

const configurationOf = (parts: ProviderParts): Configuration => {
  const { options, adapter, keys, cookieSecret } = parts;
  const secure = options.origin.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  return {
    adapter, jwks: { keys: [...keys] },
    scopes: [...launchScopes],
    claims: { openid: ['sub'], fhirUser: ['fhirUser'], profile: ['name'] },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    subjectTypes: ['public'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'], idTokenSigningAlgValues: ['RS256', 'ES256'], dPoPSigningAlgValues: ['ES256', 'ES384', 'RS256'] },
    clockTolerance: 30,
    extraClientMetadata: { properties: smartMembers },
    extraParams: { aud: (ctx: KoaContextWithOIDC, value: unknown) => checkAuthorizationRequest(ctx, value, options), launch: null },
    extraTokenClaims: (ctx, token) => tokenClaims(ctx, token, parts),
    findAccount: (_ctx, id) => findAccount(id, parts),
    interactions: { policy: makePolicy(), url: (_ctx, interaction) => `${mountPath}/interaction/${interaction.uid}` },
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header, client) => checkAssertion({ claims, header, clientId: client.clientId, jwksUri: client.jwksUri, audience: [ctx.oidc.urlFor('token'), ctx.oidc.urlFor(ctx.oidc.route)], now: parts.clock.now() }),
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin && origin !== 'null'),
    fetch: makeKeySetFetch(() => parts.clock.now()),
    fetchResponseBodyLimits: { jwks_uri: 512 * 1024 },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && (code.scopes.has('offline_access') || code.scopes.has('online_access')),
    expiresWithSession: async (_ctx, token) => token.scopes.has('online_access') && !token.scopes.has('offline_access'),
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? options.accessTokenSeconds,
      AuthorizationCode: 60, ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? options.backendTokenSeconds, IdToken: 3600, Interaction: 1800,
      Grant: 400 * day, RefreshToken: options.refreshDays * day, Session: options.sessionHours * 3600,
    },
    cookies: {
      keys: [cookieSecret],
      names: { session: `${prefix}session`, interaction: 'interaction', resume: 'resume' },
      long: { httpOnly: true, sameSite: 'lax', path: '/', signed: true, secure }, short: { httpOnly: true, sameSite: 'lax', signed: true, secure },
    },
    renderError: (ctx, out, error) => {
      const fault = isUnavailable(ctx, error) ? { error: 'temporarily_unavailable', description: error.message } : { error: out.error, description: out.error_description ?? '' };
      parts.renderError(ctx, fault);
    },
    features: featuresOf(parts),
  };
};

const featuresOf = (parts: ProviderParts): Configuration['features'] => ({
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  dPoP: { enabled: true },
  introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' && (token.clientId === client.clientId || client['smart_introspects'] === true) },
  pushedAuthorizationRequests: { enabled: true },
  resourceIndicators: {
    enabled: true,
    // SMART names the resource server by `aud`; a request for a token needs to name none.
    defaultResource: () => parts.options.fhirBase,
    useGrantedResource: () => true,
    getResourceServerInfo: (ctx, resource) => resourceServerInfo(ctx, resource, parts),
  },
  revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
  rpInitiatedLogout: { enabled: false },
  userinfo: { enabled: true },
});

/**
 * Each authorization is asked anew, whatever was granted before: it has a patient of its own. The provider keeps
 * `offline_access` only where consent is asked, which SMART apps do not know to say.
 */
const alwaysAskConsent = (provider: Provider): void => {
  const { OIDCContext } = provider as unknown as { readonly OIDCContext: { readonly prototype: object } };
  Object.defineProperty(OIDCContext.prototype, 'prompts', {
    get(this: { readonly params: { readonly prompt?: string } }) {
      const asked = this.params.prompt === undefined ? [] : this.params.prompt.split(' ');
      return new Set(asked.includes('none') ? asked : [...asked, 'consent']);
    },
  });
};

const makePolicy = (): interactionPolicy.DefaultPolicy => interactionPolicy.base();

const shortestState = 8;
const longestState = 1024;

/** SMART's own rules about an authorization request; throws what is sent back to the app. */
const checkAuthorizationRequest = (ctx: KoaContextWithOIDC, aud: unknown, { fhirBase }: AuthorizationOptions): void => {
  const { state, scope, launch } = ctx.oidc.params as { state?: string; scope?: string; launch?: string };
  // A pushed request was held to these rules when it was pushed; kept as a JWT, its aud has become the issuer.
  if (ctx.oidc.entities.PushedAuthorizationRequest !== undefined) return;
  if (state === undefined || state.length < shortestState || state.length > longestState) throw new errors.InvalidRequest(`state must be a random text of ${String(shortestState)} to ${String(longestState)} characters`);
  if (aud === undefined) throw new errors.InvalidRequest(`aud is missing; it must be the FHIR base ${fhirBase}`);
  if (aud !== fhirBase) throw new errors.InvalidRequest(`aud must be the FHIR base ${fhirBase}, letter by letter`);
  const scopes = (scope ?? '').split(' ');
  if (scopes.includes('launch') && (launch === undefined || launch === '')) throw new errors.InvalidRequest('the scope launch needs the launch parameter that the EHR gave; an app that starts by itself asks for launch/patient');
};

/** Returns the clinical scopes of this request that the client may have; throws `invalid_scope`. */
const resourceServerInfo = async (ctx: KoaContextWithOIDC, resource: string, parts: ProviderParts): Promise<{ scope: string; audience: string; accessTokenTTL: number; accessTokenFormat: 'opaque' }> => {
  const { options } = parts;
  if (resource !== options.fhirBase) throw new errors.InvalidTarget('this server gives tokens for its own FHIR base only');
  const asked = await sortedScopes(ctx, parts);
  const backend = ctx.oidc.params?.['grant_type'] === 'client_credentials';
  if (backend && asked.dropped.length > 0) throw new errors.InvalidScope('a backend service can ask for the system/ scopes it is registered for', asked.dropped.join(' '));
  return {
    scope: asked.clinical.map(({ text }) => text).join(' '), audience: options.fhirBase, accessTokenFormat: 'opaque',
    accessTokenTTL: backend ? options.backendTokenSeconds : options.accessTokenSeconds,
  };
};

/** Returns the scopes of the request, or of the code or token it continues, sorted by what the client may have. */
const sortedScopes = async (ctx: KoaContextWithOIDC, { registry, options, clientOf }: ProviderParts): Promise<AskedScopes> => {
  const { entities, params, client } = ctx.oidc;
  const source = entities.AuthorizationCode?.scope ?? entities.RefreshToken?.scope ?? entities.RotatedRefreshToken?.scope;
  const text = source ?? (params?.['scope'] as string | undefined) ?? '';
  const registered = client === undefined ? undefined : await clientOf(client.clientId);
  if (registered === undefined) throw new errors.InvalidClient('the client is not registered');
  try {
    return sortScopes(text, { client: registered, registry, baseUrl: options.fhirBase });
  } catch (error) {
    if (error instanceof ScopeFault) throw new errors.InvalidScope(error.message, error.scope);
    throw error;
  }
};

const findAccount = async (id: string, { accountOf, options }: ProviderParts) => {
  const account = await accountOf(id);
  if (account === undefined) return undefined;
  const { name, fhirUser } = account;
  return { accountId: id, claims: () => ({ sub: id, name, fhirUser: `${options.fhirBase}/${fhirUser}` }) };
};

/** What introspection tells and `token/` reads: members of the token beside its scope. */
const tokenClaims = async (_ctx: unknown, token: unknown, { contexts, options }: ProviderParts): Promise<Record<string, string> | undefined> => {
  const { grantId } = token as { readonly grantId?: string };
  const context = grantId === undefined ? undefined : await contexts.get(grantId);
  if (context === undefined) return undefined;
  const { patient, encounter, fhirUser } = context;
  return {
    ...(patient === undefined ? {} : { patient }), ...(encounter === undefined ? {} : { encounter }),
    ...(fhirUser === undefined ? {} : { fhirUser: `${options.fhirBase}/${fhirUser}` }),
  };
};

/** Puts the launch context and all granted scopes into the answers of the token and introspection endpoints. */
const completeAnswer = async (ctx: KoaContextWithOIDC, provider: Provider, { contexts }: ProviderParts): Promise<void> => {
  // A path that is none of the provider's has no such context.
  if ((ctx.oidc as KoaContextWithOIDC['oidc'] | undefined) === undefined) return;
  const { route, entities } = ctx.oidc;
  const body = ctx.body as Record<string, unknown> | undefined;
  if (ctx.status !== 200 || typeof body !== 'object' || (route !== 'token' && route !== 'introspection')) return;
  if (route === 'introspection' && body['active'] !== true) return;
  const grantId = (entities.AccessToken ?? entities.RefreshToken)?.grantId;
  const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  if (grant === undefined || grantId === undefined) return;
  const scopes = [grant.getOIDCScope(), body['scope']].filter((text): text is string => typeof text === 'string' && text !== '');
  body['scope'] = [...new Set(scopes.join(' ').split(' '))].join(' ');
  if (route === 'token') Object.assign(body, contextMembers((await contexts.get(grantId)) ?? {}));
};
