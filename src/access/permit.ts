/**
 * Whether a viewer may ask at all, from token and request alone: the answer is the same whatever is stored
 * (design rule 4; https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).
 */
import { FhirError } from '../core/error.js';
import { resourceTypes } from '../fhir/definitions.js';
import { grantedRight, type RightsScope } from './right.js';
import type { Permission } from './scope.js';
import type { Viewer } from './viewer.js';

/** What a request needs. */
export interface Demand {
  /** `undefined`: any type will do, such as a search of all; `*`: every type. */
  readonly type: string | undefined;
  /** Each of them is needed; none: the request touches no resource by itself. */
  readonly permissions: readonly Permission[];
  /** Whether it shows what has happened to many resources at once, which a bound viewer cannot be shown. */
  readonly unbound?: boolean | undefined;
}

const words: Readonly<Record<Permission, string>> = { c: 'create (c)', r: 'read (r)', u: 'update (u)', d: 'delete (d)', s: 'search (s)' };

/** Throws `unauthorized` for a request without credentials, `forbidden` for one beyond its scopes. */
export const checkPermitted = (viewer: Viewer, demand: Demand, scope: RightsScope): void => {
  if (viewer.kind === 'open' || viewer.kind === 'system') return;
  if (viewer.kind === 'anonymous') throw new FhirError('unauthorized', 'Send an access token: Authorization: Bearer <token>. Where to get one: .well-known/smart-configuration below the FHIR base.');
  const types = demand.type === undefined || demand.type === '*' ? resourceTypes : [demand.type];
  for (const permission of demand.permissions) {
    const rights = types.map((type) => grantedRight(viewer, permission, type, scope));
    const enough = demand.type === undefined ? rights.some((right) => right !== 'none') : rights.every((right) => right !== 'none');
    if (!enough) throw beyond(permission, demand.type);
    // One type that is not seen, or not wholly, is enough: what has happened to it would be told as well.
    if (demand.unbound === true && rights.some((right) => right !== 'all')) {
      throw new FhirError('forbidden', 'The history of many resources at once is given to tokens that see all of them; ask for the history of one resource.');
    }
  }
};

const beyond = (permission: Permission, type: string | undefined): FhirError => {
  const what = type === undefined || type === '*' ? 'all types' : type;
  return new FhirError('forbidden', `The token has no scope that lets it ${words[permission]} ${what}.`);
};
