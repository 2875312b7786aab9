/** Stores for worlds: embedded ones on disk as in production, written without a thread of their own, and databases of MongoDB. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { observeNothing } from '../../src/core/observe.js';
import { openSqliteStore } from '../../src/store-sqlite/open.js';
import { dropDatabases, freshDatabase } from '../fixture/mongo-address.js';
import type { OpenStore } from './run.js';

/** Where a sync costs nothing, if there is such a place: no world outlives its test. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Opens an empty store; closing it takes away what it left. */
export const openSqliteWorld: OpenStore = async (clock) => {
  const folder = mkdtempSync(join(place, 'concierge-world-'));
  const store = await openSqliteStore({ folder, clock, observe: observeNothing, writer: 'inline' });
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...store, close };
};

/** Opens empty databases of a MongoDB; closing one takes it away. */
export const openMongoWorld = (server: string): OpenStore => async (clock) => {
  const { openMongoStore } = await import('../../src/store-mongo/open.js');
  const store = await openMongoStore({ url: freshDatabase(server), clock, observe: observeNothing });
  const close = async (): Promise<void> => {
    await store.close();
    await dropDatabases(server);
  };
  return { ...store, close };
};
