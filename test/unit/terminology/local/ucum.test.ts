import { describe, expect, it } from '@jest/globals';
import { isUcum, ucumName } from '../../../../src/terminology/local/grammar/ucum.js';

describe('UCUM by grammar', () => {
  it.each([
    '{score}', 'mm[Hg]', '10*3/uL', '10*-3', '10^3', 'mg', 'MG', 'mmol/L', '/min', '{beats}/min', 'kg{wet}', 'ng/mL{FEU}', 'g.m-2', 'm/s2', 's-1', '(mg)', 'mL/min/{1.73_m2}', 'mL/min/(173.10*-2.m2)',
    '[iU]/mL', 'u[IU]/mL', '[arb\'U]/mL', 'cm[H2O]', '[in_i]', '[degF]', 'Cel', '%', 'cal_[15]', 'B[SPL]', '1', '/100{WBCs}', 'meq/L', 'Ki' + 'By', 'd', 'a_j',
  ])('takes %s', (unit) => { expect(isUcum(unit)).toBe(true); });

  it.each(['', 'meter', 'mg/', 'mg//L', 'mg dL', '{a b}', '{a{b}}', 'degC', 'foo', '2mg', 'H2O', 'm(s)', 'k[in_i]', '(mg', 'mg)', 's--1', '[degf]', 'mg{', `${'('.repeat(50)}m${')'.repeat(50)}`, 'm.'.repeat(200)])('refuses %s', (unit) => {
    expect(isUcum(unit)).toBe(false);
  });

  it('names what is a single atom', () => {
    expect(ucumName('m')).toBe('meter');
    expect(ucumName('mg/dL')).toBeUndefined();
  });
});
