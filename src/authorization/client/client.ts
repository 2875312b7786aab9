/** Registered apps (https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html, .../app-launch.html#register-app-with-ehr). */
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import { omit } from '../../core/omit.js';
import type { GrantStore } from '../../store/grant.js';
import { clientModel } from '../grant/adapter.js';
import { makeCollection } from '../grant/collection.js';
import { redirectFault } from './redirect.js';

export type ClientType = 'public' | 'confidential' | 'backend';

/** A JWK set with public keys. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export interface NewClient {
  readonly id: string;
  readonly type: ClientType;
  readonly name?: string | undefined;
  readonly redirectUris: readonly string[];
  /** Where people may be sent when they have signed out. */
  readonly postLogoutUris?: readonly string[] | undefined;
  /** Scopes it may ask for, separated by spaces. */
  readonly scope: string;
  readonly jwks?: KeySet | undefined;
  readonly jwksUrl?: string | undefined;
  /** Where it is opened from inside (EHR launch). */
  readonly launchUrl?: string | undefined;
  /** May ask what other apps' tokens are good for. */
  readonly introspects?: boolean | undefined;
  /** May set, change and remove security labels (backend clients). */
  readonly labels?: boolean | undefined;
  /** Of a backend client: whose records it is for, `Organization/id` or `Group/id`; undefined: everyone's. */
  readonly policy?: string | undefined;
}

/** As the provider keeps it: names are those of RFC 7591, our own with `smart_`. */
export interface ClientMetadata {
  readonly client_id: string;
  readonly client_name?: string;
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  readonly client_secret?: string;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris?: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly jwks?: KeySet;
  readonly jwks_uri?: string;
  readonly smart_type: ClientType;
  readonly smart_scope: string;
  readonly smart_launch_uri?: string;
  readonly smart_introspects?: boolean;
  readonly smart_labels?: boolean;
  readonly smart_policy?: string;
  /** Who registered it: the operator, or the app itself by dynamic registration. */
  readonly smart_source: 'operator' | 'dynamic' | 'demo';
  readonly smart_created: number;
}

/** Names of our own members in the provider's client metadata. */
export const smartMembers = ['smart_type', 'smart_scope', 'smart_launch_uri', 'smart_introspects', 'smart_labels', 'smart_policy', 'smart_source', 'smart_created'];

/** The registration is wrong; the message says what and how to mend it. */
export class ClientFault extends Error {}

export interface AddedClient {
  readonly client: ClientMetadata;
  /** Shown once. */
  readonly secret?: string | undefined;
}

export interface Clients {
  get(id: string): Promise<ClientMetadata | undefined>;
  all(): Promise<readonly ClientMetadata[]>;
  /** Rejects with ClientFault, also when the id is taken. */
  add(given: NewClient, source: ClientMetadata['smart_source']): Promise<AddedClient>;
  /** Gives the client a new secret, or the keys given; resolves with the secret. Rejects with ClientFault. */
  rotate(id: string, keys?: Pick<NewClient, 'jwks' | 'jwksUrl'>): Promise<AddedClient>;
  /** Removes the client: its tokens are good for nothing from then on. Resolves with whether it was there. */
  revoke(id: string): Promise<boolean>;
}

const policyForm = /^(Organization|Group)\/[A-Za-z0-9.-]{1,64}$/;
const idForm = /^[\x21-\x7e]{1,200}$/;

export const makeClients = (grants: GrantStore, clock: Clock): Clients => {
  const clients = makeCollection<ClientMetadata>(grants, clientModel);
  return {
    get: (id) => clients.get(id),
    all: async () => (await clients.all()).map(({ value }) => value),
    add: async (given, source) => {
      checkNew(given);
      const secret = given.type === 'confidential' && given.jwks === undefined && given.jwksUrl === undefined ? randomSecret() : undefined;
      const client = metadataOf(given, { source, secret, created: clock.now() });
      if (!(await clients.insertOnce(given.id, client))) throw new ClientFault(`A client with the id ${given.id} is registered already; choose another id or revoke it first.`);
      return { client, secret };
    },
    rotate: async (id, { jwks, jwksUrl } = {}) => {
      if (jwks !== undefined) checkKeys(jwks);
      const secret = randomSecret();
      const client = await clients.change(id, (old) => rotated(old, { jwks, jwksUrl, secret }));
      if (client === undefined) throw new ClientFault(`There is no client with the id ${id}.`);
      return { client, secret: client.client_secret === secret ? secret : undefined };
    },
    revoke: (id) => clients.remove(id),
  };
};

