/** Finds the project's own files, wherever the compiled code lies. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const find = (folder: string): string => {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json above the compiled code');
  return find(parent);
};

/** The folder with package.json. */
export const packageRoot = find(dirname(fileURLToPath(import.meta.url)));
