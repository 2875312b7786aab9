/** `concierge migrate` killed with -9 at random moments, to MongoDB and back: the same command goes on, waits for nothing that is left open, and nothing is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { openMongoStore } from '../../src/store-mongo/open.js';
import { concierge, type Ended } from '../support/command.js';
import { noDatabase, startDatabase } from '../support/database.js';
import { startServer } from '../support/server.js';
import { makeLedger, type Ledger } from './ledger.js';
import { startLoad } from './load.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { faultsOf, storeFaults } from './verify.js';

/** Versions to move: what a test server copies in some seconds. */
const enough = 600;
/** Milliseconds: a run that waits for a transaction left open until the database ends it takes a minute more. */
const longest = 55_000;

const fill = async (dataDir: string): Promise<Ledger> => {
  const ledger = makeLedger();
  const surprises: string[] = [];
  const server = await startServer({ dataDir });
  const load = startLoad({ base: server.base, ledger, clients: 4, surprises });
  while (ledger.size < enough) await pause(5);
  await load.stop();
  await server.stop();
  demandNone(surprises, 'while the data was made');
  return ledger;
};

interface Move {
  readonly dataDir: string;
  readonly from: string;
  readonly to: string;
}

const migrate = ({ dataDir, from, to }: Move, patience: number): Promise<Ended> => concierge(['migrate', '--from', from, '--to', to], { env: { DATA_DIR: dataDir }, patience });

/** Kills the move again and again, and lets it end; resolves with how many kills came before it had ended by itself, and how long the last run took. */
const moveUnderKills = async (move: Move, times: number): Promise<{ readonly kills: number; readonly seconds: string }> => {
  let kills = 0;
  for (let at = 0; at < times; at += 1) {
    const ended = await migrate(move, 600 + Math.random() * 3_500);
    if (ended.code === 0) return { kills, seconds: 'some' };
    if (ended.code !== null) throw new Error(`a run after ${String(kills)} kills ended with ${String(ended.code)}: ${ended.err.slice(-600)}`);
    kills += 1;
  }
  const begun = performance.now();
  const ended = await migrate(move, 2 * longest);
  const took = performance.now() - begun;
  if (ended.code !== 0) throw new Error(`the last run, after ${String(kills)} kills, ended with ${String(ended.code)}: ${ended.err.slice(-600)}`);
  if (took > longest) throw new Error(`the last run, after ${String(kills)} kills, took ${(took / 1_000).toFixed(0)} s`);
  return { kills, seconds: (took / 1_000).toFixed(1) };
};

export const migrateKilled: Scenario = {
  name: 'migrate killed',
  times: { short: 1, large: 25 },
  missing: noDatabase,
  run: async (times, say) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'concierge-moved-'));
    const database = await startDatabase();
    try {
      const ledger = await fill(dataDir);
      const there = await moveUnderKills({ dataDir, from: 'sqlite:', to: database.url }, times);
      const store = await openMongoStore({ url: database.url, clock: systemClock, observe: observeNothing });
      demandNone(await storeFaults(store, ledger).finally(() => store.close()), 'after the move to MongoDB');
      // The way back ends in an empty folder: that of the first store says that its data has moved.
      const empty = mkdtempSync(join(dataDir, 'back-'));
      const back = await moveUnderKills({ dataDir: empty, from: database.url, to: 'sqlite:' }, times);
      demandNone(await faultsOf(empty, ledger), 'after the move back');
      say(`${String(ledger.size)} acknowledged versions and ${String(ledger.whole.size)} transactions there and back, ${String(there.kills)} and ${String(back.kills)} kills: none lost; the last runs took ${there.seconds} and ${back.seconds} s`);
    } finally {
      await database.remove();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
