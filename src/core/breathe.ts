/** Long work on the one thread pauses in between, so that nobody else waits for all of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Returns a function to await between steps: it gives way to others once `ms` milliseconds have been used. */
export const makeBreather = (ms = 10): (() => Promise<void>) => {
  let start = performance.now();
  return async () => {
    if (performance.now() - start < ms) return;
    await nextTurn();
    start = performance.now();
  };
};
