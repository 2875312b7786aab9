/** What one viewer may do to resources of one type: the scopes that speak of it, put together as a predicate. */
import { FhirError } from '../core/error.js';
import { compileCriterion } from '../search/criterion.js';
import { anyOf } from '../search/predicate.js';
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';
import { seenByContext } from './binary.js';
import { ownedBy, universalTypes } from './compartment.js';
import type { PersonReach, Standing } from './standing.js';
import { workReach } from './work.js';
import type { Permission, Scope } from './scope.js';
import { worksHere, type TokenViewer, type Viewer } from './viewer.js';

/** Everything, nothing, or what satisfies the predicate. */
export type Right = 'all' | 'none' | Predicate;

export interface RightsScope {
  readonly registry: Registry;
  /** Base of this server: absolute references to it are local ones. */
  readonly baseUrl: string;
}

/** A viewer comes anew with each look at the token, what the record says of it stays: rights are kept by that. */
const known = new WeakMap<TokenViewer | Standing, Map<string, Right>>();

/** Returns the viewer's right: what the token gives, as far as the viewer reaches, less what is withheld. */
export const rightOf = (viewer: Viewer, permission: Permission, type: string, scope: RightsScope): Right =>
  (viewer.kind === 'token' ? remembered(viewer, `${permission} ${type}`, () => lessWithheld(grantedTo(viewer, { ...scope, permission, type }), viewer.standing?.withheld(type, permission))) : wholly(viewer));

/** Returns the same before anything is withheld: whether a type may be asked for at all must not depend on what is stored (design rule 4). */
export const grantedRight = (viewer: Viewer, permission: Permission, type: string, scope: RightsScope): Right =>
  (viewer.kind === 'token' ? grantedTo(viewer, { ...scope, permission, type }) : wholly(viewer));

const wholly = ({ kind }: Viewer): Right => (kind === 'open' || kind === 'system' ? 'all' : 'none');

const grantedTo = (viewer: TokenViewer, about: About): Right => remembered(viewer, `granted ${about.permission} ${about.type}`, () => makeRight(viewer, about));

const remembered = (viewer: TokenViewer, name: string, make: () => Right): Right => {
  const holder = viewer.standing ?? viewer;
  const rights = known.get(holder) ?? new Map<string, Right>();
  known.set(holder, rights);
  const right = rights.get(name) ?? make();
  rights.set(name, right);
  return right;
};

const lessWithheld = (right: Right, withheld: Predicate | undefined): Right => {
  if (right === 'none' || withheld === undefined) return right;
  const shown: Predicate = { op: 'not', of: withheld };
  return right === 'all' ? shown : { op: 'and', of: [right, shown] };
};

/** Returns whether the viewer sees all resources of the type alike. */
export const isBound = (right: Right): boolean => right !== 'all';

const makeRight = (viewer: TokenViewer, about: About): Right => {
  const { permission, type } = about;
  const rights = viewer.grant.scopes
    .filter((one) => one.permissions.has(permission) && (one.type === '*' || one.type === type))
    .map((one) => rightOfScope(viewer, one, about));
  if (rights.includes('all')) return 'all';
  const predicates = rights.filter((right): right is Predicate => right !== 'none' && right !== 'all');
  return predicates.length === 0 ? 'none' : anyOf(predicates);
};

interface About extends RightsScope {
  readonly type: string;
  readonly permission: Permission;
}

const rightOfScope = (viewer: TokenViewer, scope: Scope, about: About): Right => {
  const reach = reachOf(viewer, scope, about);
  if (reach === 'none' || scope.params.length === 0) return reach;
  const narrowed = narrowing(scope, about);
  if (narrowed === undefined) return 'none';
  return reach === 'all' ? narrowed : { op: 'and', of: [reach, narrowed] };
};

const reachOf = (viewer: TokenViewer, { context }: Scope, about: About): Right => {
  switch (context) {
    case 'system':
      return systemReach(viewer, about);
    case 'patient':
      return contextReach(viewer, about);
    case 'user':
      return userReach(viewer, about);
  }
};

/** A Binary is seen with what it belongs to: the gate says of each whether that is seen. */
const held = (about: About, reach: () => Right): Right => (about.type === 'Binary' ? seenByContext : reach());

/** A backend client sees everything, unless it is registered for some patients. */
const systemReach = ({ grant, standing }: TokenViewer, about: About): Right =>
  (grant.policy === undefined ? 'all' : held(about, () => workReach(about, personIn(standing))));

/** Someone who works here keeps a patient in context as long as they reach them. */
const contextReach = ({ grant, standing }: TokenViewer, about: About): Right => {
  const { patient } = grant;
  if (patient === undefined) return 'none';
  const reaches = !worksHere(grant) || standing?.reach === 'all' || personIn(standing)?.patients.has(patient) === true;
  return held(about, () => patientReach(reaches ? [patient] : [], about));
};

/** A patient or a relative reaches the records that are theirs; who works here those that the rules say. */
const userReach = ({ grant, standing }: TokenViewer, about: About): Right => {
  const { fhirUser = '', patients = [] } = grant;
  if (fhirUser.startsWith('Patient/') || fhirUser.startsWith('RelatedPerson/')) return patients.length === 0 ? 'none' : held(about, () => patientReach(patients, about));
  if (!worksHere(grant)) return 'none';
  return standing?.reach === 'all' ? 'all' : held(about, () => workReach(about, personIn(standing)));
};

const personIn = (standing: Standing | undefined): PersonReach | undefined => (standing === undefined || typeof standing.reach === 'string' ? undefined : standing.reach);

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
