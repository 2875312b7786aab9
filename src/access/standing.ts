/**
 * What the stored record says about one viewer at one moment: pure data, found by `interaction/standing` and put together with the
 * token's scopes by `right.ts` (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources).
 */
import type { Predicate } from '../store/plan.js';
import type { WorkRules } from './rules.js';

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

/** A break-glass that is in force. */
export interface Emergency {
  readonly reason: string;
  /** Id of the patient. */
  readonly patient: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface Standing {
  readonly reach: Reach;
  /** Returns what is not shown of a type; undefined: nothing is withheld. The same object each time it is asked for a type. */
  readonly withheld: (type: string) => Predicate | undefined;
  readonly emergency?: Emergency | undefined;
}

/** Returns that nothing is withheld. */
export const withholdNothing = (): undefined => undefined;

const lists = new WeakMap<PersonReach, readonly string[]>();

/** Returns the ids of the patients: one list for each reach, so that what is made of it can be kept. */
export const patientIds = (reach: PersonReach): readonly string[] => {
  const list = lists.get(reach) ?? [...reach.patients.keys()];
  lists.set(reach, list);
  return list;
};
