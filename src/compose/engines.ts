/** Which store, leases and wake-ups a setting stands for; with `restore.ts` the only file that names engines. */
import { join } from 'node:path';
import type { Side } from '../bulk/migrate/side.js';
import { isMongo } from '../config/check.js';
import type { Config } from '../config/table.js';
import type { Clock } from '../core/clock.js';
import type { Job } from '../core/job.js';
import type { Observe } from '../core/observe.js';
import { openSqliteStore } from '../store-sqlite/open.js';
import type { GrantStore } from '../store/grant.js';
import type { LeaseStore } from '../store/lease.js';
import { makeSoleLeases } from '../store/sole-lease.js';
import type { Store } from '../store/store.js';
import { makeSwitchableStore, type Switchable } from '../store/switchable.js';
import type { Wake } from '../store/wake.js';
import type { ComposeOptions } from './options.js';

/** A start on one engine does not load the other. */
const openStore = async ({ config, clock, observe, onFatal }: ComposeOptions): Promise<Store> => {
  if (!isMongo(config.storeUrl)) return openSqliteStore({ folder: config.dataDir, clock, observe, writer: config.storeWriter, onFatal });
  const { openMongoStore } = await import('../store-mongo/open.js');
  return openMongoStore({ url: config.storeUrl, clock, observe });
};

export const openGrants = async ({ storeUrl, dataDir }: Config, clock: Clock): Promise<GrantStore> => {
  if (isMongo(storeUrl)) return (await import('../store-mongo/grant/open.js')).openMongoGrants({ url: storeUrl, clock });
  return (await import('../store-sqlite/grant/open.js')).openSqliteGrants({ file: join(dataDir, 'authorization.db'), clock });
};

/** Which of the processes that share a store does what one alone may do. */
const openLeases = async ({ storeUrl }: Config, clock: Clock): Promise<LeaseStore> =>
  (isMongo(storeUrl) ? (await import('../store-mongo/lease.js')).openMongoLeases({ url: storeUrl, clock }) : makeSoleLeases(clock));

/** Who waits for changes of which types is woken when another process makes one; everyone looks by themselves too. */
export const openWake = async ({ storeUrl }: Config, observe: Observe, waiting: readonly (readonly [job: Job, types: readonly string[]])[]): Promise<Job[]> => {
  if (!isMongo(storeUrl)) return [];
  const { openMongoWake } = await import('../store-mongo/wake.js');
  let opened: Promise<Wake> | undefined;
  return [{
    name: 'wake',
    start: () => {
      opened ??= openMongoWake({ url: storeUrl, types: waiting.flatMap(([, types]) => types), observe });
      opened.then((wake) => { for (const [job, types] of waiting) wake.on(types, () => job.wake?.()); }, (error: unknown) => observe({ kind: 'failure', requestId: undefined, where: 'change-stream', error }));
    },
    stop: async () => { await opened?.then((wake) => wake.close(), () => undefined); },
  }];
};

export const openEngines = async (given: ComposeOptions): Promise<{ readonly switchable: Switchable<Store>; readonly leases: LeaseStore }> => {
  const switchable = makeSwitchableStore(await openStore(given));
  const leases = await openLeases(given.config, given.clock).catch(async (error: unknown) => {
    await switchable.port.close();
    throw error;
  });
  return { switchable, leases };
};

export const openSide = async (options: ComposeOptions): Promise<Side> => {
  const store = await openStore(options);
  try {
    return { store, grants: await openGrants(options.config, options.clock) };
  } catch (error) {
    await store.close();
    throw error;
  }
};
