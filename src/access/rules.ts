/**
 * Whose patients are whose: the one table of it. A deployment may put a file of the same shape in its place (docs/access.md).
 * Parameters: https://hl7.org/fhir/R4/searchparameter-registry.html
 */
import type { RelationRule } from './relation.js';

/** Who has an account to work here; `authorization/account/role.ts` says who may sign in as what. */
export type WorkRole = 'practitioner' | 'staff' | 'admin';

export interface AccessRules {
  readonly relations: readonly RelationRule[];
  /** By role: names of the relations that count, or `all`: every record of this server. */
  readonly roles: Readonly<Record<WorkRole, readonly string[] | 'all'>>;
}

export const defaultRules: AccessRules = {
  relations: [
    {
      name: 'general-practitioner', words: 'is the patient\'s general practitioner',
      type: 'Patient', patient: '_id', actors: ['general-practitioner'], kinds: ['practitioner', 'role'],
    },
    {
      name: 'care-team', words: 'is on an active care team of the patient',
      type: 'CareTeam', patient: 'patient', actors: ['participant'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['active'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'appointment', words: 'has an appointment with the patient, from 30 days before to 90 days after it',
      type: 'Appointment', patient: 'patient', actors: ['actor'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'checked-in', 'waitlist'] }, period: { param: 'date', daysBefore: 30, daysAfter: 90 },
    },
    {
      name: 'encounter', words: 'takes part in an encounter with the patient, up to a year after it',
      type: 'Encounter', patient: 'patient', actors: ['participant'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished'] }, period: { param: 'date', daysBefore: 30, daysAfter: 365 },
    },
    {
      name: 'episode-of-care', words: 'manages an episode of care of the patient',
      type: 'EpisodeOfCare', patient: 'patient', actors: ['care-manager'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['planned', 'waitlist', 'active', 'onhold'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'care-plan', words: 'carries out a care plan of the patient, or is on its care team',
      type: 'CarePlan', patient: 'patient', actors: ['performer', 'care-team'], kinds: ['practitioner', 'role', 'team'],
      status: { param: 'status', codes: ['active', 'on-hold'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'organization', words: 'works for the organization that keeps the patient\'s record',
      type: 'Patient', patient: '_id', actors: ['organization'], kinds: ['organization'],
    },
  ],
  roles: {
    practitioner: ['general-practitioner', 'care-team', 'appointment', 'encounter', 'episode-of-care', 'care-plan'],
    staff: ['organization'],
    admin: ['organization'],
  },
};

/** Returns the relations that count for someone with this role. */
export const relationsFor = ({ relations, roles }: AccessRules, role: WorkRole): readonly RelationRule[] | 'all' => {
  const names = roles[role];
  return names === 'all' ? 'all' : relations.filter(({ name }) => names.includes(name));
};
