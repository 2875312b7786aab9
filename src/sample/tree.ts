/** FHIR content while it is made, and its JSON text with decimals as precise as they were measured (https://hl7.org/fhir/R4/json.html#decimal). */

/** A decimal that keeps its digits: 5.10 is not 5.1. */
export class Decimal {
  constructor(readonly text: string) {}
}

/** Returns `value` with exactly this many digits after the point. */
export const decimal = (value: number, digits: number): Decimal => new Decimal(value.toFixed(digits));

/** What can be in a resource; members that are undefined are left out. */
export type Tree = string | number | boolean | Decimal | undefined | readonly Tree[] | Members;
export interface Members {
  readonly [name: string]: Tree;
}

const plain = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;
const quote = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** Returns the compact JSON text. */
export const toText = (tree: Tree): string => {
  if (typeof tree === 'string') return quote(tree);
  if (typeof tree === 'number' || typeof tree === 'boolean') return String(tree);
  if (tree instanceof Decimal) return tree.text;
  if (tree === undefined) throw new Error('undefined has no JSON text');
  return Array.isArray(tree) ? `[${(tree as readonly Tree[]).map(toText).join(',')}]` : membersText(tree as Members);
};

const membersText = (members: Members): string => {
  let text = '';
  for (const name in members) {
    const value = members[name];
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}"${name}":${toText(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
};
