/**
 * On whose behalf data is touched. Every interaction takes a Viewer; there is no access without one (design rule 1).
 * `permit.ts` decides on interactions, `restrict.ts` turns a viewer into plan predicates.
 */
import { hashOf } from '../core/hash.js';
import type { WorkRole } from './rules.js';
import type { Scope } from './scope.js';
import type { Standing } from './standing.js';

interface BaseViewer {
  /** Stable text that tells callers apart: idempotency keys and page links are bound to it. */
  readonly key: string;
}

/** Authorization is switched off. */
export interface OpenViewer extends BaseViewer {
  readonly kind: 'open';
}

/** The server itself or its operator's command. */
export interface SystemViewer extends BaseViewer {
  readonly kind: 'system';
  /** For the operator's log: why the server acts by itself. */
  readonly reason: string;
}

/** A request without credentials: it learns what the server can do, and nothing else. */
export interface AnonymousViewer extends BaseViewer {
  readonly kind: 'anonymous';
}

/** A request with an access token. */
export interface TokenViewer extends BaseViewer {
  readonly kind: 'token';
  readonly grant: TokenGrant;
  /** What the stored record says about the viewer as of this request; without it nobody who works here reaches a record. */
  readonly standing?: Standing | undefined;
}

export type Viewer = OpenViewer | SystemViewer | AnonymousViewer | TokenViewer;

/** What an access token gives, once it has been found good. */
export interface TokenGrant {
  /** client_id. */
  readonly client: string;
  /** Id of the account that granted it; undefined for a backend service. */
  readonly user?: string | undefined;
  /** `Type/id` of the resource that the user is. */
  readonly fhirUser?: string | undefined;
  /** As what the user works here; undefined for patients, and where the token does not say it. */
  readonly role?: WorkRole | undefined;
  /** `Organization/id` or `Group/id` that a backend client is registered for: it is held to those patients. */
  readonly policy?: string | undefined;
  /** A backend client that may set, change and remove security labels. */
  readonly changesLabels?: boolean | undefined;
  /** Id of the patient in context. */
  readonly patient?: string | undefined;
  /** Ids of the patients that the user may act for: their own record and those they are a RelatedPerson of. */
  readonly patients?: readonly string[] | undefined;
  /** Id of the encounter in context. */
  readonly encounter?: string | undefined;
  readonly scopes: readonly Scope[];
  /** Names the token in the audit; it is not the token. */
  readonly jti: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const workers: ReadonlySet<string> = new Set(['Practitioner', 'PractitionerRole', 'Person']);

/** Returns whether the token is of someone who works here, whose reach the rules decide. */
export const worksHere = ({ fhirUser = '' }: TokenGrant): boolean => workers.has(fhirUser.slice(0, fhirUser.indexOf('/')));

/** The viewer of every request under AUTH=open. */
export const openViewer: OpenViewer = { kind: 'open', key: 'open' };

/** The viewer of a request without credentials where they are needed. */
export const anonymousViewer: AnonymousViewer = { kind: 'anonymous', key: 'anonymous' };

/** Returns a viewer for work of the server itself. `reason` names the command or job. */
export const systemViewer = (reason: string): SystemViewer => ({ kind: 'system', key: 'system', reason });

/** Returns the viewer of a token: equal keys for tokens that may see the same (design rules 8 and 10). */
export const tokenViewer = (grant: TokenGrant): TokenViewer => {
  const { client, user = '', fhirUser = '', role = '', policy = '', patient = '', patients = [], encounter = '', scopes } = grant;
  const scopeTexts = scopes.map(({ text }) => text).sort();
  return { kind: 'token', grant, key: hashOf('token', client, user, fhirUser, role, policy, patient, patients.join(' '), encounter, ...scopeTexts) };
};
