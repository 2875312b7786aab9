/** One process has a data folder: held by the operating system, so that it ends with the process however that ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreInUse } from '../store/store.js';

export interface Lock {
  release(): void;
}

/** Takes the folder; throws StoreInUse that names the process that has it. */
export const takeLock = (folder: string): Lock => {
  const owner = join(folder, 'owner');
  const database = new Database(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { code?: unknown }).code !== 'SQLITE_BUSY') throw cause;
    throw new StoreInUse(`The data in ${folder} is in use by another server${ownerOf(owner)}. Stop it first, or give this one a DATA_DIR of its own.`, { cause });
  }
  writeFileSync(owner, String(process.pid), { mode: 0o600 });
  return {
    release: () => {
      database.exec('ROLLBACK');
      database.close();
    },
  };
};

const ownerOf = (file: string): string => {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
};
