/** Whether the file is whole and the index is what the resources say. */
import type { IndexFault } from '../store/store.js';
import type { Connection } from './connection.js';
import { rowsOf } from './index-row.js';
import type { FileKeys } from './keys.js';
import { makeResourceTable } from './resource-table.js';
import type { PackedIndex } from './write-service.js';

const names = ['token', 'string', 'range'] as const;
const exists: Readonly<Record<(typeof names)[number], string>> = {
  token: 'SELECT 1 FROM token_index WHERE key = ? AND sys = ? AND rid = ?',
  string: 'SELECT 1 FROM string_index WHERE key = ? AND text = ? AND rid = ?',
  range: 'SELECT 1 FROM range_index WHERE key = ? AND low = ? AND high = ? AND rid = ?',
};

/** Returns what of the kept index of these resources is not as given; those that have changed since are passed over. */
export const checkIndex = (database: Connection, keys: FileKeys, entries: readonly PackedIndex[]): IndexFault[] => {
  const resources = makeResourceTable(database, keys);
  const packedOf = database.prepare('SELECT packed FROM resource WHERE rid = ?').pluck();
  const has = { token: database.prepare(exists.token).pluck(), string: database.prepare(exists.string).pluck(), range: database.prepare(exists.range).pluck() };
  const listed = database.prepare('SELECT 1 FROM system_index WHERE key = ? AND value = ? AND sys = ?').pluck();
  return entries.flatMap(({ key, version, packed }) => {
    const state = resources.state(key.type, key.id);
    if (state?.version !== version || state.deleted) return [];
    const kept = packedOf.get(state.rid) as Buffer | null;
    if (kept === null || !kept.equals(packed)) return [{ ...key, problem: 'the kept entries are not those of the resource' }];
    const rows = rowsOf(kept, keys);
    const lost: string[] = names.flatMap((name) => rows[name].filter((row) => has[name].get(...row, state.rid) === undefined).map(() => name));
    lost.push(...rows.system.filter((row) => listed.get(...row) === undefined).map(() => 'system'));
    return lost.length === 0 ? [] : [{ ...key, problem: `${String(lost.length)} rows are missing from the index: ${[...new Set(lost)].join(', ')}` }];
  });
};

/** Returns what SQLite finds wrong, and whether the index holds rows that no resource accounts for. */
export const checkFiles = (database: Connection, keys: FileKeys): { readonly done: number; readonly faults: readonly IndexFault[] } => {
  const problems = (database.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check).filter((text) => text !== 'ok');
  const counted = { token: 0, string: 0, range: 0 };
  let done = 0;
  for (const packed of database.prepare('SELECT packed FROM resource WHERE deleted = 0').pluck().iterate() as IterableIterator<Buffer>) {
    const rows = rowsOf(packed, keys);
    for (const name of names) counted[name] += rows[name].length;
    done += 1;
  }
  for (const name of names) {
    const kept = database.prepare(`SELECT count(*) FROM ${name}_index`).pluck().get() as number;
    if (kept !== counted[name]) problems.push(`the ${name} index has ${String(kept)} rows, the resources account for ${String(counted[name])}`);
  }
  const dense = database.prepare('SELECT count(*) = max(seq) FROM version').pluck().get() as number | null;
  if (dense === 0) problems.push('the change feed has gaps');
  const versions = database.prepare('SELECT count(*) FROM resource r WHERE r.version <> 1 + (SELECT count(*) FROM past p WHERE p.rid = r.rid)').pluck().get() as number;
  if (versions > 0) problems.push(`${String(versions)} resources have versions missing`);
  return { done, faults: problems.map((problem) => ({ type: '', id: '', problem })) };
};
