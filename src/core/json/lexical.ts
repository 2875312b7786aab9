/** JSON values whose numbers keep their text, for work on values that must not change what it does not touch. */
import { isMembers, parseTree, type JsonNode } from './tree.js';

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface LexicalObject {
  [name: string]: Lexical;
}

export type Lexical = null | boolean | string | JsonNumber | Lexical[] | LexicalObject;

/** Returns whether the value is an object. */
export const isLexicalObject = (value: Lexical | undefined): value is LexicalObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

/** Returns a copy that shares nothing that could be changed. */
export const cloneLexical = (value: Lexical): Lexical => {
  if (Array.isArray(value)) return value.map(cloneLexical);
  return isLexicalObject(value) ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cloneLexical(item)])) : value;
};

/** Returns whether two values are the same, numbers by the digits they are written with, members in any order. */
export const sameLexical = (one: Lexical, other: Lexical): boolean => {
  if (one instanceof JsonNumber) return other instanceof JsonNumber && one.text === other.text;
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((item, index) => sameLexical(item, other[index] ?? null));
  if (!isLexicalObject(one) || !isLexicalObject(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && sameLexical(one[name] ?? null, other[name] ?? null));
};

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
