import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toInstant } from '../../../src/core/clock.js';

describe('toInstant', () => {
  it('writes what Date writes, whatever it has written before', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.integer({ min: -3_000, max: 3_000 }), fc.double({ min: -3_000, max: 3_000, noNaN: true }))), (times) => {
      expect(times.map(toInstant)).toEqual(times.map((ms) => new Date(ms).toISOString()));
    }));
  });
  it.each([NaN, Infinity, 8.64e15 + 1_000])('throws for %s, which is no time', (ms) => { expect(() => toInstant(ms)).toThrow(RangeError); });
});
