/**
 * That a process lives is a lease of its own; the sessions it writes in are noted with it, so that what it leaves open when it dies can be ended by
 * others (https://www.mongodb.com/docs/manual/reference/command/killSessions/).
 */
import { randomUUID } from 'node:crypto';
import { mongo, type Connection } from 'mongoose';
import type { Observe } from '../core/observe.js';
import type { Lease, LeaseStore } from '../store/lease.js';
import type { Models } from './model.js';
import { makeSessions, sessionId, type Sessions } from './session.js';
import { maxTimeMS } from './transaction.js';

export interface Life {
  /** Those that transactions that write are in: others know each before it is used. */
  readonly sessions: Sessions;
  readonly close: () => Promise<void>;
}

/** Milliseconds: a process that has not been heard of for so long is taken for dead. */
export const lifeMs = 6_000;
export const renewMs = 2_000;

/** Sessions that are noted: fewer are ever in use at once, and each is used again. */
const sessionsKnown = 8;

const prefix = 'process/';
/** Comes after every name with the prefix. */
const afterPrefix = 'process0';

export interface LifeMeans {
  readonly connection: Connection;
  readonly leases: LeaseStore;
  readonly observe: Observe;
}

/** Resolves with the life of this process. */
export const beginLife = async ({ connection, leases, observe }: LifeMeans): Promise<Life> => {
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
  const announce = async (id: string): Promise<void> => {
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
  };
  const sessions = makeSessions(connection, async (session) => announce(sessionId(session)));
  return {
    sessions,
    close: async () => {
      clearInterval(renew);
      await sessions.close();
      const lease = await renewed();
      await leases.note(lease, '');
      await leases.release(lease);
    },
  };
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
