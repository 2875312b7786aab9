/**
 * A group of commits within its transaction: where its positions begin, what it has read, what it changes. The lane is taken first, so that
 * whoever wants to know how far the feed is complete waits for the group instead of breaking it off; other documents are written last.
 */
import type { ClientSession } from 'mongoose';
import type { AuditRecord, Commit, Guard, Write } from '../store/resource.js';
import { toInstant } from '../core/clock.js';
import { packEntries } from '../store-index/packed.js';
import type { Keys } from '../store-index/keys.js';
import { gatesOf, gatesOfGuard, mustBeAlone } from './gate.js';
import { indexKeys } from './index-keys.js';
import { latest, moveAll, readLanes, readTallies } from './lane.js';
import { forever, type JournalDocument, type LaneDocument, type Models, type ResourceDocument, type VersionDocument } from './model.js';
import { nameOf } from './name.js';
import { orderOf } from './order.js';
import { makePending, together } from './pending.js';
import { placeAfter, positionOf, timeOf } from './position.js';
import { maxTimeMS, Outrun } from './transaction.js';

/** Characters of `meta.lastUpdated` in the text. */
const stampLength = 24;

export type State = Pick<ResourceDocument, 'version' | 'deleted' | 'first' | 'seq'>;

export interface Group {
  /** The time of its commits, and the position of the last version there is. */
  readonly feed: () => { readonly updated: number; readonly seq: number };
  /** The newest version of a resource, as of what the group has changed. */
  readonly state: (name: string) => State | undefined;
  readonly isAnswered: (key: string, now: number) => boolean;
  readonly add: (commit: Commit) => void;
  /** Writes what is not yet written, so that searches within the transaction see it. */
  readonly flush: () => Promise<void>;
  /** Writes the rest, and how far the lane has come. */
  readonly finish: () => Promise<void>;
  /** Whether its first document is in the database, outside of any transaction. */
  readonly isStored: () => Promise<boolean>;
}

export interface Begun {
  readonly models: Models;
  readonly keys: Keys;
  readonly session: ClientSession;
  readonly commits: readonly Commit[];
  readonly now: number;
  /** Number of the lane; undefined: nothing will be written. */
  readonly lane: number | undefined;
}

/** Resolves with a group: its lane is taken, and all that its commits name is read. */
export const beginGroup = async (begun: Begun): Promise<Group> => {
  const { models, session, commits, now } = begun;
  const place = await takePlace(begun);
  const answerKeys = commits.flatMap(({ answer }) => answer?.key ?? []);
  const kept = answerKeys.length === 0 ? [] : await models.answer.find({ _id: { $in: answerKeys } }, { expires: 1 }).session(session).maxTimeMS(maxTimeMS).lean();
  const states = await readStates(begun, [...new Set(commits.flatMap(namesOf))]);
  return makeGroup(begun, { place, states, answers: new Map(kept.map(({ _id, expires }) => [_id, expires])), updated: Math.max(timeOf(place.base), begun.lane === undefined ? now : 0) });
};

interface Place {
  /** The first position of the group. */
  readonly base: number;
  /** Position of the last version before it; 0 where every commit stores its own. */
  readonly seq: number;
}

const total = (commits: readonly Commit[], of: 'writes' | 'audit' | 'outbox'): number => commits.reduce((sum, commit) => sum + (commit[of]?.length ?? 0), 0);

/** Positions above all that the transaction sees: who comes after a commit in time comes after it in the feed. */
const takePlace = async ({ models, keys, session, commits, now, lane }: Begun): Promise<Place> => {
  const lanes = await readLanes(models, session);
  const writes = total(commits, 'writes');
  const count = Math.max(1, writes, total(commits, 'audit'), total(commits, 'outbox'));
  const base = placeAfter(latest(lanes), { lane: lane ?? 0, now, count });
  // Whoever stores a version learns its place; only the others are told of the last one before.
  const asksForLast = lane === undefined || commits.some((commit) => commit.writes.length === 0);
  const seq = asksForLast ? Math.max(0, ...(await readTallies(models, session)).map((tally) => tally.seq)) : 0;
  if (lane === undefined) return { base, seq };
  const stamp = Math.max(base + count - 1, ...commits.flatMap((commit) => commit.writes.map(({ updated }) => (updated === undefined ? 0 : positionOf(updated)))));
  const to = { stamp, ...(writes === 0 ? {} : { seq: base + writes - 1 }) };
  if (commits.some((commit) => mustBeAlone(commit, keys))) await moveAll(models, session, { lanes, ...to });
  else await moveOwn({ models, session, now }, lanes.find(({ _id }) => _id === lane), to);
  return { base, seq };
};

