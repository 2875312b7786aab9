import { describe, expect, it } from '@jest/globals';
import { compareVersions, newestFirst } from '../../../../src/terminology/local/version.js';
import { makeWeightedCache } from '../../../../src/terminology/local/weighted-cache.js';

describe('versions', () => {
  it('stand in their order', () => {
    const sorted = ['1.0-draft', '1.0', '1.0.1', '1.9', '1.10', '2.0.0-ballot', '2.0.0', '20240101'];
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  });

  it('active ones come first', () => {
    expect(newestFirst([{ version: '2', status: 'draft' }, { version: '1', status: 'active' }, { version: '1.5', status: 'active' }]).map(({ version }) => version)).toEqual(['1.5', '1', '2']);
  });
});

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
