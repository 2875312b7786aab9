import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openSqliteStore, type SqliteOptions } from '../../../src/store-sqlite/open.js';
import type { Store } from '../../../src/store/store.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { describeStore } from '../../suite/store.suite.js';

const folders = new WeakMap<Store, string>();
const openIn = async (folder: string, options: Partial<SqliteOptions> = {}): Promise<Store> => {
  const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing, ...options });
  folders.set(store, folder);
  return store;
};
const made: string[] = [];
const fresh = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-store-'));
  made.push(folder);
  return folder;
};
afterAll(() => { for (const folder of made) rmSync(folder, { recursive: true, force: true }); });
const under = (options: Partial<SqliteOptions>): Parameters<typeof describeStore>[1] => ({
  open: () => openIn(fresh(), options),
  reopen: async (store) => {
    await store.close();
    return openIn(folders.get(store) ?? '', options);
  },
});

describeStore('sqlite', under({}));
describeStore('sqlite with the writer on the main thread', under({ writer: 'inline' }));
describeStore('sqlite where every search is long and every order is read from an index', under({ writer: 'inline', thresholds: { sortable: 0, quick: 0 } }));
describeStore('memory, the reference', { open: async () => makeMemoryStore(systemClock) });
