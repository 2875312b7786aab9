/** The value of `_text` and `_content`: words with and, or, not, quotes and brackets (https://hl7.org/fhir/R4/search.html#content). */
import { wordsOf, type TextPart } from '../../fhir/resource-text.js';
import type { Predicate } from '../../store/plan.js';
import { badValue } from './value-text.js';

interface Reading {
  readonly tokens: readonly string[];
  readonly part: TextPart;
  readonly fail: (why: string) => Error;
  at: number;
}

/** Deeper brackets serve nobody. */
const deepest = 16;

/** Returns what the text asks for; words beside each other must all be there. Throws `invalid-parameter`. */
export const compileText = (text: string, name: string, part: TextPart): Predicate => {
  const tokens = text.match(/"[^"]*"?|[()]|[^\s()"]+/g) ?? [];
  const reading: Reading = { tokens, part, at: 0, fail: (why) => badValue(name, text, why) };
  const found = either(reading, 0);
  if (reading.at < tokens.length) throw reading.fail('it has a ) without a (');
  return found;
};

const peek = ({ tokens, at }: Reading): string | undefined => tokens[at];
const isWord = (token: string | undefined, word: string): boolean => token?.toLowerCase() === word;

const take = (reading: Reading, word: string): boolean => {
  if (!isWord(peek(reading), word)) return false;
  reading.at += 1;
  return true;
};

const joined = (op: 'and' | 'or', of: readonly Predicate[]): Predicate => (of.length === 1 && of[0] !== undefined ? of[0] : { op, of });

const either = (reading: Reading, depth: number): Predicate => {
  if (depth > deepest) throw reading.fail(`it nests deeper than ${String(deepest)} brackets`);
  const of = [all(reading, depth)];
  while (take(reading, 'or')) of.push(all(reading, depth));
  return joined('or', of);
};

const all = (reading: Reading, depth: number): Predicate => {
  const of = [one(reading, depth)];
  for (;;) {
    const isJoined = take(reading, 'and');
    const next = peek(reading);
    if (!isJoined && (next === undefined || next === ')' || isWord(next, 'or'))) return joined('and', of);
    of.push(one(reading, depth));
  }
};

const one = (reading: Reading, depth: number): Predicate => {
  if (take(reading, 'not')) return { op: 'not', of: one(reading, depth) };
  if (take(reading, '(')) {
    const inner = either(reading, depth + 1);
    if (!take(reading, ')')) throw reading.fail('it has a ( without a )');
    return inner;
  }
  const token = peek(reading);
  if (token === undefined || token === ')' || isWord(token, 'and') || isWord(token, 'or')) throw reading.fail('a word is missing; it takes words, "quoted words", and, or, not and brackets');
  reading.at += 1;
  const words = wordsOf(token);
  if (words === '') throw reading.fail('it must have at least one letter or digit');
  return { op: 'text', part: reading.part, words };
};
