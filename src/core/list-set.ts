/** Lists that are asked again and again whether something is in them, as the patients that a viewer reaches: each is made a set once. */

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Sets of so few are made as fast as they are found again. */
const few = 8;

/** Returns the set of what is in the list, which must not change any more. */
export const setOf = (list: readonly string[]): ReadonlySet<string> => {
  if (list.length <= few) return new Set(list);
  const known = sets.get(list);
  if (known !== undefined) return known;
  const made = new Set(list);
  sets.set(list, made);
  return made;
};
