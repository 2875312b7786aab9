/** Patterns in expressions: what they match, and that none of them holds a thread. */
import { describe, expect, it } from '@jest/globals';
import { boundedPatternOf, patternOf } from '../../../../src/fhir/expression/pattern.js';

describe('a pattern', () => {
  it.each<[string, string, boolean]>([
    ['^[0-9]{10}$', '1234567890', true], ['^[0-9]{10}$', '123456789', false], ['b', 'abc', true], ['^b', 'abc', false], ['[A-Z]([A-Za-z0-9_]){0,254}', 'a B', true],
    ['^(ab)+$', 'ababab', true], ['^(ab)+$', 'aba', false], ['(ab)+', 'xabx', true], ['^(a|b)*c', 'ababcx', true], ['^(a|b)*c$', 'ababcx', false], ['(\\.[a-z]+)*', '', true], ['^(a\\$)+$', 'a$a$', true],
  ])('%s on "%s": %s', (source, text, expected) => {
    expect(patternOf(source)?.test(text)).toBe(expected);
  });

  it.each(['(', '[', '^(ab)|(cd)+$', '(a+)\\1', '(?=a)(b)+'])('"%s" is none that can be used', (source) => {
    expect(patternOf(source)).toBeUndefined();
  });

  it.each(['^(a+)+$', '(a|aa)+$', '^(a|a?)+$', '^([a-z]+)*$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$'])('%s ends on a text made to hold it up', (source) => {
    expect(patternOf(source)?.test(`${'a'.repeat(20_000)}!`)).toBe(false);
  });
});

describe('a pattern of strangers', () => {
  it.each<[string, string, boolean]>([['^[0-9]{10}$', '1234567890', true], ['b', 'abc', true], ['a.b', 'xa\nb', true], ['^(ab)+$', 'aba', false], ['', 'x', true], ['\\d+', 'a1', true]])('%s on "%s": %s', (source, text, expected) => {
    expect(boundedPatternOf(source)?.(text)).toBe(expected);
  });

  it.each(['a*a*a*a*a*a*b', '.*.*.*.*=x', '^(a?){100}a{100}b$'])('"%s" takes linear time, whose steps are told', (source) => {
    let steps = 0;
    expect(boundedPatternOf(source)?.('a'.repeat(5_000), (states) => { steps += states; })).toBe(false);
    expect(steps).toBeGreaterThan(1_000);
    expect(() => boundedPatternOf(source)?.('a'.repeat(5_000), () => { throw new Error('enough'); })).toThrow('enough');
  });

  it.each(['(?=a)b', '(a)\\1', '(', 'a'.repeat(2_000)])('"%.20s" is left to the worker', (source) => { expect(boundedPatternOf(source)).toBeUndefined(); });
});
