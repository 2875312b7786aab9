/** What the writer does, on whichever thread it is: groups of commits, work on the index, tidying; and the log folded back into the file. */
import type { ResourceKey, CommitResult } from '../store/resource.js';
import { openConnection, type Connection } from './connection.js';
import { makeExpireAudit, type ExpireAudit } from './expire-audit.js';
import { failureOf, type Failure } from './failure.js';
import { makeInPlaceCheck } from './in-place.js';
import { makeIndexTable } from './index-table.js';
import { makeFileKeys } from './keys.js';
import type { PackedCommit } from './packed-commit.js';
import { makeResourceTable } from './resource-table.js';
import { readLayout } from './schema.js';
import { makeWriter } from './writer.js';

export interface PackedIndex {
  readonly key: ResourceKey;
  readonly version: number;
  readonly packed: Uint8Array;
}

export type WriteRequest =
  | { readonly kind: 'commit'; readonly now: number; readonly commits: readonly PackedCommit[] }
  /** Texts for the audit's journal, of commits that have nothing else. */
  | { readonly kind: 'record'; readonly now: number; readonly records: readonly string[] }
  | { readonly kind: 'reindex'; readonly entries: readonly PackedIndex[] }
  | { readonly kind: 'expire'; readonly now: number }
  | ({ readonly kind: 'expire-audit' } & ExpireAudit);

/** Results of commits in their order; of other work the number handled. */
export type WriteAnswer =
  | { readonly kind: 'commit'; readonly results: readonly (CommitResult | { readonly failure: Failure })[] }
  /** What became of all commits that had records alone. */
  | { readonly kind: 'recorded'; readonly results: readonly (CommitResult | { readonly failure: Failure })[] }
  | { readonly kind: 'done'; readonly done: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface WriteService {
  answer(request: WriteRequest): WriteAnswer;
  /** Moves the log into the file when it has grown; call it when nobody waits. */
  checkpoint(): void;
  close(): void;
}

export interface WriteServiceOptions {
  readonly file: string;
  readonly cacheMegabytes: number;
}

/** Pages in the log from which a checkpoint pays: 32 MB. */
const logPages = 8_192;
/** Commits and writes between two looks at the log. */
const lookAfter = 128;

/** Returns how many pages of the log are not yet in the file. The log's own size says nothing: it is written from its start again and never shrinks. */
const waitingPages = (database: Connection): number => {
  const [state] = database.pragma('wal_checkpoint(NOOP)') as { readonly log: number; readonly checkpointed: number }[];
  return state === undefined ? 0 : state.log - state.checkpointed;
};

const weightOf = (request: WriteRequest): number => (request.kind === 'commit' ? request.commits.reduce((sum, { writes }) => sum + writes.length, 1) : request.kind === 'reindex' ? request.entries.length : 1);

/** Opens the writer's connection; the file must have been migrated. */
export const openWriteService = ({ file, cacheMegabytes }: WriteServiceOptions): WriteService => {
  const database = openConnection({ file, mode: 'write', cacheMegabytes });
  database.pragma('wal_autocheckpoint = 0');
  const keys = makeFileKeys(readLayout(database));
  const demandInPlace = makeInPlaceCheck(file);
  const writer = makeWriter(database, keys);
  const reindex = makeReindex(database, keys);
  const expireAudit = makeExpireAudit(database, keys);
  const expire = database.prepare('DELETE FROM answer WHERE expires <= ?');

  const commit = (commits: readonly PackedCommit[], now: number): readonly (CommitResult | { failure: Failure })[] => {
    try {
      return writer.apply(commits, now);
    } catch (error) {
      const failure = failureOf(error);
      // One that cannot be stored must not take the others of its group with it.
      if (commits.length === 1 || failure.code.startsWith('SQLITE_')) return commits.map(() => ({ failure }));
      return commits.flatMap((each) => commit([each], now));
    }
  };
  let written = 0;
  const answer = (request: WriteRequest): WriteAnswer => {
    written += weightOf(request);
    try {
      demandInPlace();
      switch (request.kind) {
        case 'commit':
          return { kind: 'commit', results: commit(request.commits, request.now) };
        case 'record':
          return { kind: 'recorded', results: commit([{ writes: [], guards: [], audit: request.records.map((text) => ({ text })) }], request.now) };
        case 'reindex':
          return { kind: 'done', done: reindex(request.entries) };
        case 'expire':
          return { kind: 'done', done: expire.run(request.now).changes };
        case 'expire-audit':
          return { kind: 'done', done: expireAudit(request) };
      }
    } catch (error) {
      return { kind: 'failed', failure: failureOf(error) };
    }
  };
  return {
    answer,
    checkpoint: () => {
      if (written < lookAfter) return;
      written = 0;
      if (waitingPages(database) >= logPages) database.pragma('wal_checkpoint(PASSIVE)');
    },
    close: () => {
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.close();
    },
  };
};

/** Writes the index of resources anew where they are still at the version it was made from. */
const makeReindex = (database: Connection, keys: ReturnType<typeof makeFileKeys>): ((entries: readonly PackedIndex[]) => number) => {
  const index = makeIndexTable(database, keys);
  const resources = makeResourceTable(database, keys);
  const packedOf = database.prepare('SELECT packed FROM resource WHERE rid = ?').pluck();
  const put = database.prepare('UPDATE resource SET packed = ? WHERE rid = ?');
  const run = database.transaction((entries: readonly PackedIndex[]): number => {
    let done = 0;
    for (const { key, version, packed } of entries) {
      const state = resources.state(key.type, key.id);
      if (state?.version !== version || state.deleted) continue;
      const before = packedOf.get(state.rid) as Buffer | null;
      index.rewrite(state.rid, before ?? undefined, Buffer.from(packed));
      put.run(packed, state.rid);
      done += 1;
    }
    index.flush();
    return done;
  });
  return (entries) => {
    try {
      return run.immediate(entries);
    } finally {
      index.forget();
    }
  };
};
