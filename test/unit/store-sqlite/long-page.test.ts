/** A long page that a reading thread found is read in portions, with a turn of the event loop between them. */
import { afterEach, expect, it, jest } from '@jest/globals';
import { makeSearches, type SearchParts } from '../../../src/store-sqlite/search/long.js';
import { OverBudget } from '../../../src/store-index/work.js';

afterEach(() => { jest.restoreAllMocks(); });

it('reads the versions of a long page in portions', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
  const portions: { readonly size: number; readonly turn: number }[] = [];
  let [turn, isOver] = [0, false];
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  const seqs = Array.from({ length: 950 }, (_, at) => at + 1);
  const parts = {
    reader: { versions: (some: readonly number[]) => { portions.push({ size: some.length, turn }); return some.map((seq) => ({ seq })); } },
    executor: { search: () => { throw new OverBudget('long'); } },
    moment: { read: (look: () => unknown) => look(), snapshot: (look: () => unknown) => look() },
    pool: { run: async () => ({ kind: 'page', page: { seqs, steps: [], looked: 5_000 } }) },
    budget: 10_000, quick: 10, reading: (read: () => unknown) => read(),
  } as unknown as SearchParts;
  setImmediate(count);
  const page = await makeSearches(parts).search({ types: ['Patient'], count: 950 }, {});
  isOver = true;
  expect(page.matches.map(({ seq }) => seq)).toEqual(seqs);
  expect(Math.max(...portions.map(({ size }) => size))).toBeLessThanOrEqual(100);
  expect(new Set(portions.map((portion) => portion.turn)).size).toBe(portions.length);
});
