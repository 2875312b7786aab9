/** The folder of everything the server keeps: readable by its owner alone, with the secrets that are made at the first start. */
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { randomSecret } from '../core/id.js';
import { systemCode } from '../core/system-code.js';

const owned = 0o700;
const others = 0o077;

/** Makes the folder with mode 0700 when it is absent. Returns a warning when others may look into one that is there. */
export const prepareDataDir = async (dataDir: string): Promise<string | undefined> => {
  await mkdir(dataDir, { recursive: true, mode: owned });
  const { mode } = await stat(dataDir);
  return (mode & others) === 0 || process.platform === 'win32' ? undefined : 'DATA_DIR is open to other users of this machine: chmod 700 it.';
};

/** Shortest secret that is taken from a file. */
const shortest = 32;

/** Returns the secret kept under a name, made when it is absent. Processes that start together get the same. */
export const keptSecret = async (dataDir: string, name: string): Promise<string> => {
  const path = join(dataDir, name);
  const known = await readSecret(path);
  if (known !== undefined) return known;
  await makeSecret(path);
  const made = await readSecret(path);
  if (made === undefined) throw new Error(`${path} was removed while it was made.`);
  return made;
};

/** Puts another secret in the place of the one kept under the name: a reader sees the one or the other, whole. */
export const replaceSecret = async (dataDir: string, name: string, secret: string): Promise<void> => {
  const own = join(dataDir, `${name}.${randomSecret(6)}`);
  const file = await open(own, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(own, join(dataDir, name));
};

const readSecret = async (path: string): Promise<string | undefined> => {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text.length < shortest) throw new Error(`${path} holds no secret of ${String(shortest)} characters or more; remove it to have a new one made.`);
    return text;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** A whole file comes under the name at once or not at all; of two that come together, the first stays. */
const makeSecret = async (path: string): Promise<void> => {
  const own = `${path}.${randomSecret(6)}`;
  const file = await open(own, 'wx', 0o600);
  try {
    await file.writeFile(`${randomSecret()}\n`);
    await file.sync();
    await link(own, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await rm(own, { force: true });
  }
};
