/** The sensitivity proof as a fault: the server loses one guard after the other, and the tests must notice each time. */
import { points } from '../sensitivity/point.js';
import { prove } from '../sensitivity/run.js';
import type { Scenario } from './scenario.js';

export const sensitivity: Scenario = {
  name: 'sensitivity',
  // CI proves all points in a stage of its own.
  times: { short: 4, large: points.length },
  missing: () => undefined,
  run: async (times, say) => {
    const { passed, failed } = await prove(points.slice(0, times), say);
    if (failed > 0) throw new Error(`the absence of ${String(failed)} guards was not noticed`);
    say(`${String(passed)} guards taken out one by one, each noticed`);
  },
};
