/** A backup has the authorization records too, and a restore puts both in their places. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { grantsBackup, grantsFile } from '../../../src/store-sqlite/files.js';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import { restoreSqlite } from '../../../src/store-sqlite/restore.js';
import { put } from '../../suite/store.suite.js';

const root = mkdtempSync(join(tmpdir(), 'concierge-backup-'));
afterAll(() => { rmSync(root, { recursive: true, force: true }); });
const rest = { clock: systemClock, observe: observeNothing };

const withAccount = async (folder: string, key: string): Promise<void> => {
  const store = await openSqliteStore({ folder, ...rest });
  const grants = openSqliteGrants({ file: join(folder, grantsFile), clock: systemClock });
  await store.commit({ writes: [put('Patient', key)] });
  await grants.put({ collection: 'account', key, value: '{}' });
  // While both are open and written to, as beside a running server.
  await store.maintain({ task: 'backup', to: join(root, `${key}.backup`) });
  await grants.close();
  await store.close();
};

const accountsIn = async (folder: string): Promise<string[]> => {
  const grants = openSqliteGrants({ file: join(folder, grantsFile), clock: systemClock });
  const found = await grants.list({ collection: 'account', limit: 10 });
  await grants.close();
  return found.map(({ key }) => key);
};

it('brings back resources and accounts, and keeps those it replaces', async () => {
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  await withAccount(one, 'a');
  await withAccount(other, 'b');
  expect(existsSync(grantsBackup(join(root, 'a.backup')))).toBe(true);
  const fresh = join(root, 'fresh');
  expect((await restoreSqlite({ folder: fresh, from: join(root, 'a.backup'), force: false, ...rest })).statistics.versions).toBe(1);
  expect(await accountsIn(fresh)).toEqual(['a']);
  const { replaced } = await restoreSqlite({ folder: other, from: join(root, 'a.backup'), force: true, ...rest });
  expect(await accountsIn(other)).toEqual(['a']);
  expect(await accountsIn(replaced ?? '')).toEqual(['b']);
  expect(readdirSync(other).filter((name) => name.startsWith('restore-'))).toEqual([]);
});

it('of a store without accounts has none', async () => {
  const folder = join(root, 'open');
  const store = await openSqliteStore({ folder, ...rest });
  await store.maintain({ task: 'backup', to: join(root, 'open.backup') });
  await store.close();
  expect(existsSync(grantsBackup(join(root, 'open.backup')))).toBe(false);
});
