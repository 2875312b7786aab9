/** Promise 5 and case I7: whatever is done to a copied store, verification against an external checkpoint says so and names the record. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuditKey, signCheckpoint, type Checkpoint } from '../../../src/audit/checkpoint.js';
import { openHashFile } from '../../../src/audit/hash-file.js';
import { hashFiles, loadCheckpoints, openKeeper, type Keeper } from '../../../src/audit/keeper.js';
import { Frontier, isConsistent, consistencyProof, leafHash } from '../../../src/audit/tree.js';
import { verifyJournal, type Verified, type VerifyOptions } from '../../../src/audit/verify.js';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { databaseFile } from '../../../src/store-sqlite/files.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import type { Numbered, Store } from '../../../src/store/store.js';
import { allHashes, expectedRecord, makeEdits, makeRandom } from '../../fixture/audit-edits.js';

const count = 2_600;
const edits = Number(process.env['AUDIT_EDITS'] ?? '100');
const key = makeAuditKey('a secret that is not in the database');
const folder = mkdtempSync(join(tmpdir(), 'concierge-audit-'));
const checkpointFile = join(folder, 'second-place');
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const openOn = (store: Pick<Store, 'records'>): Keeper => openKeeper({ folder, checkpointFile, key, store, clock: systemClock, origin: () => 'http://test/fhir', tell: () => undefined });
let checkpoints: Checkpoint[] = [];
let leaves: Buffer[] = [];
let database: Database.Database;
const asFile = (hashes: readonly Buffer[]): NonNullable<VerifyOptions['leaves']> => ({ count: hashes.length, readBytes: (from, wanted) => Buffer.concat(hashes.slice(from, from + wanted)) });
const recordsOf = (): Pick<Store, 'records'> => {
  const page = database.prepare("SELECT number, '' AS topic, text FROM audit WHERE number > ? ORDER BY number LIMIT ?");
  return { records: async (_journal, after, limit) => page.all(after, limit) as Numbered[] };
};
const verify = (kept: readonly Buffer[] = leaves, external = checkpoints): Promise<Verified> =>
  verifyJournal({ store: recordsOf(), leaves: asFile(kept), checkpoints: external, publicKey: key.publicKey });

beforeAll(async () => {
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing, writer: 'inline' });
  const keeper = openOn(store);
  for (let from = 0; from < count; from += 200) {
    await store.commit({ writes: [], audit: Array.from({ length: 200 }, (_, n) => ({ text: `{"resourceType":"AuditEvent","id":"e${String(from + n)}","note":"${'é'.repeat(n % 7)}"}` })) });
    await keeper.follow();
  }
  await keeper.follow(true);
  expect(keeper.size).toBe(count);
  const [old] = loadCheckpoints(checkpointFile);
  const last = keeper.last();
  expect(isConsistent({
    old: { size: old?.size ?? 0, root: Buffer.from(old?.root ?? '', 'base64') }, now: { size: count, root: Buffer.from(last?.root ?? '', 'base64') }, proof: consistencyProof(keeper.range, old?.size ?? 0, count),
  })).toBe(true);
  keeper.close();
  await store.close();
  checkpoints = loadCheckpoints(checkpointFile);
  const file = openHashFile(join(folder, hashFiles.leaves));
  leaves = file.read(0, count);
  file.close();
  copyFileSync(join(folder, databaseFile), join(folder, 'copy.db'));
  database = new Database(join(folder, 'copy.db'));
});
afterAll(() => { database.close(); });

describe('a journal on sqlite', () => {
  it('verifies as it was left, and after it was opened again', async () => {
    expect(await verify()).toEqual({ records: count, signed: count, expired: 0, fault: undefined });
    const keeper = openOn(recordsOf());
    expect(keeper.size).toBe(count);
    expect(keeper.range(0, count).toString('base64')).toBe(checkpoints.at(-1)?.root);
    keeper.close();
  });

  it(`I7 shows each of ${String(edits)} random edits, and the first bad record`, async () => {
    const random = makeRandom(20_260_101);
    const kinds = makeEdits(database, count, leaves);
    for (let n = 0; n < edits; n += 1) {
      const { name, apply } = kinds[n % kinds.length] ?? { name: '', apply: () => ({ first: 0, kept: leaves }) };
      database.exec('BEGIN');
      const { first, kept = leaves } = apply(random);
      const { fault } = await verify(kept);
      database.exec('ROLLBACK');
      const named = { edit: `${String(n)}: ${name}`, record: fault?.record };
      expect(named).toEqual({ edit: named.edit, record: expectedRecord({ name, first, sizes: checkpoints.map(({ size }) => size), count, problem: fault?.problem ?? '' }) });
    }
    expect((await verify()).fault).toBeUndefined();
  });

  it('I7 shows a journal that was rebuilt and signed with another key', async () => {
    database.exec('BEGIN');
    database.prepare("UPDATE audit SET text = text || ' ' WHERE number = 17").run();
    const tree = new Frontier();
    for (const leaf of allHashes(database)) tree.add(leaf);
    const forged = signCheckpoint({ kind: 'tree', origin: 'http://test/fhir', size: count, root: tree.root(), at: Date.now() }, makeAuditKey('another secret'));
    const inside = await verify(allHashes(database), [forged]);
    const outside = await verify(allHashes(database), checkpoints);
    database.exec('ROLLBACK');
    expect(inside.fault?.problem).toContain('not signed by this key');
    expect(outside.fault).toMatchObject({ record: 1 });
  });

  it('shows changed kept hashes, a changed checkpoint and a line that is none', async () => {
    const other = leaves.map((leaf, at) => (at === 99 ? leafHash('other') : leaf));
    expect((await verify(other)).fault).toMatchObject({ record: 100 });
    const [first, ...rest] = checkpoints;
    expect((await verify(leaves, [...(first === undefined ? [] : [{ ...first, size: first.size + 1 }]), ...rest])).fault?.problem).toContain('not signed');
    writeFileSync(join(folder, 'bad'), '{"size":1}\n');
    expect(() => loadCheckpoints(join(folder, 'bad'))).toThrow('Line 1');
    expect(readFileSync(checkpointFile, 'utf8').trim().split('\n')).toHaveLength(checkpoints.length);
  });

  it('is without fault when its beginning was removed in order, and not otherwise', async () => {
    const removed = checkpoints[0]?.size ?? 0;
    const keeper = openOn(recordsOf());
    database.exec('BEGIN');
    database.prepare('DELETE FROM audit WHERE number <= ?').run(removed);
    const before = await verify();
    keeper.expired(removed);
    const after = await verify(leaves, loadCheckpoints(checkpointFile));
    database.exec('ROLLBACK');
    keeper.close();
    expect(before.fault).toMatchObject({ record: 1 });
    expect(after).toMatchObject({ records: count - removed, expired: removed, fault: undefined });
  });
});
