/**
 * What makes a patient someone's patient may name only patients that whoever writes it reaches already: else an appointment with
 * one's own patient and another's would open the other's record.
 */
import type { IndexEntry } from '../store/index-entry.js';
import type { ResourceKey } from '../store/resource.js';
import type { TokenViewer } from './viewer.js';

/** Types that tie people to patients or to each other, whatever the rules of a deployment are. */
const always: ReadonlySet<string> = new Set(['Patient', 'Person', 'RelatedPerson', 'Group', 'CareTeam', 'PractitionerRole', 'Consent']);

export interface Written extends ResourceKey {
  readonly entries: readonly IndexEntry[];
}

/** Returns whether storing the resource would give reach over what the viewer does not reach. `relationTypes`: those of the rules. */
export const widens = (viewer: TokenViewer, { type, id, entries }: Written, relationTypes: ReadonlySet<string>): boolean => {
  if (!always.has(type) && !relationTypes.has(type)) return false;
  const reaches = reachedBy(viewer);
  if (reaches === 'all') return false;
  if (isOfLoan(viewer, { type, id, entries }, relationTypes)) return true;
  const own = `${type}/${id}`;
  const targets = entries.flatMap((entry) => (entry.kind === 'reference' && entry.target !== own ? [{ param: entry.param, target: entry.target }] : []));
  return targets.some(({ target }) => target.startsWith('Patient/') && !reaches(target.slice('Patient/'.length))) || givesIdentity(viewer, type, targets);
};

/** What lends a reach does not let it be made one's own. */
const lent: ReadonlySet<string> = new Set(['consent', 'break-glass']);

/**
 * Returns whether the resource says who has to do with a patient, or who may see the record, while that record is lent to the viewer: who came by break-glass or by a
 * permit does not stay by changing it. A Consent withholds something also from who reaches the patient otherwise, so that it is left alone as long as the glass is broken.
 */
export const isOfLoan = (viewer: TokenViewer, { type, id, entries }: Written, relationTypes: ReadonlySet<string>): boolean => {
  if (!always.has(type) && !relationTypes.has(type)) return false;
  const patients = type === 'Patient' ? [id] : entries.flatMap((entry) => (entry.kind === 'reference' && entry.target.startsWith('Patient/') ? [entry.target.slice('Patient/'.length)] : []));
  return patients.some((patient) => isOnlyLent(viewer, patient) || (type === 'Consent' && viewer.standing?.emergencies?.has(patient) === true));
};

const isOnlyLent = ({ standing }: TokenViewer, patient: string): boolean => {
  const reach = standing === undefined || typeof standing.reach === 'string' ? undefined : standing.reach;
  return reach?.patients.get(patient)?.every((rule) => lent.has(rule)) === true;
};

/** Whom the viewer reaches by any of its scopes. */
const reachedBy = ({ grant, standing }: TokenViewer): 'all' | ((patient: string) => boolean) => {
  const contexts = new Set(grant.scopes.map(({ context }) => context));
  const reach = standing?.reach ?? 'token';
  if (reach === 'all' || (contexts.has('system') && grant.policy === undefined)) return 'all';
  // What is only lent was refused before this is asked.
  if (reach !== 'token') return (patient) => reach.patients.has(patient);
  return (patient) => (contexts.has('patient') && grant.patient === patient) || (contexts.has('user') && grant.patients?.includes(patient) === true);
};

/** Who one is, and in which role, is for others to say. */
const givesIdentity = ({ grant: { fhirUser = '' }, standing }: TokenViewer, type: string, targets: readonly { readonly param: string; readonly target: string }[]): boolean => {
  const reach = standing === undefined || typeof standing.reach === 'string' ? undefined : standing.reach;
  // Who acts for a patient, and until when, is for the patient and the clinic to say.
  if (type === 'RelatedPerson') return /^(?:Patient|RelatedPerson)\//.test(fhirUser) && targets.some(({ target }) => target.startsWith('Patient/') && target !== fhirUser);
  if (type === 'PractitionerRole') return reach === undefined || targets.some(({ param, target }) => param === 'practitioner' && reach.self.includes(target));
  if (type !== 'Person') return false;
  return targets.some(({ param, target }) => target.startsWith('Practitioner/') || (param === 'organization' && reach?.organizations.includes(target) !== true));
};
