/** What the database itself refuses, whatever a server asks of it (https://www.mongodb.com/docs/manual/core/index-unique/). */
import mongoose from 'mongoose';

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
