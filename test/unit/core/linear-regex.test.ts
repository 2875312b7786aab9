import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linearRegex, UnsupportedPattern } from '../../../src/core/linear-regex.js';

const piece = fc.letrec((tie) => ({
  atom: fc.oneof(fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '\\.'), tie('all').map((inner) => `(${String(inner)})`), tie('all').map((inner) => `(?:${String(inner)})`)),
  part: fc.tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}')).map(([atom, times]) => `${String(atom)}${times}`),
  row: fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join('')),
  all: fc.array(tie('row'), { minLength: 1, maxLength: 2 }).map((rows) => rows.join('|')),
})).all;

describe('linearRegex', () => {
  it('agrees with the engine of JavaScript on whole texts', () => {
    fc.assert(fc.property(piece, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.'), maxLength: 6 }), (pattern, text) => {
      expect(linearRegex(pattern)(text)).toBe(new RegExp(`^(?:${pattern})$`).test(text));
    }), { numRuns: 3000 });
  });

  it.each([
    ['[A-Z]{2}', 'DE', true], ['[A-Z]{2}', 'DEU', false], ['^[0-9]{3}$', '276', true], ['a\\|b', 'a|b', true], ['[\\w-]+', 'x-1', true],
    ['', '', true], ['', 'a', false], ['(a|b)*c', 'ababc', true], ['\\u00e4', 'ä', true], ['x{2,}', 'xxxx', true], ['.*?', 'anything', true],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(linearRegex(pattern)(text)).toBe(expected);
  });

  it.each(['(a+)+b', '(a|aa)+b', '(.*)*b', '((a*)*)*b', '(a{0,20}){0,20}b'])('finishes %s, which holds a backtracking engine for ages', (pattern) => {
    expect(linearRegex(pattern)('a'.repeat(2000))).toBe(false);
    expect(linearRegex(pattern)(`${'a'.repeat(200)}b`)).toBe(true);
  });

  it.each(['(?=a)', '(?<x>a)', '\\1', '(a', 'a)', '[a', '*a', 'a{,2}', 'a{3,2}', 'a{999}', '[b-a]', '\\p{L}', 'a^b', '\\', 'x'.repeat(1001), '((a{100}){100}){100}'])('refuses %s', (pattern) => {
    expect(() => linearRegex(pattern)).toThrow(UnsupportedPattern);
  });
});
