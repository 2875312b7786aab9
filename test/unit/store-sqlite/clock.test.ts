/** A clock that is set back or jumps ahead (design rule F23): versions stay dense, `lastUpdated` never decreases, also over a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import { put } from '../../suite/store.suite.js';

const folders: string[] = [];
afterAll(() => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }); });

/** What the clock does before the next commit; undefined is a restart. */
const anySteps = fc.array(fc.oneof(fc.integer({ min: -10 * 86_400_000, max: 10 * 86_400_000 }), fc.constant(undefined), fc.constant(0)), { minLength: 2, maxLength: 15 });

describe('a clock that jumps', () => {
  it.each(['worker', 'inline'] as const)('leaves versions dense and times in order (writer: %s)', async (writer) => {
    await fc.assert(fc.asyncProperty(anySteps, async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'concierge-clock-'));
      folders.push(folder);
      let time = Date.UTC(2026, 5, 1);
      const open = () => openSqliteStore({ folder, clock: { ...systemClock, now: () => time }, observe: observeNothing, writer });
      let store = await open();
      let written = 0;
      for (const step of steps) {
        if (step === undefined) {
          await store.close();
          store = await open();
        } else time += step;
        const result = await store.commit({ writes: [put('Basic', 'one', written)] });
        expect(result).toMatchObject({ ok: true });
        written += 1;
      }
      const changes = await store.changes(0, 100);
      await store.close();
      expect(changes.map(({ version }) => version)).toEqual(changes.map((_, at) => at + 1));
      expect(changes).toHaveLength(written);
      const times = changes.map(({ updated }) => updated);
      expect(times).toEqual([...times].sort((one, other) => one - other));
    }), { numRuns: 8 });
  });
});
