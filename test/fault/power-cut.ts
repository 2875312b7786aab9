/**
 * Power cut: the block image of the disk at a random moment under load, mounted again as after a reboot. The same run with
 * `synchronous=NORMAL` must lose something, or the test could not see a loss.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { startServer } from '../support/server.js';
import { makeLedger, type Ledger } from './ledger.js';
import { startLoad } from './load.js';
import { cannotMount, copyImage, makeDisk, mountImage, unmount } from './mount.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { faultsOf } from './verify.js';

/** Returns what is missing after one cut. */
const cutOnce = async (root: string, name: string, env: Record<string, string>): Promise<{ faults: string[]; ledger: Ledger }> => {
  const disk = makeDisk(root, name, 96);
  const ledger = makeLedger();
  const surprises: string[] = [];
  const snapshot = join(root, `${name}-cut.img`);
  try {
    const server = await startServer({ dataDir: join(disk.folder, 'data'), env });
    const load = startLoad({ base: server.base, ledger, clients: 16, surprises });
    await pause(300 + Math.random() * 700);
    server.process.kill('SIGSTOP');
    // What is acknowledged until here is in the ledger once the answers under way have been read.
    await pause(30);
    copyImage(disk, snapshot);
    await server.kill();
    await load.stop();
    demandNone(surprises, 'before the cut');
  } finally {
    unmount(disk);
  }
  const after = mountImage(root, `${name}-after`, snapshot);
  try {
    return { faults: await faultsOf(join(after.folder, 'data'), ledger), ledger };
  } finally {
    unmount(after);
    rmSync(snapshot, { force: true });
    rmSync(disk.image, { force: true });
  }
};

/** Makes every connection sync less than it says, without the server knowing. */
const weakened = { NODE_OPTIONS: `--require ${join(packageRoot, 'test', 'fault', 'weaken.cjs')}` };

export const powerCut: Scenario = {
  name: 'power cut',
  times: { short: 3, large: 20 },
  missing: cannotMount,
  run: async (times, say) => {
    const root = mkdtempSync(join(tmpdir(), 'concierge-cut-'));
    try {
      let lost = 0;
      for (let round = 1; round <= 3 && lost === 0; round += 1) lost = (await cutOnce(root, `weak${String(round)}`, weakened)).faults.length;
      if (lost === 0) throw new Error('with synchronous=NORMAL nothing was lost either: the test sees nothing');
      let versions = 0;
      for (let round = 1; round <= times; round += 1) {
        const { faults, ledger } = await cutOnce(root, `cut${String(round)}`, {});
        demandNone(faults, `cut ${String(round)}`);
        versions += ledger.size;
      }
      if (versions === 0) throw new Error('nothing was acknowledged, so nothing was tested');
      say(`${String(times)} cuts, ${String(versions)} acknowledged versions: none lost (with synchronous=NORMAL: ${String(lost)} faults)`);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};
