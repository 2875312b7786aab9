/**
 * Access tokens of a foreign authorization server (AUTH=external): JWTs of RFC 9068, checked for issuer, audience, algorithm,
 * expiry and, where they are bound, DPoP. Keys come from the issuer's own metadata; no key or address in a token is followed.
 */
import * as oauth from 'oauth4webapi';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import { hashOf } from '../core/hash.js';
import { isId } from '../core/id.js';
import { keepNewest } from '../core/keep-newest.js';
import { parseScopes } from './scope.js';
import { anonymousViewer, tokenViewer, type TokenGrant, type TokenViewer, type Viewer } from './viewer.js';

type Fetched = oauth.CustomFetchOptions<string, unknown>;

export interface ExternalOptions {
  readonly issuer: string;
  /** What `aud` must hold. */
  readonly audience: () => string;
  /** Where clients reach this server, without path: what DPoP proofs are made for. */
  readonly origin: () => string;
  readonly algorithms: readonly string[];
  /** Names of the claims that hold scope, patient, encounter and fhirUser. */
  readonly claims: Readonly<Record<'scope' | 'patient' | 'encounter' | 'fhirUser', string>>;
  readonly clock: Clock;
}

export interface External {
  readonly viewerOf: (req: IncomingMessage) => Promise<Viewer>;
  /** The metadata of the authorization server; rejects while it cannot be had. */
  readonly metadata: () => Promise<oauth.AuthorizationServer>;
}

/** How long the issuer's metadata is used before it is asked for again, in milliseconds. */
const metadataMs = 600_000;
const patienceMs = 5_000;
const most = 10_000;
/** Bearer tokens found good are looked up by hash; longer than this nothing is remembered, in milliseconds. */
const trustMs = 60_000;

class Unreachable extends Error {}

interface Verified {
  readonly viewer: TokenViewer;
  readonly until: number;
}

/** Returns who makes a request; `viewerOf` throws `unauthorized`, and `store-unavailable` while the issuer cannot be reached. */
export const makeExternal = (options: ExternalOptions): External => {
  const { clock } = options;
  const network = async (url: string, { method, headers }: Fetched): Promise<Response> => {
    try {
      return await fetch(url, { method, headers, redirect: 'error', signal: AbortSignal.timeout(patienceMs) });
    } catch (cause) {
      throw new Unreachable('the authorization server cannot be reached', { cause });
    }
  };
  const common = { [oauth.customFetch]: network, [oauth.allowInsecureRequests]: isLoopbackUrl(options.issuer) };
  const metadata = makeMetadata(options, common);
  const known = new Map<string, Verified>();
  const proofs = new Map<string, number>();

  const validate = async (req: IncomingMessage): Promise<oauth.JWTAccessTokenClaims> => {
    const check = async () => oauth.validateJwtAccessToken(await metadata(), requestOf(req, options.origin()), options.audience(), { ...common, signingAlgorithms: [...options.algorithms] });
    try {
      return await check();
    } catch (error) {
      // Perhaps the keys were rotated: they are asked for anew, though not by everyone who sends nonsense.
      if (!metadata.renew()) throw error;
      return check();
    }
  };

  const verify = async (req: IncomingMessage, token: string): Promise<TokenViewer> => {
    const remembered = known.get(hashOf('external', token));
    if (remembered !== undefined && remembered.until > clock.now() && req.headers['dpop'] === undefined) return remembered.viewer;
    const claims = await validate(req);
    checkProofOnce(req, proofs, clock.now());
    const viewer = tokenViewer(grantOf(claims, options));
    const isBound = (claims['cnf'] as { jkt?: unknown } | undefined)?.jkt !== undefined;
    if (!isBound) keepNewest(known, { key: hashOf('external', token), value: { viewer, until: Math.min(viewer.grant.expires, clock.now() + trustMs) }, most });
    return viewer;
  };

  const viewerOf = async (req: IncomingMessage): Promise<Viewer> => {
    const { authorization } = req.headers;
    if (authorization === undefined) return anonymousViewer;
    const [, token = ''] = /^(?:Bearer|DPoP) +([A-Za-z0-9\-._~+/]{1,16384}=*)$/i.exec(authorization) ?? [];
    const sent = req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization').length;
    if (token === '' || sent !== 1) throw new FhirError('unauthorized', 'The Authorization header must be sent once, as "Bearer" and an access token.', { location: 'http.Authorization' });
    try {
      return await verify(req, token);
    } catch (error) {
      throw refusalOf(error);
    }
  };
  return { viewerOf, metadata };
};

