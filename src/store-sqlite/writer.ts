/**
 * The one writer: applies a group of commits in one transaction and one sync. Each commit is checked against what the
 * earlier ones of its group have made, so that the group is as if they had come one after the other.
 */
import { toInstant } from '../core/clock.js';
import type { CommitResult, StoreMark } from '../store/resource.js';
import { StoreMoved } from '../store/store.js';
import type { Connection } from './connection.js';
import { makeGuards } from './guard.js';
import { makeIndexTable } from './index-table.js';
import type { FileKeys } from './keys.js';
import type { PackedCommit, PackedWrite } from './packed-commit.js';
import { makeResourceTable, methods } from './resource-table.js';
import { readMark, ridSpan } from './schema.js';

const stampLength = 24;

export interface Writer {
  /** Returns what became of each commit. When it throws nothing of the group was stored. */
  apply(group: readonly PackedCommit[], now: number): CommitResult[];
}

interface State {
  seq: number;
  updated: number;
  mark: StoreMark;
}

/** Returns the writer of a connection. */
export const makeWriter = (database: Connection, keys: FileKeys): Writer => {
  const index = makeIndexTable(database, keys);
  const guards = makeGuards(database, keys, () => { index.flush(); });
  const puts = makePuts(database);
  const resources = makeResourceTable(database, keys);
  const tally = makeTally(database);
  const nextRid = makeRids(database, keys);
  let state: State = { ...puts.last(), mark: readMark(database) };

  const put = (write: PackedWrite, known: number | undefined): void => {
    const { type, id, method, base, packed, updated = state.updated } = write;
    const rid = known ?? nextRid.take(type);
    const before = known === undefined ? undefined : puts.current(rid);
    const seq = (state.seq += 1);
    state.updated = Math.max(state.updated, updated);
    const body = stamped(write, updated);
    puts.version.run(seq, rid, base + 1, updated, methods.indexOf(method), id, body ?? null);
    puts.identity.run(keys.identity(type, id), rid, seq);
    puts.resource.run(rid, id, base + 1, updated, seq, body === undefined ? 1 : 0, packed ?? null);
    if (before !== undefined) puts.past.run(rid, before.version, before.seq, updated);
    puts.feed.run(keys.typeNumber(type), seq);
    index.replace(rid, before?.packed ?? undefined, packed === undefined ? undefined : asBuffer(packed));
    tally.add(keys.typeNumber(type), (body === undefined ? 0 : 1) - (before === undefined || before.deleted === 1 ? 0 : 1));
  };

  const attempt = (commit: PackedCommit, now: number): CommitResult => {
    if (state.mark.state === 'moved' && commit.mark === undefined) throw new StoreMoved(state.mark.text);
    if (commit.answer !== undefined && guards.isAnswered(commit.answer.key, now)) return { ok: false, failed: 'answer', index: 0 };
    const guard = commit.guards.findIndex((each) => !guards.holds(each, commit.writes));
    if (guard >= 0) return { ok: false, failed: 'guard', index: guard };
    const found = commit.writes.map(({ type, id }) => resources.state(type, id));
    const stale = commit.writes.findIndex(({ base }, at) => (found[at]?.version ?? 0) !== base);
    if (stale >= 0) return { ok: false, failed: 'write', index: stale };
    if (commit.dryRun !== true) store(commit, found.map((row) => row?.rid));
    return { ok: true, updated: state.updated, seq: state.seq };
  };

  const store = ({ writes, audit = [], outbox = [], answer, mark }: PackedCommit, rids: readonly (number | undefined)[]): void => {
    for (const [at, write] of writes.entries()) put(write, rids[at]);
    for (const { text, number } of audit) puts.audit.run(number ?? null, text);
    for (const { topic, text } of outbox) puts.outbox.run(topic, text);
    if (answer !== undefined) puts.answer.run(answer.key, answer.fingerprint, answer.expires, answer.answer);
    if (mark !== undefined) state.mark = puts.mark(mark);
  };

  const run = database.transaction((group: readonly PackedCommit[], now: number): CommitResult[] => {
    state.updated = Math.max(state.updated, now);
    const results = group.map((commit) => attempt(commit, now));
    index.flush();
    tally.flush();
    return results;
  });
  const apply: Writer['apply'] = (group, now) => {
    const before = { ...state };
    try {
      return run.immediate(group, now);
    } catch (error) {
      state = before;
      for (const part of [index, tally, nextRid]) part.forget();
      throw error;
    }
  };
  return { apply };
};

