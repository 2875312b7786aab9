/** A piece of text is never overlooked in JSON, whichever of its characters are escaped. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayHave } from '../../../../src/core/json/spelling.js';

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

describe('the spelling of JSON', () => {
  it('never hides a piece that is there', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.string(), fc.string(), (flags, before, after) => {
      const spelt = [...'Patient/'].map((character, at) => (flags[at] === true ? escaped(character) : character)).join('');
      expect(mayHave(`${JSON.stringify(before)}:"${spelt}":${JSON.stringify(after)}`, 'Patient/')).toBe(true);
    }));
    expect(mayHave('{"reference":"Patient\\/1"}', 'Patient/')).toBe(true);
  });

  it('says no where a text has neither the piece nor an escape that could spell it', () => {
    expect(mayHave('{"display":"a \\"b\\" \\n c"}', 'Patient/')).toBe(false);
  });
});
