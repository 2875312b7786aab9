/** Suggestions for misspelt names. */
import { describe, expect, it } from '@jest/globals';
import { nearName } from '../../../src/core/near-name.js';

const names = ['identifier', 'given', 'family', 'gender', 'birthDate', 'generalPractitioner', '_id'];

describe('nearName', () => {
  it.each([
    ['identifer', 'identifier'],
    ['idnetifier', 'identifier'],
    ['birthdate', 'birthDate'],
    ['GENDER', 'gender'],
    ['familly', 'family'],
    ['generalPractioner', 'generalPractitioner'],
    ['id', '_id'],
  ])('finds for %s: %s', (wrong, right) => {
    expect(nearName(wrong, names)).toBe(right);
  });

  it.each(['telecom', 'xyz', '', 'address', 'x'.repeat(5000)])('finds nothing near %.20s', (wrong) => {
    expect(nearName(wrong, names)).toBeUndefined();
  });

  it('prefers the same letters in another case to fewer edits elsewhere', () => {
    expect(nearName('Status', ['statur', 'status'])).toBe('status');
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(nearName('cdoe', ['node', 'code'])).toBe('code');
  });
});
