/**
 * Access token -> viewer. A token is looked up, not decoded: what was revoked is gone at once in this process, and within
 * the time an answer is remembered in every other (https://www.rfc-editor.org/rfc/rfc6750#section-3.1).
 */
import type Provider from 'oidc-provider';
import type { IncomingMessage } from 'node:http';
import { anonymousViewer, tokenViewer, type TokenGrant, type TokenViewer, type Viewer } from '../../access/viewer.js';
import { parseScopes } from '../../access/scope.js';
import type { Clock } from '../../core/clock.js';
import { FhirError } from '../../core/error.js';
import { hashOf } from '../../core/hash.js';
import { keepNewest } from '../../core/keep-newest.js';
import type { GrantStore } from '../../store/grant.js';
import type { KnownAccount } from '../account/account.js';
import { makeThrottle } from '../account/throttle.js';
import { checkProof } from './dpop.js';
import { presentedToken } from './header.js';

export interface VerifyParts {
  readonly provider: () => Promise<Provider>;
  readonly grants: GrantStore;
  readonly clock: Clock;
  readonly fhirBase: () => string;
  readonly origin: () => string;
  /** Whose records a client is registered for: `Organization/id` or `Group/id`; undefined: everyone's. */
  /** What a backend client is registered for, beside its scopes. */
  readonly backendOf: (client: string) => Promise<Pick<TokenGrant, 'policy' | 'changesLabels'>>;
  readonly accountOf: (id: string) => Promise<KnownAccount | undefined>;
  readonly patientsOf: (account: KnownAccount) => Promise<readonly string[]>;
  readonly addressOf: (req: IncomingMessage) => string;
}

/** How long a verified token is taken as still good, in milliseconds: revocation holds everywhere within one second. */
const trustMs = 300;
const most = 10_000;

interface Verified {
  readonly viewer: TokenViewer;
  readonly jkt: string | undefined;
  readonly checked: number;
}

const grantIds = new WeakMap<TokenViewer, string>();

/** Returns the id of the grant that the viewer's token is of; undefined where there is none, as for backend services. */
export const grantIdOf = (viewer: TokenViewer): string | undefined => grantIds.get(viewer);

/** Returns who makes a request; throws `unauthorized`, or `throttled` for an address that guesses. */
export const makeViewerOf = (parts: VerifyParts): ((req: IncomingMessage) => Promise<Viewer>) => {
  const { clock } = parts;
  const known = new Map<string, Verified>();
  const guesses = makeThrottle({ grants: parts.grants, clock, kind: 'token', windowMs: 60_000, perName: 30, perAddress: 30 });

  const look = async (token: string): Promise<Verified | undefined> => {
    const remembered = known.get(token);
    const now = clock.now();
    if (remembered !== undefined && now - remembered.checked < trustMs && remembered.viewer.grant.expires > now) return remembered;
    known.delete(token);
    const looked = await find(token, parts);
    if (looked === undefined) return undefined;
    // What was worked out for the viewer stays good as long as it is the same one.
    const found = remembered !== undefined && isSame(remembered.viewer, looked.viewer) ? { ...looked, viewer: remembered.viewer } : looked;
    keepNewest(known, { key: token, value: found, most });
    return found;
  };

  return async (req) => {
    const presented = presentedToken(req);
    if (presented === undefined) return anonymousViewer;
    const found = await look(presented.token);
    if (found === undefined) {
      const { seconds } = await guesses.attempt(parts.addressOf(req));
      if (seconds > 0) throw new FhirError('throttled', 'Too many requests with tokens that are not valid.', { retryAfter: seconds });
      throw new FhirError('unauthorized', 'The access token is not valid here: unknown, expired or revoked.', { location: 'http.Authorization' });
    }
    if ((found.jkt !== undefined) !== (presented.scheme === 'DPoP')) throw new FhirError('unauthorized', 'The token is of another kind than the Authorization header says: Bearer or DPoP.', { location: 'http.Authorization' });
    if (found.jkt !== undefined) await checkProof(req, { token: presented.token, jkt: found.jkt }, { grants: parts.grants, origin: parts.origin(), now: clock.now() });
    return found.viewer;
  };
};

const wordsOf = ({ grant }: TokenViewer): string => JSON.stringify({ ...grant, scopes: grant.scopes.map(({ text }) => text) });
const isSame = (one: TokenViewer, other: TokenViewer): boolean => one.key === other.key && wordsOf(one) === wordsOf(other);

/** What the provider keeps of an opaque token. */
interface Found {
  readonly jti: string;
  readonly aud?: string | readonly string[] | undefined;
  readonly clientId?: string | undefined;
  readonly scope?: string | undefined;
  readonly exp?: number | undefined;
  readonly jkt?: string | undefined;
  readonly accountId?: string | undefined;
  readonly grantId?: string | undefined;
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

const find = async (token: string, parts: VerifyParts): Promise<Verified | undefined> => {
  const provider = await parts.provider();
  const found = ((await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))) as Found | undefined;
  if (found === undefined || found.aud !== parts.fhirBase() || found.clientId === undefined || (found.exp ?? 0) * 1000 <= parts.clock.now()) return undefined;
  // A registered client and a grant that stands: without them the token is what was left behind.
  if ((await parts.grants.get({ collection: 'Client', key: found.clientId })) === undefined) return undefined;
  const grant = found.accountId !== undefined ? await userGrant(found, parts) : await backendGrant(found, parts);
  if (grant === undefined) return undefined;
  const viewer = tokenViewer(grant);
  if (found.grantId !== undefined) grantIds.set(viewer, found.grantId);
  return { viewer, jkt: found.jkt, checked: parts.clock.now() };
};

const baseGrant = (token: Found): TokenGrant => ({
  client: token.clientId ?? '', scopes: parseScopes(token.scope ?? ''),
  // What names the token in the audit must not be the token.
  jti: hashOf('jti', token.jti), expires: (token.exp ?? 0) * 1000,
});

const backendGrant = async (token: Found, parts: VerifyParts): Promise<TokenGrant | undefined> => {
  const grant = { ...baseGrant(token), ...await parts.backendOf(token.clientId ?? '') };
  return grant.scopes.every(({ context }) => context === 'system') ? grant : undefined;
};

const userGrant = async (token: Found, parts: VerifyParts): Promise<TokenGrant | undefined> => {
  const { accountId = '', grantId, extra = {} } = token;
  const account = await parts.accountOf(accountId);
  if (account === undefined || grantId === undefined || (await parts.grants.get({ collection: 'Grant', key: grantId })) === undefined) return undefined;
  const text = (name: string): string | undefined => (typeof extra[name] === 'string' ? extra[name] : undefined);
  const patient = text('patient');
  const patients = await parts.patientsOf(account);
  const grant: TokenGrant = { ...baseGrant(token), user: accountId, fhirUser: account.fhirUser, role: account.role === 'patient' ? undefined : account.role, patient, patients, encounter: text('encounter') };
  const isPatient = account.role === 'patient';
  // Someone who acts for a patient only as long as they do: a proxy that ended ends the app's access too.
  if (patient !== undefined && isPatient && !patients.includes(patient)) return undefined;
  return grant.scopes.some(({ context }) => context === 'patient') && patient === undefined ? undefined : grant;
};
