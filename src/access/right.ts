/** What one viewer may do to resources of one type: the scopes that speak of it, put together as a predicate. */
import { FhirError } from '../core/error.js';
import { compileCriterion } from '../search/criterion.js';
import { anyOf } from '../search/predicate.js';
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';
import { ownedBy, universalTypes } from './compartment.js';
import type { Permission, Scope } from './scope.js';
import type { TokenGrant, TokenViewer, Viewer } from './viewer.js';

/** Everything, nothing, or what satisfies the predicate. */
export type Right = 'all' | 'none' | Predicate;

export interface RightsScope {
  readonly registry: Registry;
  /** Base of this server: absolute references to it are local ones. */
  readonly baseUrl: string;
}

const known = new WeakMap<TokenViewer, Map<string, Right>>();

/** Returns the viewer's right; decided from the viewer alone, never from what is stored (design rule 4). */
export const rightOf = (viewer: Viewer, permission: Permission, type: string, scope: RightsScope): Right => {
  switch (viewer.kind) {
    case 'open':
    case 'system':
      return 'all';
    case 'anonymous':
      return 'none';
    case 'token': {
      const rights = known.get(viewer) ?? new Map<string, Right>();
      known.set(viewer, rights);
      const name = `${permission} ${type}`;
      const right = rights.get(name) ?? makeRight(viewer.grant, permission, type, scope);
      rights.set(name, right);
      return right;
    }
  }
};

/** Returns whether the viewer sees all resources of the type alike. */
export const isBound = (right: Right): boolean => right !== 'all';

const makeRight = (grant: TokenGrant, permission: Permission, type: string, scope: RightsScope): Right => {
  const rights = grant.scopes
    .filter((one) => one.permissions.has(permission) && (one.type === '*' || one.type === type))
    .map((one) => rightOfScope(grant, one, { ...scope, type, permission }));
  if (rights.includes('all')) return 'all';
  const predicates = rights.filter((right): right is Predicate => right !== 'none' && right !== 'all');
  return predicates.length === 0 ? 'none' : anyOf(predicates);
};

interface About extends RightsScope {
  readonly type: string;
  readonly permission: Permission;
}

const rightOfScope = (grant: TokenGrant, scope: Scope, about: About): Right => {
  const reach = reachOf(grant, scope, about);
  if (reach === 'none' || scope.params.length === 0) return reach;
  const narrowed = narrowing(scope, about);
  if (narrowed === undefined) return 'none';
  return reach === 'all' ? narrowed : { op: 'and', of: [reach, narrowed] };
};

const reachOf = (grant: TokenGrant, { context }: Scope, about: About): Right => {
  switch (context) {
    case 'system':
      return 'all';
    case 'patient':
      return grant.patient === undefined ? 'none' : patientReach([grant.patient], about);
    case 'user':
      return userReach(grant, about);
  }
};

/** A patient or a relative reaches the records that are theirs; who works here reaches what the clinic has. */
const userReach = ({ fhirUser, patients = [] }: TokenGrant, about: About): Right => {
  const type = fhirUser?.split('/')[0];
  if (type === 'Patient' || type === 'RelatedPerson') return patients.length === 0 ? 'none' : patientReach(patients, about);
  return type === 'Practitioner' || type === 'PractitionerRole' || type === 'Person' ? 'all' : 'none';
};

const patientReach = (patients: readonly string[], { registry, type, permission }: About): Right => {
  if (universalTypes.has(type)) return permission === 'r' || permission === 's' ? 'all' : 'none';
  return ownedBy(registry, type, patients) ?? 'none';
};

const narrowing = ({ params }: Scope, { registry, baseUrl, type }: About): Predicate | undefined => {
  try {
    const of = params.map((param) => compileCriterion(param, { registry, types: [type], baseUrl }));
    const [first] = of;
    return of.length === 1 ? first : { op: 'and', of };
  } catch (error) {
    // A scope that this server cannot read gives nothing; it is refused when it is asked for.
    if (error instanceof FhirError) return undefined;
    throw error;
  }
};
