/** What the writer does, on whichever thread it is: groups of commits, work on the index, tidying; and the log folded back into the file. */
import type { ResourceKey, CommitResult } from '../store/resource.js';
import { openConnection, type Connection } from './connection.js';
import { makeExpireAudit, type ExpireAudit } from './expire-audit.js';
import { failureOf, isFatal, type Failure } from './failure.js';
import { makeInPlaceCheck } from './in-place.js';
import { makeIndexTable } from './index-table.js';
import { makeFileKeys } from './keys.js';
import type { PackedCommit } from './packed-commit.js';
import { makeResourceTable } from './resource-table.js';
import { readLayout } from './schema.js';
import { makeWriter, type Writer } from './writer.js';

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
  /** Returns an answer for each request, in their order; commits that follow each other share a transaction. After a fatal failure nothing is done any more. */
  answer(requests: readonly WriteRequest[]): WriteAnswer[];
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

type CommitRequest = Extract<WriteRequest, { readonly kind: 'commit' | 'record' }>;
type Task = Exclude<WriteRequest, CommitRequest>;
type Result = CommitResult | { readonly failure: Failure };

const isCommit = (request: WriteRequest): request is CommitRequest => request.kind === 'commit' || request.kind === 'record';

const commitsOf = (request: CommitRequest): readonly PackedCommit[] =>
  (request.kind === 'commit' ? request.commits : [{ writes: [], guards: [], audit: request.records.map((text) => ({ text })) }]);

const fatalOf = (answers: readonly WriteAnswer[]): Failure | undefined =>
  answers.flatMap((answer) => (answer.kind === 'failed' ? [answer.failure] : answer.kind === 'done' ? [] : answer.results.flatMap((result) => ('failure' in result ? [result.failure] : [])))).find(isFatal);

const weightOf = (request: WriteRequest): number => (request.kind === 'commit' ? request.commits.reduce((sum, { writes }) => sum + writes.length, 1) : request.kind === 'reindex' ? request.entries.length : 1);

/** Opens the writer's connection; the file must have been migrated. */
export const openWriteService = ({ file, cacheMegabytes }: WriteServiceOptions): WriteService => {
  const database = openConnection({ file, mode: 'write', cacheMegabytes });
  database.pragma('wal_autocheckpoint = 0');
  const keys = makeFileKeys(readLayout(database));
  const demandInPlace = makeInPlaceCheck(file);
  const reindex = makeReindex(database, keys);
  const expireAudit = makeExpireAudit(database, keys);
  const expire = database.prepare('DELETE FROM answer WHERE expires <= ?');

  const answerCommits = makeCommits(makeWriter(database, keys));
  const perform = (task: Task): number => {
    switch (task.kind) {
      case 'reindex':
        return reindex(task.entries);
      case 'expire':
        return expire.run(task.now).changes;
      case 'expire-audit':
        return expireAudit(task);
    }
  };
  const attempt = (group: readonly WriteRequest[]): WriteAnswer[] => {
    try {
      demandInPlace();
      const [first] = group;
      return first === undefined || isCommit(first) ? answerCommits(group.filter(isCommit)) : [{ kind: 'done', done: perform(first) }];
    } catch (error) {
      return group.map(() => ({ kind: 'failed', failure: failureOf(error) }));
    }
  };
  let written = 0;
  let failed: Failure | undefined;
  const answer: WriteService['answer'] = (requests) => groupsOf(requests).flatMap((group) => {
    const failure = failed;
    if (failure !== undefined) return group.map((): WriteAnswer => ({ kind: 'failed', failure }));
    written += group.reduce((sum, request) => sum + weightOf(request), 0);
    const answers = attempt(group);
    failed = fatalOf(answers);
    return answers;
  });
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

/** Returns what stores commits, those of several requests in one transaction. */
const makeCommits = (writer: Writer): ((group: readonly CommitRequest[]) => WriteAnswer[]) => {
  const commit = (commits: readonly PackedCommit[], now: number): readonly Result[] => {
    try {
      return writer.apply(commits, now);
    } catch (error) {
      const failure = failureOf(error);
      // One that cannot be stored must not take the others of its group with it.
      if (commits.length === 1 || failure.code.startsWith('SQLITE_')) return commits.map(() => ({ failure }));
      return commits.flatMap((each) => commit([each], now));
    }
  };
  return (group) => {
    const commits = group.map(commitsOf);
    const results = commit(commits.flat(), Math.max(...group.map(({ now }) => now)));
    let end = 0;
    return group.map(({ kind }, at): WriteAnswer => {
      const own = results.slice(end, (end += commits[at]?.length ?? 0));
      return kind === 'commit' ? { kind: 'commit', results: own } : { kind: 'recorded', results: own };
    });
  };
};

/** Returns the requests in stretches of one transaction each. */
const groupsOf = (requests: readonly WriteRequest[]): WriteRequest[][] => {
  const groups: WriteRequest[][] = [];
  for (const request of requests) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && isCommit(last[0]) && isCommit(request)) last.push(request);
    else groups.push([request]);
  }
  return groups;
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
