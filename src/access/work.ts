/** What someone who works here reaches: the records of the patients that the rules say, and what is about no patient. */
import type { Registry } from '../search/registry.js';
import type { Predicate } from '../store/plan.js';
import { nothing, ownedBy } from './compartment.js';
import { patientIds, type PersonReach } from './standing.js';

/** Returns what satisfies a resource of the type to be within reach; without a reach, no patient is. */
export const workReach = ({ registry, type }: { readonly registry: Registry; readonly type: string }, reach: PersonReach | undefined): 'all' | Predicate => {
  const own = ownedBy(registry, type, reach === undefined ? [] : patientIds(reach));
  return own ?? (reach === undefined ? nothing : 'all');
};
