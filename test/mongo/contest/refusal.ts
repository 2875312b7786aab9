/** What the database itself refuses, whatever a server asks of it (https://www.mongodb.com/docs/manual/core/index-unique/). */
import mongoose from 'mongoose';
import type { Version } from '../../../src/store/resource.js';
import type { Store } from '../../../src/store/store.js';

/** Resolves with what is wrong when a change is based on what is no longer current. */
export const staleFaults = async (store: Store, stored: Version | undefined): Promise<string[]> => {
  if (stored === undefined) return [];
  const { type, id } = stored;
  const result = await store.commit({ writes: [{ type, id, method: 'DELETE', base: 0, index: [] }] }).catch((error: unknown) => String(error));
  return JSON.stringify(result) === '{"ok":false,"failed":"write","index":0}' ? [] : [`a change of what is no longer current was not refused: ${JSON.stringify(result)}`];
};

/** Resolves with what it took and should not have. */
export const refusalFaults = async (url: string): Promise<string[]> => {
  const connection = await mongoose.createConnection(url).asPromise();
  try {
    const versions = connection.collection('version');
    const [some] = await versions.find({}).limit(1).toArray();
    if (some === undefined) return ['nothing was stored'];
    try {
      await versions.insertOne({ ...some, _id: 1 as never });
      return ['the database takes a second version with the same number'];
    } catch (error) {
      return error instanceof mongoose.mongo.MongoServerError && error.code === 11_000 ? [] : [String(error)];
    }
  } finally {
    await connection.close();
  }
};
