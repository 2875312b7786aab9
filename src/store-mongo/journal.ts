/**
 * The journals as the port has them. Records stand at positions; those of the audit are numbered without gaps behind the commits, block by
 * block, by whoever reads: a block is added or made longer only where the last one still is as it was read (compare and set).
 */
import { mongo } from 'mongoose';
import type { Numbered } from '../store/store.js';
import type { Feed } from './feed.js';
import type { BlockDocument, JournalDocument, Models } from './model.js';
import { maxTimeMS } from './transaction.js';

/** Records of one block at most. */
const blockSize = 1_000;
/** Positions begin far above; what lies below was numbered before there were any. */
const ownNumbers = 1e13;

interface Stretch {
  readonly after: number;
  readonly limit: number;
}

/** Resolves with records of a journal after a number, those of every acknowledged commit among them. */
export const readRecords = async (models: Models, feed: Feed, { journal, ...stretch }: Stretch & { readonly journal: 'audit' | 'outbox' }): Promise<Numbered[]> => {
  if (journal === 'audit') return readAudit(models, feed, stretch);
  const complete = await feed.settled('records');
  const found = await models.outbox.find({ _id: { $gt: stretch.after, $lte: complete } }).hint({ _id: 1 }).sort({ _id: 1 }).limit(stretch.limit).maxTimeMS(maxTimeMS).lean();
  return found.map(({ _id, topic, text }) => ({ number: _id, topic, text }));
};

const readAudit = async (models: Models, feed: Feed, { after, limit }: Stretch): Promise<Numbered[]> => {
  const last = await lastBlock(models);
  if (last === undefined || last._id + last.count <= after + limit) await numberUpTo(models, await feed.settled('records'));
  const records: Numbered[] = [];
  for await (const block of models.block.find({ _id: { $gt: after - blockSize } }).hint({ _id: 1 }).sort({ _id: 1 }).maxTimeMS(maxTimeMS).lean<BlockDocument[]>().cursor()) {
    const passed = Math.max(0, after + 1 - block._id);
    if (records.length >= limit) break;
    if (passed < block.count) records.push(...await recordsOf(models, block, { after: passed, limit: limit - records.length }));
  }
  return records;
};

const recordsOf = async ({ audit }: Models, { _id: first, from, to, count }: BlockDocument, { after, limit }: Stretch): Promise<Numbered[]> => {
  const found = await audit.find({ _id: { $gt: from, $lte: to } }).hint({ _id: 1 }).sort({ _id: 1 }).skip(after).limit(Math.min(limit, count - after)).maxTimeMS(maxTimeMS).lean();
  return found.map(({ topic, text }, at) => ({ number: first + after + at, topic, text }));
};

const lastBlock = async ({ block }: Models): Promise<BlockDocument | undefined> =>
  (await block.findOne({}).hint({ _id: 1 }).sort({ _id: -1 }).maxTimeMS(maxTimeMS).lean()) ?? undefined;

/** Numbers every record up to a position that they are complete to: so nothing is ever to be put between two of them. */
const numberUpTo = async (models: Models, complete: number): Promise<void> => {
  for (;;) {
    const last = await lastBlock(models);
    const found = await models.audit.find({ _id: { $gt: last?.to ?? 0, $lte: complete } }, { number: 1 }).hint({ _id: 1 }).sort({ _id: 1 }).limit(blockSize).maxTimeMS(maxTimeMS).lean();
    if (found.length === 0) return;
    await advance(models, last, found);
  }
};

const advance = async ({ block }: Models, last: BlockDocument | undefined, found: readonly Pick<JournalDocument, '_id' | 'number'>[]): Promise<void> => {
  const next = last === undefined ? 1 : last._id + last.count;
  const first = numberOf(found[0]) ?? next;
  const longer = last !== undefined && first === next && last.count < blockSize;
  const run = runOf(found, first, longer ? blockSize - last.count : blockSize);
  const to = run.at(-1)?._id ?? 0;
  if (longer) {
    await block.updateOne({ _id: last._id, to: last.to }, { $set: { to, count: last.count + run.length } }, { maxTimeMS });
    return;
  }
  try {
    await block.bulkWrite([{ insertOne: { document: { _id: first, from: last?.to ?? 0, to, count: run.length } } }], { maxTimeMS });
  } catch (error) {
    // Another has numbered them.
    if (!(error instanceof mongo.MongoServerError) || error.code !== 11_000) throw error;
  }
};

/** The number a record has had before it came here. */
const numberOf = (record: Pick<JournalDocument, '_id' | 'number'> | undefined): number | undefined =>
  record?.number ?? (record !== undefined && record._id < ownNumbers ? record._id : undefined);

/** The first records whose numbers follow each other. */
const runOf = <T extends Pick<JournalDocument, '_id' | 'number'>>(found: readonly T[], first: number, most: number): readonly T[] => {
  const end = found.findIndex((record, at) => (numberOf(record) ?? first + at) !== first + at);
  return found.slice(0, Math.min(most, end < 0 ? found.length : end));
};
