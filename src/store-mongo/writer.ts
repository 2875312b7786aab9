/** Decides commits and writes them, a group in one transaction (https://www.mongodb.com/docs/manual/core/transactions/). */
import type { ClientSession, Connection } from 'mongoose';
import type { Commit, CommitResult, Guard } from '../store/resource.js';
import type { Keys } from '../store-index/keys.js';
import { Work } from '../store-index/work.js';
import { FhirError } from '../core/error.js';
import { movedText } from '../store/store.js';
import { mustBeAlone } from './gate.js';
import { beginGroup, type Group } from './group.js';
import { askForStillness, type Lane } from './lane.js';
import type { Models } from './model.js';
import { nameOf } from './name.js';
import { readMark, writeMark } from './mark.js';
import { isReferenced } from './referrer.js';
import { executeSearch } from './search/execute.js';
import { readAtOnce, transact, type Patience, type Stage } from './transaction.js';

export interface Writing {
  readonly connection: Connection;
  readonly models: Models;
  readonly keys: Keys;
  readonly patience: Patience;
  readonly lane: Lane;
}

/** Criteria of a condition that need more than this are refused when they are first asked, before any commit. */
const budget = 10_000_000;

/** Resolves with what became of each commit: all that could be stored is durable. */
export const writeGroup = (writing: Writing, { commits, now, stage }: { readonly commits: readonly Commit[]; readonly now: number; readonly stage: Stage }): Promise<CommitResult[]> => {
  const alone = commits.some((commit) => mustBeAlone(commit, writing.keys));
  const before = async (attempt: number): Promise<void> => {
    if (alone && attempt > 0) await askForStillness(writing.models, writing.lane.number, now);
  };
  let group: Group | undefined;
  return transact(writing.lane.sessions, { ...writing.patience, stage, before, isStored: async () => group?.isStored() ?? false }, async (session) => {
    const begun = await beginGroup({ ...writing, session, commits, now, lane: writing.lane.number });
    group = begun;
    const moved = (await readMark(writing.connection, session)).state === 'moved';
    const results: CommitResult[] = [];
    for (const commit of commits) {
      if (moved && commit.mark === undefined) throw new FhirError('store-moved', movedText, { retryAfter: 60 });
      const result = await decide({ ...writing, session, group: begun }, commit, now);
      if (result.ok) begun.add(commit);
      if (result.ok && commit.mark !== undefined) await writeMark(writing.connection, session, commit.mark);
      results.push(result.ok ? { ok: true, ...begun.feed() } : result);
    }
    await begun.finish();
    return results;
  });
};

/** Resolves with what the commit would come to. */
export const tryCommit = (writing: Writing, commit: Commit, now: number): Promise<CommitResult> =>
  readAtOnce(writing.connection, async (session) => {
    if ((await readMark(writing.connection, session)).state === 'moved' && commit.mark === undefined) throw new FhirError('store-moved', movedText, { retryAfter: 60 });
    const group = await beginGroup({ ...writing, session, commits: [commit], now, lane: undefined });
    return decide({ ...writing, session, group }, commit, now);
  });

interface Deciding extends Writing {
  readonly session: ClientSession;
  readonly group: Group;
}

const decide = async (deciding: Deciding, commit: Commit, now: number): Promise<CommitResult> => {
  const { group } = deciding;
  if (commit.answer !== undefined && group.isAnswered(commit.answer.key, now)) return { ok: false, failed: 'answer', index: 0 };
  for (const [index, guard] of (commit.guards ?? []).entries()) if (!(await holds(deciding, guard, commit))) return { ok: false, failed: 'guard', index };
  const write = commit.writes.findIndex((one) => (group.state(nameOf(one))?.version ?? 0) !== one.base);
  return write >= 0 ? { ok: false, failed: 'write', index: write } : { ok: true, ...group.feed() };
};

const holds = async ({ group, models, keys, session }: Deciding, guard: Guard, { writes }: Commit): Promise<boolean> => {
  switch (guard.kind) {
    case 'exists':
      return group.state(nameOf(guard.key))?.deleted === false;
    case 'version':
      return (group.state(nameOf(guard.key))?.version ?? 0) === guard.version;
    case 'unreferenced':
      await group.flush();
      return !(await isReferenced({ models, keys, session }, guard.key, new Set([...writes.map(nameOf), ...guard.except ?? []])));
    case 'matches': {
      await group.flush();
      const { seqs } = await executeSearch({ models, keys, session, work: new Work({ budget }) }, guard.plan);
      const names = new Map((await models.version.find({ _id: { $in: [...seqs] } }, { key: 1 }).session(session).lean()).map(({ _id, key }) => [_id, key]));
      return seqs.length === guard.expected.length && seqs.every((seq, at) => names.get(seq) === guard.expected[at]);
    }
  }
};
