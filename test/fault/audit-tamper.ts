/** F10: random edits of a copied store, all seen against checkpoints that were kept elsewhere, and the first bad record named. */
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuditKey } from '../../src/audit/checkpoint.js';
import { openHashFile } from '../../src/audit/hash-file.js';
import { hashFiles, loadCheckpoints, openKeeper } from '../../src/audit/keeper.js';
import { verifyJournal } from '../../src/audit/verify.js';
import { systemClock } from '../../src/core/clock.js';
import { observeNothing } from '../../src/core/observe.js';
import { databaseFile } from '../../src/store-sqlite/files.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import type { Numbered, Store } from '../../src/store/store.js';
import { expectedRecord, makeEdits, makeRandom } from '../fixture/audit-edits.js';
import type { Scenario } from './scenario.js';

const count = 2_600;
const key = makeAuditKey('a secret that is not in the database');

/** A store with a journal, its hashes and checkpoints; returns the checkpoints as they would be kept elsewhere. */
const record = async (folder: string): Promise<ReturnType<typeof loadCheckpoints>> => {
  const checkpointFile = join(folder, 'second-place');
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing });
  const keeper = openKeeper({ folder, checkpointFile, key, store, clock: systemClock, origin: () => 'http://test/fhir', tell: () => undefined });
  for (let from = 0; from < count; from += 200) {
    await store.commit({ writes: [], audit: Array.from({ length: 200 }, (_, n) => ({ text: `{"v":1,"id":"e${String(from + n)}","note":"${'é'.repeat(n % 7)}"}` })) });
    await keeper.follow();
  }
  await keeper.follow(true);
  keeper.close();
  await store.close();
  return loadCheckpoints(checkpointFile);
};

export const auditTamper: Scenario = {
  name: 'edits of the audit journal',
  times: { short: 100, large: 1_000 },
  missing: () => undefined,
  run: async (times, say) => {
    const folder = mkdtempSync(join(tmpdir(), 'concierge-tamper-'));
    try {
      const checkpoints = await record(folder);
      const file = openHashFile(join(folder, hashFiles.leaves));
      const leaves = file.read(0, count);
      file.close();
      copyFileSync(join(folder, databaseFile), join(folder, 'copy.db'));
      const database = new Database(join(folder, 'copy.db'));
      const page = database.prepare("SELECT number, '' AS topic, text FROM audit WHERE number > ? ORDER BY number LIMIT ?");
      const store: Pick<Store, 'records'> = { records: async (_journal, after, limit) => page.all(after, limit) as Numbered[] };
      const edits = makeEdits(database, count, leaves);
      const seed = Date.now() % 1_000_000;
      const random = makeRandom(seed);
      for (let n = 0; n < times; n += 1) {
        const edit = edits[n % edits.length];
        if (edit === undefined) throw new Error('there are no edits');
        database.exec('BEGIN');
        const { first, kept = leaves } = edit.apply(random);
        const { fault } = await verifyJournal({ store, leaves: { count: kept.length, readBytes: (from, wanted) => Buffer.concat(kept.slice(from, from + wanted)) }, checkpoints, publicKey: key.publicKey });
        database.exec('ROLLBACK');
        const told = `edit ${String(n)} of seed ${String(seed)}, ${edit.name} at record ${String(first)}`;
        if (fault === undefined) throw new Error(`${told}: was not seen`);
        const expected = expectedRecord({ name: edit.name, first, sizes: checkpoints.map(({ size }) => size), count, problem: fault.problem });
        if (fault.record !== expected) throw new Error(`${told}: record ${String(fault.record)} was named instead of ${String(expected)}`);
      }
      database.close();
      say(`${String(times)} edits of ${String(count)} records, seed ${String(seed)}: all seen, the first bad record named`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
