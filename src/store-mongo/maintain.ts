/** Upkeep: the index made anew or compared, expired answers removed, the whole database checked against itself. */
import type { ClientSession } from 'mongoose';
import { FhirError } from '../core/error.js';
import type { IndexFault, MaintenanceReport, MaintenanceTask } from '../store/store.js';
import { packEntries } from '../store-index/packed.js';
import { indexKeys } from './index-keys.js';
import { countAll, readTallies } from './lane.js';
import { claimNote } from './lease.js';
import { forgetDead } from './life.js';
import { nameOf } from './name.js';
import { orderFields, orderOf, type Order } from './order.js';
import { bytesOf } from './search/candidate.js';
import { maxTimeMS, readAtOnce, transact } from './transaction.js';
import type { Writing } from './writer.js';

const day = 86_400_000;

type IndexTask = Extract<MaintenanceTask, { readonly entries: unknown }>;

/** Resolves with what was done and found. */
export const maintain = async (writing: Writing, task: MaintenanceTask): Promise<MaintenanceReport> => {
  switch (task.task) {
    case 'expire':
      await writing.models.lease.deleteMany({ note: claimNote, until: { $lte: task.now } }, { maxTimeMS });
      await forgetDead(writing.models, task.now - day);
      return { done: (await writing.models.answer.deleteMany({ expires: { $lte: task.now } }, { maxTimeMS })).deletedCount, faults: [] };
    case 'expire-audit':
      return { done: await expireAudit(writing, task), faults: [] };
    case 'reindex':
      return { done: await reindex(writing, task), faults: [] };
    case 'check-index':
      return readAtOnce(writing.connection, (session) => checkIndex(writing, task, session));
    case 'check-files':
      return readAtOnce(writing.connection, (session) => checkAll(writing, session));
    case 'backup':
      throw new FhirError('not-implemented', 'A MongoDB store is copied with the database\'s own tools: mongodump --uri=STORE_URL --oplog for a consistent copy while serving, or snapshots of your provider.');
  }
};

/**
 * Numbers follow from blocks of records, so whole blocks go, and the last of all stays: numbering goes on behind it. Records first: a
 * block without them is removed by whoever comes next.
 */
const expireAudit = async ({ models }: Writing, { upTo, events }: Extract<MaintenanceTask, { readonly task: 'expire-audit' }>): Promise<number> => {
  const keys = events.map((id) => nameOf({ type: 'AuditEvent', id }));
  await models.version.updateMany({ key: { $in: keys }, version: 1, method: { $ne: 'DELETE' } }, { $unset: { body: 1 } }, { maxTimeMS });
  const blocks = await models.block.find({ _id: { $lte: upTo + 1 } }).hint({ _id: 1 }).sort({ _id: 1 }).maxTimeMS(maxTimeMS).lean();
  const whole = blocks.filter(({ _id, count }) => _id + count - 1 <= upTo).slice(0, blocks.length - 1);
  const last = whole.at(-1);
  if (last === undefined) return 0;
  await models.audit.deleteMany({ _id: { $lte: last.to } }, { maxTimeMS });
  await models.block.deleteMany({ _id: { $lte: last._id } }, { maxTimeMS });
  return whole.reduce((sum, { count }) => sum + count, 0);
};

/** One that has changed since is passed over: its commit has written its index. */
const reindex = ({ patience, models, keys, lane }: Writing, { entries }: IndexTask): Promise<number> =>
  transact(lane.sessions, patience, async (session) => {
    const rows = await models.resource.find({ _id: { $in: entries.map(({ key }) => nameOf(key)) }, deleted: false }, { id: 1, type: 1, updated: 1, first: 1, deleted: 1 }).session(session).maxTimeMS(maxTimeMS).lean();
    const kept = new Map(rows.map((row) => [row._id, row]));
    const changes = entries.flatMap(({ key, version, index }) => {
      const [row, packed] = [kept.get(nameOf(key)), packEntries(key.type, index, keys)];
      if (row === undefined) return [];
      return [{ updateOne: { filter: { _id: row._id, version, deleted: false }, update: { $set: { packed, keys: indexKeys(packed, keys), ...orderOf({ ...row, packed }, keys) } } } }];
    });
    return changes.length === 0 ? 0 : (await models.resource.bulkWrite(changes, { session, maxTimeMS })).matchedCount;
  });

const sameKeys = (kept: readonly (number | string)[], expected: readonly (number | string)[]): boolean => {
  const wanted = new Set(expected);
  return kept.length === wanted.size && kept.every((key) => wanted.has(key));
};

const sameOrder = (kept: Order, { lists, ...places }: Order): boolean =>
  sameKeys(kept.lists, lists) && orderFields.every((field) => kept[field] === places[field]);

const checkIndex = async ({ models, keys }: Writing, { entries }: IndexTask, session: ClientSession): Promise<MaintenanceReport> => {
  const rows = await models.resource.find({ _id: { $in: entries.map(({ key }) => nameOf(key)) }, deleted: false }).session(session).maxTimeMS(maxTimeMS).lean();
  const kept = new Map(rows.map((row) => [row._id, row]));
  const faults = entries.flatMap(({ key, version, index }): IndexFault[] => {
    const row = kept.get(nameOf(key));
    if (row?.version !== version) return [];
    const packed = packEntries(key.type, index, keys);
    if (!bytesOf(row.packed).equals(packed)) return [{ ...key, problem: 'the kept entries are not those of the resource' }];
    if (!sameKeys(row.keys, indexKeys(packed, keys))) return [{ ...key, problem: 'the index does not lead to the resource by all of its values' }];
    return sameOrder(row, orderOf({ ...row, packed }, keys)) ? [] : [{ ...key, problem: 'the resource is not in its place in the order of dates or of changes' }];
  });
  return { done: entries.length, faults };
};

/** Whether the feed has no gap, versions are dense, and the index is what the kept entries say. */
const checkAll = async ({ models, keys }: Writing, session: ClientSession): Promise<MaintenanceReport> => {
  const faults: IndexFault[] = [];
  const counted = countAll(await readTallies(models, session));
  const versions = await models.version.countDocuments({}).session(session);
  if (versions !== counted) faults.push({ type: '', id: '', problem: `the lanes of the change feed count ${String(counted)} versions, there are ${String(versions)}` });
  let done = 0;
  let accounted = 0;
  for await (const row of models.resource.find({}).session(session).lean().cursor()) {
    const { type, id, version, deleted } = row;
    const packed = bytesOf(row.packed);
    done += 1;
    accounted += version;
    if (!sameOrder(row, orderOf({ ...row, packed }, keys))) faults.push({ type, id, problem: 'its place in the orders is not what the kept entries say' });
    if (!sameKeys(row.keys, deleted ? [] : indexKeys(packed, keys))) faults.push({ type, id, problem: 'the index is not what the kept entries say' });
  }
  if (accounted !== versions) faults.push({ type: '', id: '', problem: `the resources account for ${String(accounted)} versions of ${String(versions)}` });
  return { done, faults };
};
