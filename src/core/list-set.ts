/** Lists that are asked again and again whether something is in them, as the patients that a viewer reaches: each is made a set once. */

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Returns the set of what is in the list, which must not change any more. */
export const setOf = (list: readonly string[]): ReadonlySet<string> => {
  const known = sets.get(list);
  if (known !== undefined) return known;
  const made = new Set(list);
  sets.set(list, made);
  return made;
};
