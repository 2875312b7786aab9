/** A resource with several positions, which stored SearchParameters or data of later releases may have, is as near on the engine as in `matches`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { matchesPlan } from '../../../src/search/matches.js';
import type { IndexEntry } from '../../../src/store/index-entry.js';
import type { Predicate } from '../../../src/store/plan.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import { put } from '../../suite/store.suite.js';

const number = (param: string, low: number): IndexEntry => ({ kind: 'number', param, low, high: low });

it.each([[[0, 50]], [[50, 0]]])('latitudes %j', async (latitudes) => {
  const folder = mkdtempSync(join(tmpdir(), 'near-'));
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing, writer: 'inline' });
  const entries = [...latitudes.map((low) => number('near:latitude', low)), number('near:longitude', 0)];
  await store.commit({ writes: [put('Location', 'a', 0, entries)] });
  const found = [0, 50].map((latitude): Predicate => ({ op: 'near', latitude, longitude: 0, metres: 1_000 }));
  for (const [at, where] of found.entries()) {
    expect(matchesPlan(where, { type: 'Location', id: 'a', updated: 0, entries })).toBe(at === 0);
    expect((await store.search({ types: ['Location'], where, count: 1 })).matches).toHaveLength(at === 0 ? 1 : 0);
  }
  await store.close();
  rmSync(folder, { recursive: true });
});