/** Whatever is wrong with a token is a 401; only an issuer that cannot be reached is not the caller's fault. */
const refusalOf = (error: unknown): FhirError => {
  if (error instanceof FhirError) return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Unreachable) return new FhirError('store-unavailable', 'The authorization server cannot be reached to check the token.', { cause: error, retryAfter: 5 });
  }
  return new FhirError('unauthorized', 'The access token is not valid here: of another issuer or audience, expired, or not signed as it must be.', { location: 'http.Authorization', cause: error });
};

const isLoopbackUrl = (text: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(text).hostname);

type Common = { readonly [oauth.customFetch]: (url: string, init: Fetched) => Promise<Response>; readonly [oauth.allowInsecureRequests]: boolean };

interface Metadata {
  (): Promise<oauth.AuthorizationServer>;
  /** Forgets metadata and the keys that go with it; returns whether it did: at most once in half a minute. */
  readonly renew: () => boolean;
}

const renewMs = 30_000;

const makeMetadata = ({ issuer, clock }: ExternalOptions, common: Common): Metadata => {
  let kept: { readonly at: number; readonly as: Promise<oauth.AuthorizationServer> } | undefined;
  const load = async (): Promise<oauth.AuthorizationServer> => {
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...common, algorithm: 'oidc' }));
  };
  // Keys are remembered by the library with the metadata they belong to.
  const renew = (): boolean => {
    if (kept === undefined || clock.now() - kept.at < renewMs) return false;
    kept = undefined;
    return true;
  };
  const get = (): Promise<oauth.AuthorizationServer> => {
    if (kept !== undefined && clock.now() - kept.at < metadataMs) return kept.as;
    const as = load();
    kept = { at: clock.now(), as };
    // A failure is not kept: the next request asks again.
    as.catch(() => { if (kept?.as === as) kept = undefined; });
    return as;
  };
  return Object.assign(get, { renew });
};

/** The request with the address that clients know: a proxy may have changed what arrived here. */
const requestOf = (req: IncomingMessage, origin: string): Request => {
  const headers = new Headers();
  for (const name of ['authorization', 'dpop']) {
    const value = req.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return new Request(origin + (req.url ?? '/'), { method: req.method ?? 'GET', headers });
};

const proofMs = 310_000;

/** A proof was found good; that it is the first use of it is checked here. */
const checkProofOnce = ({ headers }: IncomingMessage, proofs: Map<string, number>, now: number): void => {
  const { dpop } = headers;
  if (typeof dpop !== 'string') return;
  const name = hashOf('proof', dpop);
  for (const [key, until] of proofs) {
    if (until > now && proofs.size <= most) break;
    proofs.delete(key);
  }
  if (proofs.has(name)) throw new FhirError('unauthorized', 'The DPoP proof was used before.', { location: 'http.DPoP' });
  proofs.set(name, now + proofMs);
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Returns the last two steps of a reference: `Patient/1` of `https://here/fhir/Patient/1`. */
const localReference = (value: unknown): string | undefined => /([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/.exec(textOf(value) ?? '')?.[1];

const grantOf = (claims: oauth.JWTAccessTokenClaims, { claims: names }: ExternalOptions): TokenGrant => {
  const scope = claims[names.scope];
  const scopes = parseScopes(Array.isArray(scope) ? scope.filter((one) => typeof one === 'string').join(' ') : textOf(scope) ?? '');
  const fhirUser = localReference(claims[names.fhirUser]);
  const patient = idOf('Patient', claims[names.patient]);
  if (scopes.some(({ context }) => context === 'patient') && patient === undefined) throw new FhirError('unauthorized', 'The token has patient/ scopes and names no patient.', { location: 'http.Authorization' });
  const own = fhirUser?.startsWith('Patient/') === true ? [fhirUser.slice('Patient/'.length)] : [];
  return {
    client: claims.client_id, user: claims.sub, fhirUser, patient, patients: own, encounter: idOf('Encounter', claims[names.encounter]),
    scopes, jti: claims.jti, expires: claims.exp * 1000,
  };
};

const idOf = (type: string, value: unknown): string | undefined => {
  const text = textOf(value);
  const id = text?.includes('/') === true ? localReference(text)?.replace(`${type}/`, '') : text;
  return id !== undefined && isId(id) ? id : undefined;
};