/** What crossed a thread boundary is a plain Uint8Array. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const stamped = ({ text, stampAt }: PackedWrite, updated: number): string | undefined =>
  text === undefined ? undefined : text.slice(0, stampAt) + toInstant(updated) + text.slice(stampAt + stampLength);

interface CurrentRow {
  readonly version: number;
  readonly seq: number;
  readonly deleted: number;
  readonly packed: Buffer | null;
}

const makePuts = (database: Connection) => {
  const current = database.prepare('SELECT version, seq, deleted, packed FROM resource WHERE rid = ?');
  const mark = database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('mark', ?)");
  const last = database.prepare('SELECT seq, updated FROM version ORDER BY seq DESC LIMIT 1');
  return {
    version: database.prepare('INSERT INTO version (seq, rid, version, updated, method, id, body) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    identity: database.prepare('INSERT INTO identity (key, rid, seq) VALUES (?, ?, ?) ON CONFLICT (key, rid) DO UPDATE SET seq = excluded.seq'),
    resource: database.prepare('INSERT INTO resource (rid, id, version, updated, seq, deleted, packed) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rid) DO UPDATE SET version = excluded.version, updated = excluded.updated, seq = excluded.seq, deleted = excluded.deleted, packed = excluded.packed'),
    past: database.prepare('INSERT INTO past (rid, version, seq, until) VALUES (?, ?, ?, ?)'),
    feed: database.prepare('INSERT INTO feed (type, seq) VALUES (?, ?)'),
    audit: database.prepare('INSERT INTO audit (number, text) VALUES (?, ?)'),
    outbox: database.prepare('INSERT INTO outbox (topic, text) VALUES (?, ?)'),
    answer: database.prepare('INSERT OR REPLACE INTO answer (key, fingerprint, expires, answer) VALUES (?, ?, ?, ?)'),
    current: (rid: number): CurrentRow | undefined => current.get(rid) as CurrentRow | undefined,
    mark: (to: StoreMark): StoreMark => {
      mark.run(JSON.stringify(to));
      return to;
    },
    last: (): Omit<State, 'mark'> => (last.get() as Omit<State, 'mark'> | undefined) ?? { seq: 0, updated: 0 },
  };
};

/** Counts per type, written once per group. */
const makeTally = (database: Connection) => {
  const put = database.prepare('INSERT INTO tally (type, current, versions) VALUES (@type, @current, @versions) ON CONFLICT (type) DO UPDATE SET current = current + excluded.current, versions = versions + excluded.versions');
  const changed = new Map<number, { current: number; versions: number }>();
  return {
    add: (type: number, current: number): void => {
      const own = changed.get(type) ?? { current: 0, versions: 0 };
      changed.set(type, { current: own.current + current, versions: own.versions + 1 });
    },
    flush: (): void => {
      for (const [type, counts] of changed) put.run({ type, ...counts });
      changed.clear();
    },
    forget: (): void => { changed.clear(); },
  };
};

/** Numbers for new resources: those of a type follow each other. */
const makeRids = (database: Connection, keys: FileKeys) => {
  const last = database.prepare('SELECT max(rid) FROM resource WHERE rid BETWEEN ? AND ?').pluck();
  const next = new Map<string, number>();
  return {
    take: (type: string): number => {
      const first = keys.typeNumber(type) * ridSpan;
      const rid = next.get(type) ?? ((last.get(first, first + ridSpan - 1) as number | null) ?? first) + 1;
      next.set(type, rid + 1);
      return rid;
    },
    /** After a group that did not happen the file says again what is free. */
    forget: (): void => { next.clear(); },
  };
};
