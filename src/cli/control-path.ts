/**
 * Where the control socket is: `DATA_DIR/control.sock`. The system takes no more than about 100 bytes for the path of a
 * socket; below a longer DATA_DIR it lies in a folder of its own under the temporary folder, and `DATA_DIR/control.path` says where.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/system-code.js';

/** macOS takes 103 bytes, Linux 107. */
const longestPath = 100;

const fits = (path: string): boolean => Buffer.byteLength(path) <= longestPath;
const ownPath = (dataDir: string): string => join(dataDir, 'control.sock');
const notePath = (dataDir: string): string => join(dataDir, 'control.path');

export interface SocketPlace {
  readonly path: string;
  /** Takes away what was made for the socket. */
  readonly remove: () => Promise<void>;
}

/** Returns a free place for the socket of a process that holds the store; what a killed one left behind is removed. */
export const claimSocketPath = async (dataDir: string): Promise<SocketPlace> => {
  await removePlaces(dataDir);
  const path = ownPath(dataDir);
  if (fits(path)) return { path, remove: () => rm(path, { force: true }) };
  const folder = await mkdtemp(join(tmpdir(), 'concierge-'));
  const short = join(folder, 'control.sock');
  if (!fits(short)) {
    await rm(folder, { recursive: true });
    throw new Error(`The path of the control socket would be longer than ${String(longestPath)} bytes, in DATA_DIR and in the temporary folder; use a shorter DATA_DIR or TMPDIR.`);
  }
  await writeFile(notePath(dataDir), short, { mode: 0o600 });
  return { path: short, remove: () => removePlaces(dataDir) };
};

const removePlaces = async (dataDir: string): Promise<void> => {
  const noted = await notedPath(dataDir);
  if (noted !== undefined) await rm(dirname(noted), { recursive: true, force: true });
  await rm(notePath(dataDir), { force: true });
  if (fits(ownPath(dataDir))) await rm(ownPath(dataDir), { force: true });
};

/** Returns the path in the note; one that we would not have written is not followed. */
const notedPath = async (dataDir: string): Promise<string | undefined> => {
  try {
    const text = await readFile(notePath(dataDir), 'utf8');
    return /[/\\]concierge-[A-Za-z0-9]{6}[/\\]control\.sock$/.test(text) ? text : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** Returns where the serving process listens, if one does. */
export const findSocketPath = async (dataDir: string): Promise<string> => (fits(ownPath(dataDir)) ? ownPath(dataDir) : await notedPath(dataDir) ?? notePath(dataDir));
