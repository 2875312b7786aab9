/** Predicates with the two constants, put together so that constants vanish: what most rules come to is all or nothing. */
import { nothing } from '../compartment.js';
import { anyOf } from '../../search/predicate.js';
import type { Predicate } from '../../store/plan.js';

/** Always, never, or where the predicate holds. */
export type Fact = boolean | Predicate;

const isPredicate = (fact: Fact): fact is Predicate => typeof fact !== 'boolean';

/** Returns that all of them hold. */
export const every = (facts: readonly Fact[]): Fact => {
  if (facts.includes(false)) return false;
  const of = [...new Map(facts.filter(isPredicate).flatMap((fact) => (fact.op === 'and' ? fact.of : [fact])).map((fact) => [JSON.stringify(fact), fact])).values()];
  const [first] = of;
  if (first === undefined) return true;
  return of.length === 1 ? first : { op: 'and', of };
};

/** Returns that any of them holds. */
export const either = (facts: readonly Fact[]): Fact => {
  if (facts.includes(true)) return true;
  const of = facts.filter(isPredicate);
  return of.length === 0 ? false : anyOf(of);
};

/** Returns that it does not hold. */
export const not = (fact: Fact): Fact => {
  if (typeof fact === 'boolean') return !fact;
  return fact.op === 'not' ? fact.of : { op: 'not', of: fact };
};

/** Returns the predicate that is the fact; undefined for never. */
export const toPredicate = (fact: Fact): Predicate | undefined => {
  if (typeof fact !== 'boolean') return fact;
  return fact ? { op: 'not', of: nothing } : undefined;
};
