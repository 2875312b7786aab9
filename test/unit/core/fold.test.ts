import { describe, expect, it } from '@jest/globals';
import { fold } from '../../../src/core/fold.js';

describe('fold', () => {
  it.each([
    ['Carreno Quiñones', 'carreno quinones'],
    ['MÜLLER-Lüdenscheidt', 'muller-ludenscheidt'],
    ['Straße', 'strasse'],
    ['Ærøskøbing', 'aeroskobing'],
    ['  Anna   Maria\t', 'anna maria'],
    ['ＡＢＣ', 'abc'],
    ['Łódź', 'lodz'],
    ['Ελλάς', 'ελλας'],
    ['', ''],
  ])('folds %j to %j', (text, folded) => { expect(fold(text)).toBe(folded); });

  it('gives composed and decomposed text the same form', () => { expect(fold('\u00e9')).toBe(fold('e\u0301')); });

  it('changes nothing when applied twice', () => {
    for (const text of ['Größe', 'İstanbul', 'Ǆ', 'a\u00a0b', 'ﬁn']) expect(fold(fold(text))).toBe(fold(text));
  });
});
