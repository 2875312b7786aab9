/** `kill -9` at a random moment under mixed writes: nothing acknowledged is lost, transactions are whole, the index is right. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.js';
import { makeLedger } from './ledger.js';
import { startLoad } from './load.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { faultsOf, spotFaults } from './verify.js';

export const kill: Scenario = {
  name: 'kill -9 under load',
  times: { short: 6, large: 50 },
  missing: () => undefined,
  run: async (times, say) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'concierge-kill-'));
    const ledger = makeLedger();
    const surprises: string[] = [];
    try {
      for (let round = 1; round <= times; round += 1) {
        const server = await startServer({ dataDir });
        demandNone(await spotFaults(server.base, ledger), `after kill ${String(round - 1)}`);
        const load = startLoad({ base: server.base, ledger, clients: 16, surprises });
        await pause(200 + Math.random() * 800);
        await server.kill();
        await load.stop();
        demandNone(surprises, `before kill ${String(round)}`);
        if (round % 5 === 0 || round === times) demandNone(await faultsOf(dataDir, ledger), `after kill ${String(round)}`);
      }
      if (ledger.size === 0) throw new Error('nothing was acknowledged, so nothing was tested');
      say(`${String(times)} kills, ${String(ledger.size)} acknowledged versions and ${String(ledger.whole.size)} transactions: none lost`);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
