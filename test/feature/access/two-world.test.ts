/**
 * Two worlds that look the same to a token answer the same, whatever it asks: what it may not see is as absent as what never was (design
 * rule 4). A failure prints its seed and the smallest case found; that goes into test/two-world/kept.ts. `npm run test:fault` asks more.
 */
import { describe, expect, it } from '@jest/globals';
import { describeMongo } from '../../fixture/mongo.js';
import { keptCases } from '../../two-world/kept.js';
import { openMongoWorld, openSqliteWorld } from '../../two-world/open.js';
import { differenceIn, searchDifference } from '../../two-world/run.js';

const seed = 20_260;

describe('the two-world test', () => {
  it.each(keptCases.map((one, at) => ({ at, one })))('case $at that was found before tells nothing', async ({ one }) => {
    expect(await differenceIn(one, openSqliteWorld)).toBeUndefined();
  });

  it(`500 pairs of requests, seed ${String(seed)}, tell nothing`, async () => {
    expect(await searchDifference({ pairs: 500, seed, open: openSqliteWorld })).toBeUndefined();
  }, 300_000);
});

describeMongo('the two-world test on MongoDB', (server) => {
  const pairs = process.env['SPEC_MONGO'] === 'all' ? 300 : 10;
  it(`${String(pairs)} pairs of requests, seed ${String(seed)}, tell nothing`, async () => {
    expect(await searchDifference({ pairs, seed, open: openMongoWorld(server) })).toBeUndefined();
  }, 300_000);
});
