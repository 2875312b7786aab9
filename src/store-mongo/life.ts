/**
 * That a process lives is a lease of its own; the sessions it writes in are noted with it, so that what it leaves open when it dies can be ended by
 * others (https://www.mongodb.com/docs/manual/reference/command/killSessions/).
 */
import { randomUUID } from 'node:crypto';
import { mongo, type ClientSession, type Connection } from 'mongoose';
import type { Observe } from '../core/observe.js';
import type { Lease, LeaseStore } from '../store/lease.js';
import type { Models } from './model.js';
import { maxTimeMS } from './transaction.js';

export interface Life {
  /** Resolves when others know the session a transaction that writes will be in. */
  readonly announce: (session: ClientSession) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Milliseconds: a process that has not been heard of for so long is taken for dead. */
export const lifeMs = 6_000;
export const renewMs = 2_000;

/** Sessions that are noted: the driver has few, and uses them again. */
const sessionsKnown = 8;

const prefix = 'process/';
/** Comes after every name with the prefix. */
const afterPrefix = 'process0';

/** Resolves with the life of this process. */
export const beginLife = async (leases: LeaseStore, observe: Observe): Promise<Life> => {
  const name = `${prefix}${randomUUID()}`;
  const known = new Set<string>();
  const renewed = async (): Promise<Lease> => {
    const lease = await leases.take(name, lifeMs);
    if (lease === undefined) throw new Error('a process has lost the lease that is its own');
    return lease;
  };
  const tell = async (lease: Lease): Promise<void> => {
    const note = [...known].join(' ');
    if (lease.note !== note) await leases.note(lease, note);
  };
  await renewed();
  const renew = setInterval(() => {
    // One that was taken for dead has to say again where it writes.
    renewed().then(tell).catch((error: unknown) => observe({ kind: 'failure', requestId: undefined, where: 'lane', error }));
  }, renewMs);
  renew.unref();
  return {
    announce: async (session) => {
      const id = sessionId(session);
      if (known.has(id)) return;
      known.add(id);
      const [oldest = ''] = known;
      if (known.size > sessionsKnown) known.delete(oldest);
      try {
        await tell(await renewed());
      } catch (error) {
        known.delete(id);
        throw error;
      }
    },
    close: async () => {
      clearInterval(renew);
      const lease = await renewed();
      await leases.note(lease, '');
      await leases.release(lease);
    },
  };
};

const sessionId = (session: ClientSession): string => {
  const { id } = session.id ?? {};
  if (id === undefined) throw new Error('a session has no id');
  return Buffer.from(id.buffer).toString('hex');
};

/** Ends the transactions of processes that are gone: until then what they were changing stands still. Resolves with whether there were any. */
export const releaseDead = async (connection: Connection, { lease }: Models, now: number): Promise<boolean> => {
  const dead = await lease.find({ _id: { $gte: prefix, $lt: afterPrefix }, until: { $lt: now }, note: { $ne: '' } }).hint({ _id: 1 }).maxTimeMS(maxTimeMS).lean();
  const sessions = dead.flatMap(({ note }) => note.split(' ')).map((id) => ({ id: new mongo.UUID(Buffer.from(id, 'hex')) }));
  if (sessions.length === 0) return false;
  await connection.getClient().db('admin').command({ killSessions: sessions });
  for (const { _id, until } of dead) await lease.updateOne({ _id, until }, { $set: { note: '' } }, { maxTimeMS });
  return true;
};

/** Removes what is left of processes that have been gone since before a time. */
export const forgetDead = async ({ lease }: Models, before: number): Promise<void> => {
  await lease.deleteMany({ _id: { $gte: prefix, $lt: afterPrefix }, until: { $lt: before } }, { maxTimeMS });
};
