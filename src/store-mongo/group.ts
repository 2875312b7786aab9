/**
 * What a group of commits has changed and not yet written, within its transaction. Reads come first and writes last, so that
 * documents others want are held for as short as can be.
 */
import type { AnyBulkWriteOperation, ClientSession, mongo } from 'mongoose';
import type { Commit, ResourceKey, Write } from '../store/resource.js';
import { toInstant } from '../core/clock.js';
import { packEntries } from '../store-index/packed.js';
import type { Keys } from '../store-index/keys.js';
import { indexKeys } from './index-keys.js';
import { forever, type AnswerDocument, type FeedDocument, type JournalDocument, type Models, type ResourceDocument, type VersionDocument } from './model.js';
import { maxTimeMS, Outrun } from './transaction.js';

/** Characters of `meta.lastUpdated` in the text. */
const stampLength = 24;
/** Documents in one command. */
const together = 500;

export type State = Pick<ResourceDocument, 'version' | 'deleted' | 'first' | 'seq'>;

export const nameOf = ({ type, id }: ResourceKey): string => `${type}/${id}`;

export interface Group {
  readonly feed: () => FeedDocument;
  /** The newest version of a resource, as of what the group has changed. */
  readonly state: (name: string) => State | undefined;
  readonly isAnswered: (key: string, now: number) => boolean;
  readonly add: (commit: Commit) => void;
  /** Writes what is not yet written, so that searches within the transaction see it. */
  readonly flush: () => Promise<void>;
}

interface Begun {
  readonly models: Models;
  readonly keys: Keys;
  readonly session: ClientSession;
  readonly commits: readonly Commit[];
  readonly now: number;
}

/** Resolves with a group: all that its commits name is read. */
export const beginGroup = async (begun: Begun): Promise<Group> => {
  const { models, session, commits, now } = begun;
  const found = await models.feed.findOne({ _id: 'feed' }).session(session).maxTimeMS(maxTimeMS).lean();
  if (found === null) throw new Error('the database has lost its feed');
  const answerKeys = commits.flatMap(({ answer }) => answer?.key ?? []);
  const kept = answerKeys.length === 0 ? [] : await models.answer.find({ _id: { $in: answerKeys } }, { expires: 1 }).session(session).maxTimeMS(maxTimeMS).lean();
  const states = await readStates(begun, [...new Set(commits.flatMap(namesOf))]);
  return makeGroup(begun, { feed: { ...found, updated: Math.max(found.updated, now) }, kept: found, states, answers: new Map(kept.map(({ _id, expires }) => [_id, expires])) });
};

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
  readonly feed: FeedDocument;
  /** As it stands in the database. */
  readonly kept: FeedDocument;
  readonly states: Map<string, State>;
  readonly answers: Map<string, number>;
}

const makeGroup = ({ models, keys, session }: Begun, known: Known): Group => {
  let { feed, kept } = known;
  const { states, answers } = known;
  const pending = makePending();
  const put = ({ type, id, method, base, body, index, updated = feed.updated }: Write): void => {
    const name = nameOf({ type, id });
    const before = states.get(name);
    const seq = feed.seq + 1;
    feed = { ...feed, seq, updated: Math.max(feed.updated, updated) };
    const packed = body === undefined ? Buffer.alloc(0) : packEntries(type, index, keys);
    const state: State = { version: base + 1, deleted: body === undefined, first: before?.first ?? seq, seq };
    states.set(name, state);
    pending.resource({ _id: name, type, id, updated, packed, keys: indexKeys(packed, keys), ...state }, before?.version ?? 0);
    const text = body && body.text.slice(0, body.stampAt) + toInstant(updated) + body.text.slice(body.stampAt + stampLength);
    pending.version({ _id: seq, key: name, type, id, version: base + 1, updated, until: forever, method, body: text }, before?.seq);
  };
  return {
    feed: () => feed,
    state: (name) => states.get(name),
    isAnswered: (key, now) => (answers.get(key) ?? 0) > now,
    add: ({ writes, audit = [], outbox = [], answer }) => {
      writes.forEach(put);
      pending.journal('audit', audit.map(({ text }, at) => ({ _id: feed.audit + at + 1, topic: '', text })));
      pending.journal('outbox', outbox.map(({ topic, text }, at) => ({ _id: feed.outbox + at + 1, topic, text })));
      feed = { ...feed, audit: feed.audit + audit.length, outbox: feed.outbox + outbox.length };
      if (answer === undefined) return;
      answers.set(answer.key, answer.expires);
      pending.answer({ _id: answer.key, fingerprint: answer.fingerprint, expires: answer.expires, answer: answer.answer });
    },
    flush: async () => {
      if (pending.isEmpty()) return;
      const { _id, ...next } = feed;
      // The feed is first: of two processes that write at once one learns here that it comes second, before it has written anything.
      const moved = await models.feed.updateOne({ _id, seq: kept.seq, audit: kept.audit, outbox: kept.outbox }, { $set: next }, { session, maxTimeMS });
      if (moved.matchedCount !== 1) throw new Outrun('another process has committed');
      kept = feed;
      await pending.write(models, session);
    },
  };
};