const rotated = (old: ClientMetadata, { jwks, jwksUrl, secret }: { jwks: KeySet | undefined; jwksUrl: string | undefined; secret: string }): ClientMetadata => {
  const rest = omit(old, ['jwks', 'jwks_uri']);
  if (jwks !== undefined) return { ...rest, jwks };
  if (jwksUrl !== undefined) return { ...rest, jwks_uri: jwksUrl };
  if (old.client_secret === undefined) throw new ClientFault('This client has no secret; give it new keys with --jwks or --jwks-url.');
  return { ...old, client_secret: secret };
};

const checkNew = ({ id, type, redirectUris, postLogoutUris = [], jwks, jwksUrl, scope, policy, labels }: NewClient): void => {
  if (!idForm.test(id)) throw new ClientFault('The client id must be 1 to 200 visible ASCII characters.');
  if (type === 'backend' && jwks === undefined && jwksUrl === undefined) throw new ClientFault('A backend client signs in with a key of its own: give --jwks or --jwks-url.');
  if (type === 'backend' && redirectUris.length > 0) throw new ClientFault('A backend client has no redirect URI: nobody is sent there.');
  if (type !== 'backend' && redirectUris.length === 0) throw new ClientFault('Give at least one --redirect: people are sent back there.');
  if (type === 'public' && (jwks !== undefined || jwksUrl !== undefined)) throw new ClientFault('A public client cannot keep a key; register it as confidential.');
  if (labels === true && type !== 'backend') throw new ClientFault('The right to change security labels is for backend clients: of people, administrators have it.');
  if (policy !== undefined && type !== 'backend') throw new ClientFault('A policy is for backend clients: what others reach is decided by who signs in.');
  if (policy !== undefined && !policyForm.test(policy)) throw new ClientFault(`The policy must be all, Organization/id or Group/id, not "${policy}".`);
  if (scope.trim() === '') throw new ClientFault('Give the --scope it may ask for, such as "launch/patient openid fhirUser patient/*.rs".');
  for (const uri of [...redirectUris, ...postLogoutUris]) {
    const fault = redirectFault(uri);
    if (fault !== undefined) throw new ClientFault(`The redirect URI ${uri} cannot be taken: ${fault}.`);
  }
  if (jwks !== undefined) checkKeys(jwks);
};

const checkKeys = ({ keys }: KeySet): void => {
  if (keys.length === 0) throw new ClientFault('The key set has no keys; it must look like {"keys": [...]}.');
  for (const key of keys) {
    if (key['kty'] === 'oct' || key['d'] !== undefined) throw new ClientFault('The key set holds a private or shared key; register public keys only, and replace this one.');
  }
};

const metadataOf = (given: NewClient, { source, secret, created }: { source: ClientMetadata['smart_source']; secret: string | undefined; created: number }): ClientMetadata => {
  const { id, type, name, redirectUris, postLogoutUris = [], scope, jwks, jwksUrl, launchUrl, introspects, labels, policy } = given;
  const method = type === 'public' ? 'none' : secret === undefined ? 'private_key_jwt' : 'client_secret_basic';
  return {
    client_id: id, ...(name === undefined ? {} : { client_name: name }), token_endpoint_auth_method: method, ...(secret === undefined ? {} : { client_secret: secret }),
    redirect_uris: redirectUris, ...(postLogoutUris.length === 0 ? {} : { post_logout_redirect_uris: postLogoutUris }), grant_types: type === 'backend' ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    response_types: type === 'backend' ? [] : ['code'],
    ...(jwks === undefined ? {} : { jwks }), ...(jwksUrl === undefined ? {} : { jwks_uri: jwksUrl }),
    smart_type: type, smart_scope: scope.trim().split(/\s+/).join(' '), smart_source: source, smart_created: created,
    ...(launchUrl === undefined ? {} : { smart_launch_uri: launchUrl }), ...(introspects === true ? { smart_introspects: true } : {}), ...(labels === true ? { smart_labels: true } : {}), ...(policy === undefined ? {} : { smart_policy: policy }),
  };
};
