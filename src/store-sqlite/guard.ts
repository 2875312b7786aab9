/** What must still be true inside a commit. */
import type { Guard, ResourceKey } from '../store/resource.js';
import type { Connection } from './connection.js';
import type { FileKeys } from './keys.js';
import type { PackedWrite } from './packed-commit.js';
import { makeResourceTable } from './resource-table.js';
import { makeReferrers } from './referrer.js';
import { makeExecutor } from './search/execute.js';

export interface Guards {
  holds(guard: Guard, writes: readonly PackedWrite[]): boolean;
  isAnswered(key: string, now: number): boolean;
}

/** Criteria of a condition that need more than this are refused when they are first asked, before any commit. */
const budget = 10_000_000;

/** Returns the guards of the writer's connection. `settle` makes the index show what the group has written so far. */
export const makeGuards = (database: Connection, keys: FileKeys, settle: () => void): Guards => {
  const resources = makeResourceTable(database, keys);
  const executor = makeExecutor(database, keys);
  const referrers = makeReferrers(database, keys);
  const answered = database.prepare('SELECT 1 FROM answer WHERE key = ? AND expires > ?').pluck();
  const nameAt = (seq: number): string => {
    const row = resources.at(seq);
    return row === undefined ? '' : `${keys.typeName(row.rid)}/${row.id}`;
  };
  const isCurrent = ({ type, id }: ResourceKey): boolean => resources.state(type, id)?.deleted === false;
  return {
    isAnswered: (key, now) => answered.get(key, now) !== undefined,
    holds: (guard, writes) => {
      switch (guard.kind) {
        case 'matches': {
          settle();
          const { seqs } = executor.search(guard.plan, { budget });
          return seqs.length === guard.expected.length && seqs.every((seq, at) => nameAt(seq) === guard.expected[at]);
        }
        case 'exists':
          return isCurrent(guard.key);
        case 'version':
          return (resources.state(guard.key.type, guard.key.id)?.version ?? 0) === guard.version;
        case 'unreferenced':
          settle();
          return !referrers.any(guard.key, new Set([...writes.map(({ type, id }) => `${type}/${id}`), ...guard.except ?? []]), guard.also);
      }
    },
  };
};
