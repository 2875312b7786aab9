/** Walks over the hierarchy of a code system, safe against cycles (https://hl7.org/fhir/R4/codesystem.html#hierarchy). */
import { bitsOf, type Bits } from './bits.js';
import type { ConceptSystem } from './concept-system.js';

/** Returns the positions and everything that can be reached from them by `next`. */
const reach = (length: number, starts: Iterable<number>, next: (at: number) => Iterable<number>): Bits => {
  const seen = bitsOf(length, starts);
  const open = [...seen];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const other of next(at)) {
      if (seen.has(other)) continue;
      seen.add(other);
      open.push(other);
    }
  }
  return seen;
};

/** Returns the concept and everything it subsumes. */
export const descendantsOf = (system: ConceptSystem, at: number): Bits => reach(system.size, [at], (one) => system.children(one));

/** Returns the concept and everything that subsumes it. */
export const ancestorsOf = (system: ConceptSystem, at: number): Bits => reach(system.size, [at], (one) => system.parents(one));

/** Returns the concepts and everything they subsume. */
export const allDescendantsOf = (system: ConceptSystem, from: Bits): Bits => reach(system.size, from, (one) => system.children(one));

/** Returns the concepts and everything that subsumes them. */
export const allAncestorsOf = (system: ConceptSystem, from: Bits): Bits => reach(system.size, from, (one) => system.parents(one));

/** Returns whether `above` is `below` or one of its ancestors; it looks at the ancestors only, which are few. */
export const subsumes = (system: ConceptSystem, above: number, below: number): boolean => {
  const seen = new Set([below]);
  const open = [below];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === above) return true;
    for (const parent of system.parents(at)) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      open.push(parent);
    }
  }
  return false;
};
