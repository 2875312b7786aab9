/** Finds where in a JSON text an element stands, for messages about it. The text must be well-formed; white space may be anywhere. */
import { skipString, skipValue } from './span.js';

export interface TextPlace {
  /** Both from 1; the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

const skipSpace = (text: string, at: number): number => {
  let next = at;
  while (next < text.length && ' \t\r\n'.includes(text.charAt(next))) next += 1;
  return next;
};

/** Returns where the value of the member begins that best fits the name: itself, one type of a choice, or its `_name`. */
const memberAt = (text: string, object: number, name: string): number | undefined => {
  let near: number | undefined;
  for (let at = skipSpace(text, object + 1); text.charAt(at) === '"';) {
    const end = skipString(text, at);
    const key = text.slice(at + 1, end - 1);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (key === name) return value;
    if (key === `_${name}` || (key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)))) near ??= value;
    at = skipSpace(text, skipValue(text, value));
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1);
  }
  return near;
};

const itemAt = (text: string, array: number, index: number): number | undefined => {
  let at = skipSpace(text, array + 1);
  for (let count = 0; at < text.length && text.charAt(at) !== ']'; count += 1) {
    if (count === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1);
  }
  return undefined;
};

/** Returns the place of the element at a path of names and indexes, or of the innermost one on the way that is there. */
export const locate = (text: string, path: readonly (string | number)[]): TextPlace => {
  let at = skipSpace(text, text.startsWith('\ufeff') ? 1 : 0);
  for (const step of path) {
    const first = text.charAt(at);
    const next = typeof step === 'number' ? (first === '[' ? itemAt(text, at, step) : undefined) : (first === '{' ? memberAt(text, at, step) : undefined);
    if (next === undefined) break;
    at = next;
  }
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
};
