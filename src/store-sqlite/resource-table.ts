/** Point reads that the writer and readers share: from type and id to what is current. */
import type { Version, WriteMethod } from '../store/resource.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';

export const methods: readonly WriteMethod[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

export interface VersionRow {
  readonly seq: number;
  readonly rid: number;
  readonly version: number;
  readonly updated: number;
  readonly method: number;
  readonly id: string;
  readonly body: string | null;
}

export interface ResourceState {
  readonly rid: number;
  readonly version: number;
  readonly deleted: boolean;
}

export interface ResourceTable {
  /** Number and newest version of a resource, deleted ones too; undefined when it never was. */
  state(type: string, id: string): ResourceState | undefined;
  /** The newest version. */
  newest(type: string, id: string): VersionRow | undefined;
  /** The version at a place of the feed. */
  at(seq: number): VersionRow | undefined;
  readonly toVersion: (row: VersionRow) => Version;
}

/** Returns the reads on a connection. */
export const makeResourceTable = (database: Connection, keys: Keys): ResourceTable => {
  const byKey = database.prepare('SELECT v.seq, v.rid, v.version, v.updated, v.method, v.id, v.body FROM identity i JOIN version v ON v.seq = i.seq WHERE i.key = ?');
  const states = database.prepare('SELECT r.rid, r.id, r.version, r.deleted FROM identity i JOIN resource r ON r.rid = i.rid WHERE i.key = ?').raw();
  const bySeq = database.prepare('SELECT seq, rid, version, updated, method, id, body FROM version WHERE seq = ?');
  return {
    state: (type, id) => {
      const found = (states.all(keys.identity(type, id)) as [number, string, number, number][]).find(([rid, own]) => own === id && keys.typeName(rid) === type);
      return found && { rid: found[0], version: found[2], deleted: found[3] === 1 };
    },
    newest: (type, id) => (byKey.all(keys.identity(type, id)) as VersionRow[]).find((row) => row.id === id && keys.typeName(row.rid) === type),
    at: (seq) => bySeq.get(seq) as VersionRow | undefined,
    toVersion: ({ seq, rid, version, updated, method, id, body }) => ({
      type: keys.typeName(rid), id, version, updated, seq, method: methods[method] ?? 'PUT', body: body ?? undefined,
    }),
  };
};
