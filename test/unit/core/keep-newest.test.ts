/** What is remembered stays bounded, whatever the order of what is set. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keepNewest } from '../../../src/core/keep-newest.js';

it('keeps the entries set last, each with its last value, in the order of setting', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat())), fc.integer({ min: 1, max: 5 }), (entries, most) => {
    const map = new Map<number, number>();
    for (const [key, value] of entries) keepNewest(map, { key, value, most });
    const lastOfEach = entries.filter(([key], at) => !entries.slice(at + 1).some(([later]) => later === key));
    expect([...map]).toEqual(lastOfEach.slice(-most));
  }));
});
