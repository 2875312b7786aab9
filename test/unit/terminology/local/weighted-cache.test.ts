import { describe, expect, it } from '@jest/globals';
import { makeWeightedCache } from '../../../../src/terminology/local/weighted-cache.js';

describe('weighted cache', () => {
  it('drops what was used longest ago once it is too heavy', () => {
    const cache = makeWeightedCache<number>(10);
    cache.set('a', 1, 4);
    cache.set('b', 2, 4);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3, 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
    cache.set('d', 4, 11);
    expect([cache.get('d'), cache.get('a')]).toEqual([undefined, 1]);
    cache.clear();
    expect(cache.get('a')).toBeUndefined();
  });
});
