/** JSON values whose numbers keep their text, for work on values that must not change what it does not touch. */
import { itemSpans, memberSpans } from './span.js';

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Lexical = null | boolean | string | JsonNumber | Lexical[] | { [name: string]: Lexical };

/** Returns the value of compact, well-formed JSON text. */
export const parseLexical = (text: string): Lexical => valueAt(text, 0, text.length);

const valueAt = (text: string, start: number, end: number): Lexical => {
  switch (text[start]) {
    case '{':
      return Object.fromEntries(memberSpans(text, start).map((member) => [member.name, valueAt(text, member.valueStart, member.end)]));
    case '[':
      return itemSpans(text, start).map((item) => valueAt(text, item.start, item.end));
    case '"':
    case 't':
    case 'f':
    case 'n':
      return JSON.parse(text.slice(start, end)) as string | boolean | null;
    default:
      return new JsonNumber(text.slice(start, end));
  }
};

/** Returns compact JSON text. */
export const stringifyLexical = (value: Lexical): string => {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringifyLexical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${stringifyLexical(item)}`).join(',')}}`;
};
