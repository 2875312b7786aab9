/**
 * What the stored record says about one viewer at one moment: pure data, found by `interaction/standing` and put together with the
 * token's scopes by `right.ts` (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources).
 */
import type { Emergency } from './emergency.js';
import type { WorkRules } from './rules.js';
import type { Permission } from './scope.js';
import type { Predicate } from '../store/plan.js';

/** Who someone who works here is - or an app that is held to a policy -, and whose records that lets them reach. */
export interface PersonReach {
  /** References the person is known by: `Practitioner/id`, `PractitionerRole/id`, `Person/id`. */
  readonly self: readonly string[];
  /** `Organization/id` of the person's roles. */
  readonly organizations: readonly string[];
  /** What the rules say beside. */
  readonly work: WorkRules;
  /** Ids of the patients, each with the names of the rules that say so. */
  readonly patients: ReadonlyMap<string, readonly string[]>;
}

/** `token`: patients come from the token itself; `all`: everyone's records. */
export type Reach = 'token' | 'all' | PersonReach;

/** Returns what is not shown, or may not be done; undefined: nothing is withheld. Always the same object for the same question. */
export type Withheld = (type: string, permission: Permission) => Predicate | undefined;

export interface Standing {
  readonly reach: Reach;
  readonly withheld: Withheld;
  /** The parts of it, to say why. */
  readonly because: Readonly<Record<'consent' | 'label', Withheld>>;
  /** Records opened by break-glass, by id of the patient. */
  readonly emergencies?: ReadonlyMap<string, Emergency> | undefined;
}

const lists = new WeakMap<PersonReach, readonly string[]>();

/** Returns the ids of the patients: one list for each reach, so that what is made of it can be kept. */
export const patientIds = (reach: PersonReach): readonly string[] => {
  const list = lists.get(reach) ?? [...reach.patients.keys()];
  lists.set(reach, list);
  return list;
};
