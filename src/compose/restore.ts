/** A backup in the place of a store, with its record in the audit. */
import { prepareDataDir } from '../config/data-dir.js';
import type { Config } from '../config/table.js';
import { systemClock } from '../core/clock.js';
import { observeNothing } from '../core/observe.js';
import { recordSecurity } from '../interaction/audited.js';
import { forgetStates } from '../interaction/parameter/state.js';
import { type Restored, restoreSqlite } from '../store-sqlite/restore.js';
import { isAudited } from './audit.js';
import { type Core, openCore } from './core.js';
import type { ComposeOptions } from './options.js';

/** Puts a backup in the place of the store of a folder that no process has open. */
export const restoreStore = async (config: Config, { from, force }: { readonly from: string; readonly force: boolean }): Promise<Restored> => {
  await prepareDataDir(config.dataDir);
  await forgetStates(config.dataDir);
  const restored = await restoreSqlite({ folder: config.dataDir, from, force, clock: systemClock, observe: observeNothing });
  // The journal came with the backup: what was recorded after it is gone, and this is said where it goes on.
  if (isAudited(config)) await inCore({ config, clock: systemClock, observe: observeNothing }, ({ service }) => recordSecurity(service, 'restored', { agent: { client: 'command restore' }, outcomeText: 'from a backup' }));
  return restored;
};

const inCore = async (options: ComposeOptions, act: (core: Core) => Promise<void>): Promise<void> => {
  const core = await openCore(options);
  try {
    await act(core);
  } finally {
    await core.close();
  }
};
