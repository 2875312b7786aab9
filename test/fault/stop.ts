/** SIGTERM under load: no answer is cut short, the process ends by itself in time, and all that was acknowledged is there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.js';
import { makeLedger } from './ledger.js';
import { startLoad } from './load.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { faultsOf } from './verify.js';

/** A stopping server answers 503 to what still comes. */
const excused = new Set([503]);
const longest = 10_000;

export const stop: Scenario = {
  name: 'SIGTERM under load',
  times: { short: 6, large: 100 },
  missing: () => undefined,
  run: async (times, say) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'concierge-stop-'));
    const ledger = makeLedger();
    const surprises: string[] = [];
    let slowest = 0;
    try {
      for (let round = 1; round <= times; round += 1) {
        const server = await startServer({ dataDir });
        const load = startLoad({ base: server.base, ledger, clients: 16, surprises, excused });
        await pause(100 + Math.random() * 300);
        const begun = performance.now();
        const code = await server.stop();
        const took = performance.now() - begun;
        await load.stop();
        slowest = Math.max(slowest, took);
        demandNone(surprises, `stop ${String(round)}`);
        if (load.cut() > 0) throw new Error(`stop ${String(round)} cut ${String(load.cut())} answers short`);
        if (code !== 0) throw new Error(`stop ${String(round)} ended with ${String(code)}: ${server.output().slice(-400)}`);
        if (took > longest) throw new Error(`stop ${String(round)} took ${took.toFixed(0)} ms`);
      }
      demandNone(await faultsOf(dataDir, ledger), 'after the stops');
      say(`${String(times)} stops under load, ${String(ledger.size)} acknowledged versions, 0 answers cut, slowest end ${slowest.toFixed(0)} ms`);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