/** The only change of the lane: who waits to move it up hinders nothing that comes after. */
const moveOwn = async ({ models, session, now }: Pick<Begun, 'models' | 'session' | 'now'>, own: LaneDocument | undefined, to: { readonly stamp: number; readonly seq?: number }): Promise<void> => {
  if (own === undefined) throw new Error('the database has lost a lane of its feed');
  if (own.wanted > now && own.wantedBy !== own._id) throw new Outrun('another process wants to be alone');
  const { matchedCount } = await models.lane.updateOne({ _id: own._id, stamp: own.stamp }, { $set: to }, { session, maxTimeMS });
  if (matchedCount !== 1) throw new Outrun('the lane was moved');
};

/** What commits are decided on by name: what they write, and what their guards name. */
const namesOf = ({ writes, guards = [] }: Commit): string[] => [...writes.map(nameOf), ...guards.flatMap((guard) => ('key' in guard ? [nameOf(guard.key)] : []))];

const readStates = async ({ models, session }: Begun, names: readonly string[]): Promise<Map<string, State>> => {
  const states = new Map<string, State>();
  for (let at = 0; at < names.length; at += together) {
    const rows = await models.resource.find({ _id: { $in: names.slice(at, at + together) } }, { version: 1, deleted: 1, first: 1, seq: 1 }).session(session).maxTimeMS(maxTimeMS).lean();
    for (const row of rows) states.set(row._id, row);
  }
  return states;
};

interface Known {
  readonly place: Place;
  readonly updated: number;
  readonly states: Map<string, State>;
  readonly answers: Map<string, number>;
}

/** What a guard relied on that is there: names of resources. */
const reliedOn = (guard: Guard): readonly string[] => (guard.kind === 'matches' ? guard.expected : guard.kind === 'unreferenced' ? [] : [nameOf(guard.key)]);

const makeGroup = ({ models, keys, session, lane }: Begun, { place, updated: time, states, answers }: Known): Group => {
  const used = { versions: 0, audit: 0, outbox: 0 };
  let { seq } = place;
  let latestTime = time;
  const pending = makePending();
  let isStored: (() => Promise<boolean>) | undefined;
  const next = (of: keyof typeof used): number => {
    used[of] += 1;
    return place.base + used[of] - 1;
  };
  const put = (write: Write): void => {
    const { type, id, method, base, body, index, updated = time } = write;
    const name = nameOf({ type, id });
    const before = states.get(name);
    seq = next('versions');
    latestTime = Math.max(latestTime, updated);
    const packed = body === undefined ? Buffer.alloc(0) : packEntries(type, index, keys);
    const state: State = { version: base + 1, deleted: body === undefined, first: before?.first ?? seq, seq };
    states.set(name, state);
    for (const gate of gatesOf(write, keys)) pending.pass(gate);
    const document = { _id: name, type, id, updated, packed, keys: indexKeys(packed, keys), ...state };
    pending.resource({ ...document, ...orderOf(document, keys) }, before?.version ?? 0);
    const text = body && body.text.slice(0, body.stampAt) + toInstant(updated) + body.text.slice(body.stampAt + stampLength);
    const stored: VersionDocument = { _id: seq, key: name, type, id, version: base + 1, updated, until: forever, method, body: text };
    isStored ??= async () => (await models.version.exists({ _id: stored._id, key: name, body: text ?? null }).maxTimeMS(maxTimeMS)) !== null;
    pending.version(stored, before?.seq);
  };
  const rely = (guard: Guard): void => {
    for (const gate of gatesOfGuard(guard, keys) ?? []) pending.pass(gate);
    for (const name of reliedOn(guard)) pending.touch(name);
  };
  const flush = async (): Promise<void> => {
    if (!pending.isEmpty()) await pending.write(models, session);
  };
  return {
    feed: () => ({ updated: latestTime, seq }),
    state: (name) => states.get(name),
    isAnswered: (key, now) => (answers.get(key) ?? 0) > now,
    add: ({ writes, guards = [], audit = [], outbox = [], answer }) => {
      guards.forEach(rely);
      writes.forEach(put);
      const records = audit.map((record) => toAudit(record, next('audit')));
      const [first] = records;
      if (first !== undefined) isStored ??= async () => (await models.audit.exists({ _id: first._id, text: first.text }).maxTimeMS(maxTimeMS)) !== null;
      pending.journal('audit', records);
      pending.journal('outbox', outbox.map(({ topic, text }) => ({ _id: next('outbox'), topic, text })));
      if (answer === undefined) return;
      answers.set(answer.key, answer.expires);
      pending.answer({ _id: answer.key, fingerprint: answer.fingerprint, expires: answer.expires, answer: answer.answer });
    },
    flush,
    isStored: async () => isStored?.() ?? false,
    finish: async () => {
      await flush();
      if (used.versions === 0 || lane === undefined) return;
      await models.tally.updateOne({ _id: lane }, { $set: { seq }, $inc: { versions: used.versions } }, { session, maxTimeMS, upsert: true });
    },
  };
};

const toAudit = ({ text, number }: AuditRecord, _id: number): JournalDocument => ({ _id, topic: '', text, ...(number === undefined ? {} : { number }) });
