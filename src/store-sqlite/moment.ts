/**
 * While nothing is with the writer the file does not change: the reads of one turn of the event loop then share one transaction
 * (https://sqlite.org/isolation.html). To begin and end one costs as much as a read by key.
 */
import { makeSnapshots, type Connection } from './connection.js';

/** Told by the writer's queue. */
export interface FileWatch {
  /** The file may change from now on. */
  readonly changing: () => void;
  /** Nothing is with the writer. */
  readonly settled: () => void;
}

export interface Moment extends FileWatch {
  /** Runs a single statement, or several that need not see the same. */
  readonly read: <T>(look: () => T) => T;
  /** Runs reads that must see the same. */
  readonly snapshot: <T>(look: () => T) => T;
  /** Ends what is shared; nothing is shared any more. */
  readonly end: () => void;
}

/** Returns the moments of a reading connection to a file that this process alone changes. */
export const makeMoment = (database: Connection): Moment => {
  const snapshot = makeSnapshots(database);
  const [begin, commit] = [database.prepare('BEGIN'), database.prepare('COMMIT')];
  let mayShare = true;
  let isShared = false;
  const end = (): void => {
    if (!isShared) return;
    isShared = false;
    // A failed read may have ended it already.
    if (database.inTransaction) commit.run();
  };
  const share = (): void => {
    if (!mayShare || isShared) return;
    begin.run();
    isShared = true;
    setImmediate(end);
  };
  const changing = (): void => {
    mayShare = false;
    end();
  };
  return {
    read: (look) => {
      share();
      return look();
    },
    snapshot: (look) => {
      share();
      return snapshot(look);
    },
    changing,
    settled: () => { mayShare = true; },
    end: changing,
  };
};
