/** Remembers one answer: for what is asked again and again with the same text. */

/** Returns the same function with its last answer kept. */
export const lastOf = <T>(make: (text: string) => T): ((text: string) => T) => {
  let last: { readonly text: string; readonly made: T } | undefined;
  return (text) => (last?.text === text ? last : (last = { text, made: make(text) })).made;
};
