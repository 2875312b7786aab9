/** The connection to the database: bounded in number and in time (https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/). */
import mongoose, { type Connection } from 'mongoose';

export interface ConnectionOptions {
  /** `mongodb://host/database?replicaSet=name`. */
  readonly url: string;
  /** Whether a command may take long: the building of an index. */
  readonly patient?: boolean | undefined;
}

/** `timeoutMS` of the driver does nothing in this version: a stopped server would be waited for without end. These were measured. */
const times = { connectTimeoutMS: 1_000, serverSelectionTimeoutMS: 1_500, heartbeatFrequencyMS: 1_000, waitQueueTimeoutMS: 3_000 };
const socketTimeoutMS = 4_000;

const namesDatabase = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/;
/** Of the database, when the URL names none. */
const usualName = 'concierge';

/** The database is not one that commits can be made on. */
export class StoreFault extends Error {}

/** Resolves with an open connection; rejects with a StoreFault for a server that has no transactions. */
export const openConnection = async ({ url, patient = false }: ConnectionOptions): Promise<Connection> => {
  const connection = mongoose.createConnection(url, {
    ...times, ...(namesDatabase.test(url) ? {} : { dbName: usualName }), socketTimeoutMS: patient ? 0 : socketTimeoutMS, maxPoolSize: patient ? 1 : 20, minPoolSize: 0,
    autoIndex: false, autoCreate: false, bufferCommands: false, retryWrites: true, readConcernLevel: 'majority', writeConcern: { w: 'majority', journal: true }, readPreference: 'primary',
  });
  try {
    await connection.asPromise();
    await refuseStandAlone(connection);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
};

const refuseStandAlone = async (connection: Connection): Promise<void> => {
  const answer = await connection.getClient().db('admin').command({ hello: 1 });
  if (answer['setName'] === undefined && answer['msg'] !== 'isdbgrid') throw new StoreFault(standAlone);
};

const standAlone = 'STORE_URL names a stand-alone mongod, which has no transactions. Start it as a replica set of one: mongod --replSet rs0 ..., then once: mongosh --eval \'rs.initiate()\', and add ?replicaSet=rs0 to STORE_URL.';

/** Returns the database's own handle. */
export const databaseOf = (connection: Connection): NonNullable<Connection['db']> => {
  if (connection.db === undefined) throw new StoreFault('The connection to the database is closed.');
  return connection.db;
};
