import { describe, expect, it } from '@jest/globals';
import { fold, searchText } from '../../../src/core/fold.js';

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

describe('searchText', () => {
  it.each([
    ["O'Brien", 'obrien'], ['MÜLLER-Lüdenscheidt', 'mullerludenscheidt'], ['5, Rue  X', '5 rue x'], ['a - b', 'a b'], ['Smith', 'smith'], ['%', '%'], ['...', '...'], ['', ''], ['1 + 1', '1 + 1'],
  ])('makes %j %j', (text, compared) => { expect(searchText(text)).toBe(compared); });

  it('changes nothing when applied twice', () => {
    for (const text of ["O'Brien", '% -', 'Größe (klein)', 'a_b']) expect(searchText(searchText(text))).toBe(searchText(text));
  });
});
