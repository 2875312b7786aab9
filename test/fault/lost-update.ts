/** C25: of two updates of one version exactly one is stored, a thousand times: the long form of a case that `npm test` runs with few. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import { openClinic } from '../access/clinic.js';
import { holdOneWins } from '../access/section-c.js';
import type { Scenario } from './scenario.js';

export const lostUpdate: Scenario = {
  name: 'lost update',
  times: { short: 200, large: 1_000 },
  missing: () => undefined,
  run: async (times, say) => {
    const folder = mkdtempSync(join(tmpdir(), 'concierge-updates-'));
    const clinic = await openClinic(await openSqliteStore({ folder, clock: systemClock, observe: observeNothing }));
    try {
      await holdOneWins(clinic, times);
      say(`${String(times)} pairs of updates of one version: each time one was stored and one was told of it (412)`);
    } finally {
      await clinic.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
