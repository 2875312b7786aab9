/** `concierge backup --to FILE`: a consistent copy of the store in one file, while the server serves. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { StoreCommand } from '../command.js';
import { CommandError } from '../exit-code.js';
import { pathFrom, takeNoWords } from '../options.js';

export const backup: StoreCommand = {
  name: 'backup',
  summary: 'Copies the store to a new file as it is at one moment; the server goes on serving.',
  usage: '',
  about: 'The file holds health data: it is readable by its owner alone. Accounts, apps and grants go to FILE.authorization. "concierge restore" reads both. Keys (auth-key, audit.key, secret) are not in it: keep them elsewhere.',
  options: { to: { value: 'FILE', needed: true, about: 'The file to write; it must not exist.' } },
  needs: 'store',
  run: async (call, { service: { store } }) => {
    takeNoWords(call.given);
    const file = pathFrom(call, call.given.required('to'));
    if (existsSync(file)) throw new CommandError('failed', `${file} exists; a backup writes no other file over.`);
    await store.maintain({ task: 'backup', to: file });
    const { size: bytes } = await stat(file);
    return { text: `${file}: ${String(bytes)} bytes`, json: { file, bytes } };
  },
};
