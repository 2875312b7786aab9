/** Files that must still be there after a power cut. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when the content of the file, or the names in the folder, are on disk. */
export const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Gives a complete file its name: after a crash it is there whole or not at all. */
export const moveDurably = async (from: string, to: string): Promise<void> => {
  await sync(from);
  await rename(from, to);
  await sync(dirname(to));
};
