/** Variables of a case: `$name` or `$(name)` in any string; `$$` is a dollar sign. */
export type Variables = Map<string, string>;

const pattern = /\$(?:\$|([a-z][A-Za-z0-9]*)|\(([a-z][A-Za-z0-9]*)\))/g;

/** Returns the text with every variable replaced; throws for one that is not there. */
export const fillText = (text: string, variables: Variables): string =>
  text.replace(pattern, (whole: string, bare: string | undefined, braced: string | undefined) => {
    if (whole === '$$') return '$';
    const name = bare ?? braced ?? '';
    const value = variables.get(name);
    if (value === undefined) throw new Error(`no variable ${name}; there are ${[...variables.keys()].join(', ')}`);
    return value;
  });

/** Returns a copy with the variables of every string replaced, member names included unless they are operators. */
export const fill = (value: unknown, variables: Variables): unknown => {
  if (typeof value === 'string') return fillText(value, variables);
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.startsWith('$') ? name : fillText(name, variables), fill(item, variables)]));
};
