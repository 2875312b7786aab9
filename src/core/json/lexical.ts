/** JSON values whose numbers keep their text, for work on values that must not change what it does not touch. */
import { isMembers, parseTree, type JsonNode } from './tree.js';

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Lexical = null | boolean | string | JsonNumber | Lexical[] | { [name: string]: Lexical };

/** Returns the value of compact, well-formed JSON text. */
export const parseLexical = (text: string): Lexical => lexicalOf(parseTree(text));

const lexicalOf = (node: JsonNode): Lexical => {
  if (typeof node !== 'string') return isMembers(node) ? Object.fromEntries(node.names.map((name, at) => [name, lexicalOf(node.values[at] ?? 'null')])) : node.map(lexicalOf);
  switch (node.charAt(0)) {
    case '"':
      return node.includes('\\') ? JSON.parse(node) as string : node.slice(1, -1);
    case 't':
      return true;
    case 'f':
      return false;
    case 'n':
      return null;
    default:
      return new JsonNumber(node);
  }
};

/** Returns compact JSON text. */
export const stringifyLexical = (value: Lexical): string => {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringifyLexical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${stringifyLexical(item)}`).join(',')}}`;
};
