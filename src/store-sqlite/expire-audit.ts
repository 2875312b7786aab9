/** Removes the oldest records of the audit's journal, and what deleted AuditEvents said before they were deleted; all of one step or nothing. */
import type { Connection } from './connection.js';
import type { FileKeys } from './keys.js';
import { makeResourceTable } from './resource-table.js';

export interface ExpireAudit {
  /** Number of the last record to remove. */
  readonly upTo: number;
  /** Ids of their AuditEvents. */
  readonly events: readonly string[];
}

/** Returns a function that resolves with how many records were removed. */
export const makeExpireAudit = (database: Connection, keys: FileKeys): ((task: ExpireAudit) => number) => {
  const resources = makeResourceTable(database, keys);
  const forget = database.prepare('UPDATE version SET body = NULL WHERE seq IN (SELECT seq FROM past WHERE rid = ?)');
  const remove = database.prepare('DELETE FROM audit WHERE number <= ?');
  const run = database.transaction(({ upTo, events }: ExpireAudit): number => {
    for (const id of events) {
      const state = resources.state('AuditEvent', id);
      if (state?.deleted === true) forget.run(state.rid);
    }
    return remove.run(upTo).changes;
  });
  return (task) => run.immediate(task);
};
