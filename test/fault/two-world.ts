/** Thousands of pairs of requests to two worlds that look the same: the long form of a test that `npm test` runs with few. */
import { openSqliteWorld } from '../two-world/open.js';
import { perPair, searchDifference } from '../two-world/run.js';
import type { Scenario } from './scenario.js';

/** Pairs of one sample: each has a seed of its own, so that a failure can be repeated alone. */
const sample = 1_000;

export const twoWorld: Scenario = {
  name: 'two-world',
  times: { short: 1_000, large: 20_000 },
  missing: () => undefined,
  run: async (times, say) => {
    const begin = Math.floor(Math.random() * 1_000_000_000);
    for (let done = 0; done < times; done += sample) {
      const seed = begin + done;
      const found = await searchDifference({ pairs: Math.min(sample, times - done), seed, open: openSqliteWorld });
      if (found !== undefined) throw new Error(`seed ${String(seed)}: ${found.difference}\n${JSON.stringify(found.case)}`);
    }
    say(`${String(times)} pairs of requests, ${String(perPair)} to each two worlds, seeds from ${String(begin)}: no difference, nothing hidden was changed`);
  },
};
