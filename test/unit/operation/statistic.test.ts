/** Statistics of measurements, on numbers whose results are known. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compute, statisticCodes, type Measurement } from '../../../src/operation/record/statistic.js';

const at = (values: readonly number[]): Measurement[] => values.map((value, index) => ({ value, at: index * 3_600_000 }));
const results = (values: readonly number[], total = values.length): Record<string, number | undefined> =>
  Object.fromEntries(compute(statisticCodes, at(values), total).map(({ code, part, value }) => [part ?? code, value === undefined ? undefined : Number(value.toFixed(6))]));

describe('statistics', () => {
  it('of 2 4 4 4 5 5 7 9', () => {
    expect(results([9, 2, 4, 4, 4, 5, 5, 7], 10)).toMatchObject({
      'average': 5, 'maximum': 9, 'minimum': 2, 'count': 8, 'total-count': 10, 'median': 4.5, 'sum': 40, 'variance': 4.571429, 'std-dev': 2.13809,
      '20-percent': 4, '80-percent': 6.2, '4-lower': 4, '4-upper': 5.5, '4-dev': 0.75, '5-1': 4, '5-2': 4, '5-3': 5, '5-4': 6.2, 'skew': 0.65625, 'kurtosis': 2.78125,
    });
  });

  it('of a line are its gradient by the hour and its intercept', () => {
    expect(results([1, 3, 5, 7])).toMatchObject({ gradient: 2, intercept: 1 });
  });

  it('of too few values are none, but for their number', () => {
    expect(results([])).toMatchObject({ count: 0, average: undefined, gradient: undefined });
    expect(results([5])).toMatchObject({ 'count': 1, 'average': 5, 'std-dev': undefined, 'gradient': undefined, 'median': 5 });
    expect(results([5, 5, 5, 5])).toMatchObject({ 'std-dev': 0, 'skew': undefined });
  });

  it('lie in order, whatever the values', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 }), (values) => {
      const found = results(values);
      const ordered = ['minimum', '5-1', '4-lower', '5-2', 'median', '5-3', '4-upper', '5-4', 'maximum'].map((code) => found[code] ?? Number.NaN);
      expect([...ordered].sort((a, b) => a - b)).toEqual(ordered);
    }));
  });
});
