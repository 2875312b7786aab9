/** Reads that are not searches: versions, history, the change feed, journals, counts. */
import { statSync } from 'node:fs';
import type { HistoryPage, HistoryQuery, OwnParam, ResourceKey, StoredAnswer, Version } from '../store/resource.js';
import type { AnswerQuery, Frame, Numbered, StoreHead, StoreStatistics } from '../store/store.js';
import type { Connection } from './connection.js';
import type { FileKeys } from './keys.js';
import { makeHistory } from './history.js';
import { makeReferrers } from './referrer.js';
import { makeResourceTable, type VersionRow } from './resource-table.js';
import { readMark } from './schema.js';

export interface Reader {
  read(key: ResourceKey, version?: number): Version | undefined;
  readonly toVersion: (row: VersionRow) => Version;
  /** The versions at these places of the feed, in this order. */
  versions(seqs: readonly number[]): Version[];
  /** The same as one piece of bytes; none is a delete. */
  framed(frame: Frame, seqs: readonly number[]): Buffer;
  isReferenced(key: ResourceKey, also?: readonly OwnParam[]): boolean;
  history(query: HistoryQuery): HistoryPage;
  changes(after: number, limit: number): Version[];
  answers(query: AnswerQuery, now: number): StoredAnswer[];
  records(journal: 'audit' | 'outbox', after: number, limit: number): Numbered[];
  head(): StoreHead;
  statistics(file: string): StoreStatistics;
}

/** Returns the reads of a connection. */
export const makeReader = (database: Connection, keys: FileKeys): Reader => {
  const resources = makeResourceTable(database, keys);
  const referrers = makeReferrers(database, keys);
  const past = database.prepare('SELECT seq FROM past WHERE rid = ? AND version = ?').pluck();
  const changes = database.prepare('SELECT seq, rid, version, updated, method, id, body FROM version WHERE seq > ? ORDER BY seq LIMIT ? + 0');
  const answer = database.prepare('SELECT key, fingerprint, expires, answer FROM answer WHERE key = ? AND expires > ?');
  const answersAfter = database.prepare('SELECT key, fingerprint, expires, answer FROM answer WHERE key > ? AND expires > ? ORDER BY key LIMIT ? + 0');
  const journals = {
    audit: database.prepare("SELECT number, '' AS topic, text FROM audit WHERE number > ? ORDER BY number LIMIT ? + 0"),
    outbox: database.prepare('SELECT number, topic, text FROM outbox WHERE number > ? ORDER BY number LIMIT ? + 0'),
  };
  const lastSeq = database.prepare('SELECT max(seq) FROM version').pluck();
  const look = makeHistory(database, keys);
  const earlier = ({ type, id }: ResourceKey, version: number): VersionRow | undefined => {
    const state = resources.state(type, id);
    const seq = state === undefined ? undefined : past.get(state.rid, version) as number | undefined;
    return seq === undefined ? undefined : resources.at(seq);
  };
  return {
    read: (key, version) => {
      const newest = resources.newest(key.type, key.id);
      const row = newest === undefined || version === undefined || newest.version === version ? newest : earlier(key, version);
      return row === undefined ? undefined : resources.toVersion(row);
    },
    toVersion: resources.toVersion,
    framed: resources.framedAt,
    versions: (seqs) => resources.allAt(seqs).map(resources.toVersion),
    isReferenced: (key, also) => referrers.any(key, new Set([`${key.type}/${key.id}`]), also),
    history: database.transaction(look),
    changes: (after, limit) => (changes.all(after, limit) as VersionRow[]).map(resources.toVersion),
    answers: (query, now) => ('key' in query ? answer.all(query.key, now) : answersAfter.all(query.after, now, query.limit)) as StoredAnswer[],
    records: (journal, after, limit) => journals[journal].all(after, limit) as Numbered[],
    head: () => ({ seq: (lastSeq.get() as number | null) ?? 0, mark: readMark(database) }),
    statistics: (file) => statisticsOf(database, keys, file),
  };
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const statisticsOf = (database: Connection, keys: FileKeys, file: string): StoreStatistics => {
  const rows = database.prepare('SELECT type, current, versions FROM tally').all() as { type: number; current: number; versions: number }[];
  const named = rows.map(({ type, ...counts }) => ({ name: keys.layout.names.get(type) ?? '', ...counts }));
  return {
    resources: Object.fromEntries(named.filter(({ current }) => current > 0).map(({ name, current }) => [name, current])),
    versions: rows.reduce((sum, { versions }) => sum + versions, 0),
    bytes: sizeOf(file) + sizeOf(`${file}-wal`),
    seq: (database.prepare('SELECT max(seq) FROM version').pluck().get() as number | null) ?? 0,
  };
};
