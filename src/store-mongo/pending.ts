/**
 * What a group of commits has changed and not yet written, within its transaction (https://www.mongodb.com/docs/manual/core/transactions/).
 */
import type { AnyBulkWriteOperation, ClientSession, mongo } from 'mongoose';
import { toPassage } from './gate.js';
import type { AnswerDocument, JournalDocument, Models, ResourceDocument, VersionDocument } from './model.js';
import { maxTimeMS, Outrun } from './transaction.js';

/** Documents in one command. */
export const together = 500;

export interface Pending {
  readonly isEmpty: () => boolean;
  /** `base`: the version that is there; 0 for none. */
  readonly resource: (document: ResourceDocument, base: number) => void;
  /** `before`: feed position of the version that ends with this one. */
  readonly version: (document: VersionDocument, before: number | undefined) => void;
  readonly journal: (name: 'audit' | 'outbox', documents: readonly JournalDocument[]) => void;
  readonly answer: (document: AnswerDocument) => void;
  /** A value that conditions may ask for is brought, or asked for. */
  readonly pass: (gate: number) => void;
  /** The commit relies on the resource as it is. */
  readonly touch: (name: string) => void;
  readonly write: (models: Models, session: ClientSession) => Promise<void>;
}

/** Returns nothing yet. */
export const makePending = (): Pending => {
  const resources = new Map<string, { readonly document: ResourceDocument; readonly base: number }>();
  const versions = new Map<number, VersionDocument>();
  const ended = new Map<number, { readonly key: string; readonly until: number }>();
  const journals: Record<'audit' | 'outbox', JournalDocument[]> = { audit: [], outbox: [] };
  const answers = new Map<string, AnswerDocument>();
  const passed = new Set<number>();
  const touched = new Set<string>();
  /** What the transaction has changed already is held by that. */
  const held = { gates: new Set<number>(), resources: new Set<string>() };
  return {
    isEmpty: () => versions.size + journals.audit.length + journals.outbox.length + answers.size === 0,
    resource: (document, base) => { resources.set(document._id, { document, base: resources.get(document._id)?.base ?? base }); },
    version: (document, before) => {
      versions.set(document._id, document);
      const earlier = before === undefined ? undefined : versions.get(before);
      if (earlier !== undefined) versions.set(earlier._id, { ...earlier, until: document.updated });
      else if (before !== undefined) ended.set(before, { key: document.key, until: document.updated });
    },
    journal: (name, documents) => { journals[name].push(...documents); },
    answer: (document) => { answers.set(document._id, document); },
    pass: (gate) => { passed.add(gate); },
    touch: (name) => { touched.add(name); },
    write: async (models, session) => {
      const gates = [...passed].filter((gate) => !held.gates.has(gate)).sort((a, b) => a - b);
      await inPortions(gates.map(toPassage), (part) => models.gate.bulkWrite(part, { session, maxTimeMS }));
      const insert = <T extends mongo.Document>(documents: Iterable<T>) => [...documents].map((document) => ({ insertOne: { document } }) as AnyBulkWriteOperation<T>);
      await inPortions(insert(versions.values()), (part) => models.version.bulkWrite(part, { session, maxTimeMS }));
      // Its name too: on shards that is what tells where it lies.
      await inPortions([...ended].map(([_id, { key, until }]) => ({ updateOne: { filter: { _id, key }, update: { $set: { until } } } }) as AnyBulkWriteOperation<VersionDocument>), (part) => models.version.bulkWrite(part, { session, maxTimeMS }));
      await inPortions([...resources.values()].map(toChange), async (part) => {
        const { insertedCount, matchedCount } = await models.resource.bulkWrite(part, { session, maxTimeMS });
        if (insertedCount + matchedCount !== part.length) throw new Outrun('another process has changed a resource');
      });
      for (const name of resources.keys()) held.resources.add(name);
      const relied = [...touched].filter((name) => !held.resources.has(name));
      await inPortions(relied.map((_id) => ({ updateOne: { filter: { _id }, update: { $inc: { touched: 1 } } } }) as AnyBulkWriteOperation<ResourceDocument>), (part) => models.resource.bulkWrite(part, { session, maxTimeMS }));
      for (const name of relied) held.resources.add(name);
      for (const gate of gates) held.gates.add(gate);
      for (const name of ['audit', 'outbox'] as const) await inPortions(insert(journals[name]), (part) => models[name].bulkWrite(part, { session, maxTimeMS }));
      await inPortions([...answers.values()].map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true } }) as AnyBulkWriteOperation<AnswerDocument>), (part) => models.answer.bulkWrite(part, { session, maxTimeMS }));
      for (const part of [resources, versions, ended, answers, passed, touched]) part.clear();
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
