/** Puts a backup in the place of the store: checked before it is taken and after it has its place (https://sqlite.org/backup.html). */
import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreStatistics } from '../store/store.js';
import { openConnection, StoreFault } from './connection.js';
import { takeLock } from './lock.js';
import { databaseFile, grantsBackup, grantsFile } from './files.js';
import { openSqliteStore, type SqliteOptions } from './open.js';

export interface RestoreOptions extends Pick<SqliteOptions, 'folder' | 'clock' | 'observe'> {
  /** The file that a backup made. */
  readonly from: string;
  /** Whether a store that is there is replaced; its files are kept in a folder beside. */
  readonly force: boolean;
}

export interface Restored {
  readonly statistics: StoreStatistics;
  /** Folder with the files of the store that was replaced. */
  readonly replaced?: string | undefined;
}

const parts = ['', '-wal', '-shm'];

/** Resolves with what the store holds now. Rejects with StoreInUse, with a StoreFault for a file that is no whole backup; then nothing has changed. */
export const restoreSqlite = async ({ from, folder, force, ...rest }: RestoreOptions): Promise<Restored> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(folder);
  let replaced: string | undefined;
  try {
    const file = join(folder, databaseFile);
    const present = existsSync(file);
    if (present && !force) throw new StoreFault(`${folder} holds a store. Restore into an empty DATA_DIR, or replace this store with --force.`);
    const beside = mkdtempSync(join(folder, 'restore-'));
    try {
      const copy = join(beside, databaseFile);
      copyFileSync(from, copy);
      checkKind(copy, from);
      await checked({ folder: beside, ...rest });
      const grants = grantsCopy(from, beside);
      replaced = present ? setAside(folder, [databaseFile, ...(grants === undefined ? [] : [grantsFile])]) : undefined;
      renameSync(copy, file);
      if (grants !== undefined) renameSync(grants, join(folder, grantsFile));
      syncFolder(folder);
    } finally {
      rmSync(beside, { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
  return { statistics: await checked({ folder, ...rest }), replaced };
};

/** Throws a StoreFault for a file that is none of ours, before anything is written to it. */
const checkKind = (copy: string, from: string): void => {
  try {
    const database = openConnection({ file: copy, mode: 'read' });
    try {
      database.prepare('SELECT value FROM meta WHERE name = ?').get('salt');
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new StoreFault(`${from} is not a whole backup of this program.`, { cause });
  }
};

/** Returns what the store of a folder holds; throws a StoreFault when its files are not whole. */
const checked = async (options: Pick<SqliteOptions, 'folder' | 'clock' | 'observe'>): Promise<StoreStatistics> => {
  const store = await openSqliteStore({ ...options, writer: 'inline' });
  try {
    const { faults } = await store.maintain({ task: 'check-files' });
    if (faults.length > 0) throw new StoreFault(`The backup is damaged: ${faults.slice(0, 3).map(({ problem }) => problem).join('; ')}.`);
    return await store.statistics();
  } finally {
    await store.close();
  }
};

/** Returns a checked copy of the authorization records that belong to the backup; undefined when it has none. */
const grantsCopy = (from: string, beside: string): string | undefined => {
  const source = grantsBackup(from);
  if (!existsSync(source)) return undefined;
  const copy = join(beside, grantsFile);
  copyFileSync(source, copy);
  const database = openConnection({ file: copy, mode: 'write' });
  try {
    if (database.pragma('integrity_check', { simple: true }) !== 'ok') throw new StoreFault(`${source} is damaged.`);
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
  return copy;
};

/** Links first: at no moment is there neither the old store nor the new one. A log that stayed would be played into the new file. */
const setAside = (folder: string, names: readonly string[]): string => {
  const aside = mkdtempSync(join(folder, 'replaced-'));
  const present = names.flatMap((name) => parts.map((part) => name + part)).filter((name) => existsSync(join(folder, name)));
  for (const name of present) linkSync(join(folder, name), join(aside, name));
  syncFolder(aside);
  for (const name of present) if (!names.includes(name)) rmSync(join(folder, name));
  return aside;
};

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
