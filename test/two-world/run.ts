/** Runs of the two-world test: random worlds, tokens and requests, shrunk to the smallest that still tells something. */
import fc from 'fast-check';
import type { Clock } from '../../src/core/clock.js';
import type { Store } from '../../src/store/store.js';
import { openPair } from './pair.js';
import { anyWish, type Wish } from './request.js';
import { tokens } from './token.js';
import type { Variant } from './world.js';

export interface Case {
  readonly seed: number;
  readonly token: string;
  readonly variant: Variant;
  readonly audit: boolean;
  /** The server holds references, and deletes every match; otherwise it is as its settings stand. */
  readonly enforcing?: boolean;
  readonly wishes: readonly Wish[];
}

export type OpenStore = (clock: Clock) => Promise<Store>;

/** Returns what the token could tell from the answers, or what was harmed; undefined when the worlds look the same. */
export const differenceIn = async ({ seed, token: name, variant, audit, enforcing = false, wishes }: Case, open: OpenStore): Promise<string | undefined> => {
  const token = tokens.find((each) => each.name === name);
  if (token === undefined) throw new Error(`there is no token ${name}`);
  const pair = await openPair({ token, seed, variant, audit, enforcing, open });
  try {
    for (const wish of wishes) {
      const difference = await pair.ask(wish);
      if (difference !== undefined) return difference;
    }
    const failure = pair.here.failures[0] ?? pair.there.failures[0];
    if (failure !== undefined) return `the server failed: ${JSON.stringify(failure)}`;
    return await pair.harm();
  } finally {
    await pair.stop();
  }
};

/** Requests that one pair of worlds is asked. */
export const perPair = 50;

const caseOf: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((seed) => seed), token: fc.constantFrom(...tokens.map(({ name }) => name)), variant: fc.constantFrom<Variant>('removed', 'mutated'), audit: fc.constantFrom(false, false, true), enforcing: fc.boolean(),
  wishes: fc.array(anyWish, { minLength: perPair, maxLength: perPair }),
});

export interface Found {
  readonly difference: string;
  readonly case: Case;
}

/** Returns the first difference in so many pairs of requests, shrunk; undefined when there is none. */
export const searchDifference = async ({ pairs, seed, open, shrink = 300 }: { readonly pairs: number; readonly seed: number; readonly open: OpenStore; readonly shrink?: number }): Promise<Found | undefined> => {
  const runs = Math.ceil(pairs / perPair);
  for (const [run, one] of fc.sample(caseOf, { numRuns: runs, seed }).entries()) {
    const difference = await differenceIn(one, open);
    if (difference !== undefined) return shrunk({ difference: `run ${String(run)}: ${difference}`, case: one }, open, shrink);
  }
  return undefined;
};

/** Leaves out requests, first many and then single ones, while a difference stays. */
const shrunk = async (found: Found, open: OpenStore, budget: number): Promise<Found> => {
  let smallest = found;
  let left = budget;
  for (let size = Math.ceil(found.case.wishes.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.case.wishes.length && left > 0;) {
      const wishes = smallest.case.wishes.filter((_, index) => index < at || index >= at + size);
      left -= 1;
      const difference = wishes.length === 0 ? undefined : await differenceIn({ ...smallest.case, wishes }, open);
      if (difference === undefined) at += size;
      else smallest = { difference, case: { ...smallest.case, wishes } };
    }
  }
  return smallest;
};