interface Pending {
  readonly isEmpty: () => boolean;
  /** `base`: the version that is there; 0 for none. */
  readonly resource: (document: ResourceDocument, base: number) => void;
  /** `before`: feed position of the version that ends with this one. */
  readonly version: (document: VersionDocument, before: number | undefined) => void;
  readonly journal: (name: 'audit' | 'outbox', documents: readonly JournalDocument[]) => void;
  readonly answer: (document: AnswerDocument) => void;
  readonly write: (models: Models, session: ClientSession) => Promise<void>;
}

const makePending = (): Pending => {
  const resources = new Map<string, { readonly document: ResourceDocument; readonly base: number }>();
  const versions = new Map<number, VersionDocument>();
  const ended = new Map<number, number>();
  const journals: Record<'audit' | 'outbox', JournalDocument[]> = { audit: [], outbox: [] };
  const answers = new Map<string, AnswerDocument>();
  return {
    isEmpty: () => versions.size + journals.audit.length + journals.outbox.length + answers.size === 0,
    resource: (document, base) => { resources.set(document._id, { document, base: resources.get(document._id)?.base ?? base }); },
    version: (document, before) => {
      versions.set(document._id, document);
      const earlier = before === undefined ? undefined : versions.get(before);
      if (earlier !== undefined) versions.set(earlier._id, { ...earlier, until: document.updated });
      else if (before !== undefined) ended.set(before, document.updated);
    },
    journal: (name, documents) => { journals[name].push(...documents); },
    answer: (document) => { answers.set(document._id, document); },
    write: async (models, session) => {
      const insert = <T extends mongo.Document>(documents: Iterable<T>) => [...documents].map((document) => ({ insertOne: { document } }) as AnyBulkWriteOperation<T>);
      await inPortions(insert(versions.values()), (part) => models.version.bulkWrite(part, { session, maxTimeMS }));
      await inPortions([...ended].map(([_id, until]) => ({ updateOne: { filter: { _id }, update: { $set: { until } } } }) as AnyBulkWriteOperation<VersionDocument>), (part) => models.version.bulkWrite(part, { session, maxTimeMS }));
      await inPortions([...resources.values()].map(toChange), async (part) => {
        const { insertedCount, matchedCount } = await models.resource.bulkWrite(part, { session, maxTimeMS });
        if (insertedCount + matchedCount !== part.length) throw new Outrun('another process has changed a resource');
      });
      for (const name of ['audit', 'outbox'] as const) await inPortions(insert(journals[name]), (part) => models[name].bulkWrite(part, { session, maxTimeMS }));
      await inPortions([...answers.values()].map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true } }) as AnyBulkWriteOperation<AnswerDocument>), (part) => models.answer.bulkWrite(part, { session, maxTimeMS }));
      for (const part of [resources, versions, ended, answers]) part.clear();
      for (const name of ['audit', 'outbox'] as const) journals[name] = [];
    },
  };
};

/** A resource changes only from the version the commit was decided on: compare and set. */
const toChange = ({ document, base }: { readonly document: ResourceDocument; readonly base: number }): AnyBulkWriteOperation<ResourceDocument> => {
  if (base === 0) return { insertOne: { document } };
  const { _id, ...fields } = document;
  return { updateOne: { filter: { _id, version: base }, update: { $set: fields } } };
};

const inPortions = async <T>(operations: readonly T[], run: (part: T[]) => Promise<unknown>): Promise<void> => {
  for (let at = 0; at < operations.length; at += together) await run(operations.slice(at, at + together));
};
