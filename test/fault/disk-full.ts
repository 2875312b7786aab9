/** A full disk: writes are refused with 507 and store nothing, reads go on, and all is well again once there is space. */
import { mkdtempSync, rmSync, writeFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../support/http.js';
import { startServer } from '../support/server.js';
import { makeLedger } from './ledger.js';
import { startLoad } from './load.js';
import { cannotMount, makeDisk, unmount, type Disk } from './mount.js';
import { demandNone, pause, type Scenario } from './scenario.js';
import { faultsOf, spotFaults } from './verify.js';

const excused = new Set([507]);
const json = { 'content-type': 'application/fhir+json' };

const create = (base: string): Promise<{ status: number; text: string }> =>
  call({ method: 'POST', url: `${base}/Basic`, headers: json, body: `{"resourceType":"Basic","code":{"text":"${'x'.repeat(20_000)}"}}` });

/** Leaves no block free; returns the file that does. */
const fill = ({ folder }: Disk): string => {
  const file = join(folder, 'filler');
  const { bavail, bsize } = statfsSync(folder);
  const parts = [bavail * bsize, 1024 ** 2, 65_536, 4_096];
  for (const size of parts) {
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(Math.min(size, 1024 ** 2)), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
  return file;
};

const until = async (base: string, wanted: (status: number) => boolean, what: string): Promise<void> => {
  const end = performance.now() + 10_000;
  for (;;) {
    const { status } = await create(base);
    if (wanted(status)) return;
    if (performance.now() > end) throw new Error(`${what}: still ${String(status)} after 10 s`);
    await pause(50);
  }
};

export const diskFull: Scenario = {
  name: 'disk full',
  times: { short: 1, large: 5 },
  missing: cannotMount,
  run: async (times, say) => {
    const root = mkdtempSync(join(tmpdir(), 'concierge-full-'));
    const disk = makeDisk(root, 'disk', 128);
    const dataDir = join(disk.folder, 'data');
    const ledger = makeLedger();
    const surprises: string[] = [];
    try {
      const server = await startServer({ dataDir });
      for (let round = 1; round <= times; round += 1) {
        const load = startLoad({ base: server.base, ledger, clients: 8, surprises, excused });
        await pause(500);
        const filler = fill(disk);
        await until(server.base, (status) => status === 507, 'a full disk must refuse');
        await pause(300);
        demandNone(await spotFaults(server.base, ledger), 'reads on a full disk');
        rmSync(filler);
        await until(server.base, (status) => status === 201, 'with space again');
        await pause(200);
        await load.stop();
        demandNone(surprises, `round ${String(round)}`);
      }
      await server.stop();
      demandNone(await faultsOf(dataDir, ledger), 'after the disk was full');
      say(`${String(times)} times full, ${String(ledger.size)} acknowledged versions: none lost, writes refused with 507, reads answered`);
    } finally {
      unmount(disk);
      rmSync(root, { recursive: true, force: true });
    }
  },
};
