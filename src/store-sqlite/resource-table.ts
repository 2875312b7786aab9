/** Point reads that the writer and readers share: from type and id to what is current. */
import type { FramedMatches, Version, WriteMethod } from '../store/resource.js';
import type { Frame } from '../store/store.js';
import type { Connection } from './connection.js';
import type { FileKeys } from './keys.js';

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
  /** The versions at these places, in this order. */
  allAt(seqs: readonly number[]): VersionRow[];
  /** The newest versions of what has one value in the token index, above `after`: the most frequent search is this one look. */
  ofStretch(stretch: { readonly key: number; readonly sys: number }, after: number, limit: number): VersionRow[];
  /** The same as one piece of bytes, and the number of the last; undefined where there are none. */
  framedStretch(frame: Frame, stretch: { readonly key: number; readonly sys: number }, { after, count }: { readonly after: number; readonly count: number }): FramedStretch | undefined;
  /** The versions at these places as one piece of bytes, in this order; none is a delete. */
  readonly framedAt: (frame: Frame, seqs: readonly number[]) => Buffer;
  readonly toVersion: (row: VersionRow) => Version;
}

export interface FramedStretch extends FramedMatches {
  readonly last: number;
  /** Whether there is another behind it. */
  readonly more: boolean;
}

type Columns = readonly [seq: number, rid: number, version: number, updated: number, method: number, id: string, body: string | null];
const columns = 'v.seq, v.rid, v.version, v.updated, v.method, v.id, v.body';

/** The list leads: what is found comes in its order. */
const listed = 'FROM json_each(?) list CROSS JOIN version v ON v.seq = list.value';
const inStretch = 'FROM token_index t CROSS JOIN resource r ON r.rid = t.rid CROSS JOIN version v ON v.seq = r.seq WHERE t.key = ? AND t.sys = ? AND t.rid > ? ORDER BY t.rid LIMIT ? + 0';

/** Put together where they lie: as texts of this language they would be decoded, joined and encoded again. */
const framed = "CAST(group_concat(? || id || ? || body || ?, ',') || ? AS BLOB)";

const toRow = ([seq, rid, version, updated, method, id, body]: Columns): VersionRow => ({ seq, rid, version, updated, method, id, body });

/** Returns the reads on a connection. */
export const makeResourceTable = (database: Connection, keys: FileKeys): ResourceTable => {
  const byKey = database.prepare(`SELECT ${columns} FROM identity i JOIN version v ON v.seq = i.seq WHERE i.key = ?`).raw();
  const states = database.prepare('SELECT r.rid, r.id, r.version, r.deleted FROM identity i JOIN resource r ON r.rid = i.rid WHERE i.key = ?').raw();
  const bySeq = database.prepare(`SELECT ${columns} FROM version v WHERE v.seq = ?`).raw();
  const bySeqs = database.prepare(`SELECT ${columns} ${listed}`).raw();
  const byStretch = database.prepare(`SELECT ${columns} ${inStretch}`).raw();
  const framedRows = database.prepare(`SELECT ${framed}, count(*), max(rid) FROM (SELECT v.id, v.body, t.rid ${inStretch})`).raw();
  const another = database.prepare('SELECT 1 FROM token_index WHERE key = ? AND sys = ? AND rid > ? LIMIT 1').pluck();
  const framedSeqs = database.prepare(`SELECT ${framed} FROM (SELECT v.id, v.body ${listed})`).pluck();
  const is = (rid: number, own: string, type: string, id: string): boolean => own === id && keys.typeName(rid) === type;
  return {
    state: (type, id) => {
      const found = (states.all(keys.identity(type, id)) as [number, string, number, number][]).find(([rid, own]) => is(rid, own, type, id));
      return found && { rid: found[0], version: found[2], deleted: found[3] === 1 };
    },
    newest: (type, id) => {
      const key = keys.identity(type, id);
      const first = byKey.get(key) as Columns | undefined;
      if (first === undefined) return undefined;
      // Two resources with one hash are next to impossible; they are told apart all the same.
      const found = is(first[1], first[5], type, id) ? first : (byKey.all(key) as Columns[]).find((row) => is(row[1], row[5], type, id));
      return found && toRow(found);
    },
    at: (seq) => {
      const found = bySeq.get(seq) as Columns | undefined;
      return found && toRow(found);
    },
    allAt: (seqs) => (seqs.length === 0 ? [] : (bySeqs.all(JSON.stringify(seqs)) as Columns[]).map(toRow)),
    ofStretch: ({ key, sys }, after, limit) => (byStretch.all(key, sys, after, limit) as Columns[]).map(toRow),
    framedStretch: ({ before, between, after: behind, end }, { key, sys }, { after, count }) => {
      const [bytes, found, last] = framedRows.get(before, between, behind, end, key, sys, after, count) as [Buffer | null, number, number];
      return bytes === null ? undefined : { bytes, count: found, last, more: found === count && another.get(key, sys, last) !== undefined };
    },
    framedAt: ({ before, between, after, end }, seqs) => framedSeqs.get(before, between, after, end, JSON.stringify(seqs)) as Buffer,
    toVersion: ({ seq, rid, version, updated, method, id, body }) => ({
      type: keys.typeName(rid), id, version, updated, seq, method: methods[method] ?? 'PUT', body: body ?? undefined,
    }),
  };
};
