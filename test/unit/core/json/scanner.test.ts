import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonTextError } from '../../../../src/core/json/error.js';
import { parseJson } from '../../../../src/core/json/parse.js';
import { prettyJson } from '../../../../src/core/json/pretty.js';

const read = (text: string, depth = 64) => parseJson(text, { depth });
const faultOf = (text: string, depth = 64): JsonTextError => {
  try {
    read(text, depth);
  } catch (error) {
    if (error instanceof JsonTextError) return error;
    throw error;
  }
  throw new Error(`accepted ${text}`);
};

describe('parseJson', () => {
  it('keeps numbers and strings exactly and drops white space between them', () => {
    const { text, value } = read('{ "a" : [ 1.10 , 1E-22,\n-0.0 ],\t"b":"x \\u00e9 \\/" ,"c":{ },"d":[ ] }\r\n');
    expect(text).toBe('{"a":[1.10,1E-22,-0.0],"b":"x \\u00e9 \\/","c":{},"d":[]}');
    expect(value).toEqual({ a: [1.1, 1e-22, -0], b: 'x é /', c: {}, d: [] });
  });

  it('agrees with JSON.parse on every value, however it is laid out', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t', '\r\n '), (value, space) => {
      // Names that reach for a prototype are refused, which a case of its own holds.
      const allowed = JSON.stringify(value, null, space).replace(/"(__proto__|prototype|constructor)"(?=\s*:)/g, '"plain $1"');
      const { text, value: read1 } = read(allowed, 200);
      expect(read1).toEqual(JSON.parse(text));
      expect(text).toBe(JSON.stringify(JSON.parse(text)));
      expect(JSON.parse(prettyJson(text))).toEqual(read1);
    }));
  });

  it('accepts and refuses the same texts as JSON.parse where only grammar decides', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b\\n"', '1', '-', '0', '.5', 'e3', 'true', 'nul', 'null', ' ', '"', '\\')).map((parts) => parts.join('')), (text) => {
      const attempt = (parse: () => unknown): boolean => { try { parse(); return true; } catch { return false; } };
      const own = attempt(() => read(text));
      const duplicate = !own && attempt(() => JSON.parse(text));
      if (duplicate) expect(faultOf(text).reason).toBe('duplicate-key');
      else expect(own).toBe(attempt(() => JSON.parse(text)));
    }), { numRuns: 2000 });
  });

  it.each([
    ['{"a":1,"a":2}', 'duplicate-key', 1, 8, ''],
    ['{"a":1,"\\u0061":2}', 'duplicate-key', 1, 8, ''],
    ['{"name":[{"given":["A"]},\n {"given":[tru]}]}', 'syntax', 2, 12, 'name[1].given[0]'],
    ['{"a":"\\ud800"}', 'lone-surrogate', 1, 7, 'a'],
    ['{"a":"\ud800"}', 'lone-surrogate', 1, 7, 'a'],
    ['{"a":"\\udc00\\ud800"}', 'lone-surrogate', 1, 7, 'a'],
    ['{"__proto__":1}', 'forbidden-key', 1, 2, ''],
    ['{"x":{"constructor":1}}', 'forbidden-key', 1, 7, 'x'],
    ['{"a":01}', 'syntax', 1, 6, 'a'],
    ['{"a":1} x', 'syntax', 1, 9, ''],
    ['', 'syntax', 1, 1, ''],
    ['{"a":"\u0001"}', 'syntax', 1, 7, 'a'],
    ['{"a":"\\x"}', 'syntax', 1, 7, 'a'],
    ['{"a":1,}', 'syntax', 1, 8, ''],
    ['{"a":NaN}', 'syntax', 1, 6, 'a'],
    ["{'a':1}", 'syntax', 1, 2, ''],
  ])('says what is wrong with %s and where', (text, reason, line, column, path) => {
    expect(faultOf(text)).toMatchObject({ reason, line, column, path });
  });

  it('counts depth in objects and arrays', () => {
    expect(read('[[[1]]]', 3).value).toEqual([[[1]]]);
    expect(faultOf('[[[[1]]]]', 3).reason).toBe('too-deep');
    expect(faultOf('['.repeat(100_000)).reason).toBe('too-deep');
  });

  it('finds a duplicate among many members', () => {
    const members = Array.from({ length: 500 }, (_, index) => `"m${String(index)}":0`);
    expect(faultOf(`{${[...members, '"m499":1'].join(',')}}`).reason).toBe('duplicate-key');
    expect(Object.keys(read(`{${members.join(',')}}`).value as object)).toHaveLength(500);
  });

  it('takes a byte order mark at the start for nothing', () => {
    expect(read('\ufeff{"a":1}').text).toBe('{"a":1}');
  });
});
