/** The lease port on MongoDB: one document a lease, changed only where it still is as it was read (compare and set). */
import { randomUUID } from 'node:crypto';
import { mongo } from 'mongoose';
import type { Clock } from '../core/clock.js';
import type { Lease, LeaseStore } from '../store/lease.js';
import { openConnection } from './connection.js';
import { migrate } from './migrate.js';
import { makeModels, type LeaseDocument, type Models } from './model.js';
import { watchReach, type Reach } from './reach.js';
import { maxTimeMS } from './transaction.js';

/** Resolves with the open store. Rejects with a StoreFault as the clinical store does. */
export const openMongoLeases = async ({ url, clock }: { readonly url: string; readonly clock: Clock }): Promise<LeaseStore> => {
  const building = await openConnection({ url, patient: true });
  await migrate(building, clock).finally(() => building.close());
  const connection = await openConnection({ url });
  return makeLeases(makeModels(connection).lease, { clock, reach: watchReach(connection), close: () => connection.close() });
};

const options = { maxTimeMS };
/** What tells a claim from a lease. */
export const claimNote = 'claim';

const isTaken = (error: unknown): boolean => error instanceof mongo.MongoServerError && error.code === 11_000;

export interface LeaseMeans {
  readonly clock: Clock;
  readonly reach: Reach;
  readonly close: () => Promise<void>;
}

/** Returns the leases as one owner has them. */
export const makeLeases = (leases: Models['lease'], { clock, reach, close }: LeaseMeans): LeaseStore => {
  const owner = randomUUID();
  const begin = async (name: string): Promise<void> => {
    try {
      await leases.updateOne({ _id: name }, { $setOnInsert: { owner: '', token: 0, until: 0, note: '' } }, { ...options, upsert: true });
    } catch (error) {
      // Of two who insert it at once one is told of the other's.
      if (!isTaken(error)) throw error;
    }
  };
  const take = async (name: string, ms: number): Promise<Lease | undefined> => {
    const now = clock.now();
    const until = now + ms;
    const renewed = await leases.findOneAndUpdate({ _id: name, owner }, { $set: { until } }, { ...options, returnDocument: 'after' }).lean();
    if (renewed !== null) return toLease(renewed);
    const taken = await leases.findOneAndUpdate({ _id: name, until: { $lt: now } }, { $set: { owner, until }, $inc: { token: 1 } }, { ...options, returnDocument: 'after' }).lean();
    return taken === null ? undefined : toLease(taken);
  };
  return {
    take: (name, ms) => reach.call(async () => {
      const taken = await take(name, ms);
      if (taken !== undefined || (await leases.findOne({ _id: name }, { _id: 1 }, options).lean()) !== null) return taken;
      await begin(name);
      return take(name, ms);
    }),
    note: ({ name, token }, note) => reach.call(async () => (await leases.updateOne({ _id: name, owner, token }, { $set: { note } }, options)).matchedCount === 1),
    read: (name) => reach.call(async () => {
      const found = await leases.findOne({ _id: name }, null, options).lean();
      return found === null || found.token === 0 ? undefined : found.note;
    }),
    claim: (name, expires) => reach.call(async () => {
      try {
        await leases.bulkWrite([{ insertOne: { document: { _id: name, owner, token: 1, until: expires, note: claimNote } } }], options);
        return true;
      } catch (error) {
        if (!isTaken(error)) throw error;
        return false;
      }
    }),
    release: ({ name, token }) => reach.call(async () => { await leases.updateOne({ _id: name, owner, token }, { $set: { owner: '', until: 0 } }, options); }),
    close,
  };
};

const toLease = ({ _id, token, note }: LeaseDocument): Lease => ({ name: _id, token, note });
