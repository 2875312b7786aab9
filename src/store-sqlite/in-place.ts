/** Whether a connection still writes the files that its path names: SQLite goes on with files that were deleted (https://sqlite.org/howtocorrupt.html#unlink). */
import { statSync } from 'node:fs';

/** The database or its log was deleted, moved or replaced while it was open; the code is SQLite's own for it. */
export class StoreMoved extends Error {
  readonly code = 'SQLITE_READONLY_DBMOVED';
}

const identity = (file: string): string | undefined => {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${String(found.dev)}:${String(found.ino)}`;
};

/**
 * Returns a check that throws StoreMoved once the file, or the log beside it, is not what it was now: what is written from then
 * on would be gone with the process. Call it with an open connection that has read, so that the log is there.
 */
export const makeInPlaceCheck = (file: string): (() => void) => {
  const files = [file, `${file}-wal`].map((name) => ({ name, was: identity(name) }));
  return () => {
    for (const { name, was } of files) if (identity(name) !== was) throw new StoreMoved('the files of the store are not where they were opened');
  };
};
