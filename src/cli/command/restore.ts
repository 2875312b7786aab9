/** `concierge restore --from FILE`: puts a backup in the place of the store. */
import { existsSync } from 'node:fs';
import { isMongo } from '../../config/check.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { StoreInUse } from '../../store/store.js';
import type { PlainCommand } from '../command.js';
import { CommandError } from '../exit-code.js';
import { pathFrom, takeNoWords } from '../options.js';

export const restore: PlainCommand = {
  name: 'restore',
  summary: 'Puts a backup in the place of the store; the server must not run.',
  usage: '',
  about: 'The file is checked before and the store after. DATA_DIR must hold no store, unless --force replaces it; its files are kept in a folder beside.',
  options: { from: { value: 'FILE', needed: true, about: 'What "concierge backup" wrote.' }, force: { about: 'Replace the store that is there.' } },
  needs: 'nothing',
  run: async (call) => {
    takeNoWords(call.given);
    const from = pathFrom(call, call.given.required('from'));
    if (!existsSync(from)) throw new CommandError('failed', `There is no file ${from}.`);
    const config = readConfig(undefined, { without: servingChecks });
    const { dataDir, storeUrl } = config;
    if (isMongo(storeUrl)) throw new CommandError('failed', 'STORE_URL names a MongoDB, which is restored by its own tools: mongorestore --oplogReplay.');
    const { restoreStore } = await import('../../compose/restore.js');
    try {
      const { statistics: { resources: counts, versions }, replaced } = await restoreStore(config, { from, force: call.given.flag('force') });
      const resources = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const kept = replaced === undefined ? '' : `\nThe files of the former store are in ${replaced}; remove them when they are not needed.`;
      return { text: `${dataDir}: ${String(resources)} resources in ${String(versions)} versions, whole.${kept}`, json: { dataDir, resources, versions, replaced } };
    } catch (error) {
      if (error instanceof StoreInUse) throw new CommandError('inUse', error.message, { cause: error });
      throw error;
    }
  },
};
