/** Whether the data may be served: one document that every commit looks at and next to none writes (https://www.mongodb.com/docs/manual/core/transactions/). */
import type { ClientSession, Connection } from 'mongoose';
import type { StoreMark } from '../store/resource.js';
import { databaseOf } from './connection.js';
import { maxTimeMS } from './transaction.js';

interface MarkDocument extends StoreMark {
  readonly _id: string;
}

const marks = (connection: Connection) => databaseOf(connection).collection<MarkDocument>('control');

/** Resolves with the mark as the transaction sees it, or as it is now. */
export const readMark = async (connection: Connection, session?: ClientSession): Promise<StoreMark> => {
  const found = await marks(connection).findOne({ _id: 'mark' }, { maxTimeMS, ...(session === undefined ? {} : { session }) });
  return found === null ? { state: 'open', text: '' } : { state: found.state, text: found.text };
};

/** Marks the store within the transaction. */
export const writeMark = async (connection: Connection, session: ClientSession, { state, text }: StoreMark): Promise<void> => {
  await marks(connection).updateOne({ _id: 'mark' }, { $set: { state, text } }, { session, upsert: true, maxTimeMS });
};
