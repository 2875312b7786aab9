/** The words of a resource, for `_text` and `_content` (https://hl7.org/fhir/R4/search.html#content). */
import { fold } from '../core/fold.js';

export type TextPart = 'narrative' | 'content';

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const codePoint = (digits: string, base: number): string => {
  const point = Number.parseInt(digits, base);
  return point <= 0x10ffff ? String.fromCodePoint(point) : ' ';
};
const decoded = (html: string): string =>
  html.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{1,8}));/gi, (_, hex?: string, decimal?: string, name?: string) =>
    (hex !== undefined ? codePoint(hex, 16) : decimal !== undefined ? codePoint(decimal, 10) : entities[name?.toLowerCase() ?? ''] ?? ' '));

const narrativeOf = (div: string): string => decoded(div.replace(/<[^>]*>/g, ' '));

/** Returns the words: letters and digits, folded, one blank between. */
export const wordsOf = (text: string): string => fold(text).replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

const gather = (value: unknown, name: string, texts: string[]): void => {
  if (typeof value === 'string') texts.push(name === 'div' ? narrativeOf(value) : value);
  else if (typeof value === 'number') texts.push(String(value));
  else if (Array.isArray(value)) for (const item of value as unknown[]) gather(item, name, texts);
  else if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) gather(inner, key, texts);
};

const textsOf = (body: string, part: TextPart): string[] => {
  const resource = JSON.parse(body) as { readonly text?: { readonly div?: unknown } };
  const texts: string[] = [];
  gather(part === 'content' ? resource : resource.text?.div, part === 'content' ? '' : 'div', texts);
  return texts;
};

/** What needs no decoding to be compared with plain words. */
const isPlain = (body: string): boolean => /^[\x20-\x7e]*$/.test(body) && !/\\u|&#/.test(body);

/**
 * Returns whether the narrative, or any text or number of the whole resource, has the words one after the other; the last may go
 * on. `words` as `wordsOf` makes them; they never reach over from one element to the next.
 */
export const hasWords = (body: string, part: TextPart, words: string): boolean => {
  if (isPlain(body) && !isPossible(body, words)) return false;
  return textsOf(body, part).some((text) => ` ${wordsOf(text)}`.includes(` ${words}`));
};

const isPossible = (body: string, words: string): boolean => {
  const lower = body.toLowerCase();
  return words.split(' ').every((word) => lower.includes(word));
};
