import { expect, test } from '@jest/globals';
import { lastOf } from '../../../src/core/last-of.js';

test('the last answer is kept, and no other', () => {
  const asked: string[] = [];
  const lengthOf = lastOf((text) => asked.push(text) * 0 + text.length);
  expect(['a', 'a', 'bb', 'bb', 'a', ''].map(lengthOf)).toEqual([1, 1, 2, 2, 1, 0]);
  expect(asked).toEqual(['a', 'bb', 'a', '']);
});
