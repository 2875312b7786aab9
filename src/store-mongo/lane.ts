/** The lane of a process: the document that its commits, and no others, change. Who has which is a lease (https://www.mongodb.com/docs/manual/core/write-operations-atomicity/). */
import type { ClientSession, QueryFilter } from 'mongoose';
import type { Clock } from '../core/clock.js';
import type { Observe } from '../core/observe.js';
import type { Lease, LeaseStore } from '../store/lease.js';
import { lifeMs, renewMs, type Life } from './life.js';
import type { LaneDocument, Models, TallyDocument } from './model.js';
import { laneCount } from './position.js';
import type { Sessions } from './session.js';
import { isHeldUp, maxTimeMS, Outrun, transact, type Patience } from './transaction.js';

export interface Lane {
  readonly number: number;
  /** Those that transactions that write are in. */
  readonly sessions: Sessions;
  readonly close: () => Promise<void>;
}

export interface LaneOptions {
  readonly models: Models;
  readonly leases: LeaseStore;
  readonly life: Life;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Milliseconds a server that starts among busy ones waits for its lane. */
const startMs = 30_000;

const leaseOf = (lane: number): string => `lane/${String(lane)}`;

/** Resolves with a lane of this process. When there are more processes than lanes, some share one: then their commits meet. */
export const openLane = async (options: LaneOptions): Promise<Lane> => {
  const lease = await takeFree(options.leases);
  const number = lease === undefined ? Math.floor(options.patience.random() * laneCount) : Number(lease.name.slice(leaseOf(0).length - 1));
  await makeLane(options, number);
  return keepLane(options, number, lease);
};

const takeFree = async (leases: LeaseStore): Promise<Lease | undefined> => {
  for (let lane = 0; lane < laneCount; lane += 1) {
    const lease = await leases.take(leaseOf(lane), lifeMs);
    if (lease !== undefined) return lease;
  }
  return undefined;
};

/** A new lane changes all others, so that no commit that keeps them still can overlook it. */
const makeLane = async ({ models, patience, clock, life }: LaneOptions, number: number): Promise<void> => {
  if ((await models.lane.findOne({ _id: number }).maxTimeMS(maxTimeMS).lean()) !== null) return;
  const before = async (attempt: number): Promise<void> => {
    if (attempt > 0) await askForStillness(models, number, clock.now());
  };
  await transact(life.sessions, { ...patience, forMs: startMs, before }, async (session) => {
    const lanes = await readLanes(models, session);
    if (lanes.some(({ _id }) => _id === number)) return;
    const stamp = latest(lanes) + 1;
    await moveAll(models, session, { lanes, stamp });
    await models.lane.bulkWrite([{ insertOne: { document: { _id: number, stamp, seq: 0, wanted: 0, wantedBy: 0 } } }], { session, maxTimeMS });
  });
};

/** Moves all lanes within the transaction: with any commit of another lane that is under way one of the two is run again. */
export const moveAll = async (models: Models, session: ClientSession, { lanes, ...to }: { readonly lanes: readonly LaneDocument[]; readonly stamp: number; readonly seq?: number }): Promise<void> => {
  if (lanes.length === 0) return;
  const { matchedCount } = await models.lane.updateMany({}, { $set: { ...to, wanted: 0 } }, { session, maxTimeMS });
  if (matchedCount !== lanes.length) throw new Outrun('another process has come');
};

/** Milliseconds the other lanes keep still for a commit that must be alone, once it has been outrun. */
const stillMs = 1_000;

/** Resolves when the other lanes have been asked to keep still; they see it before their next commit. One whose commit takes longer is met again. */
export const askForStillness = async (models: Models, by: number, now: number): Promise<void> => {
  const lanes = await readLanes(models, null);
  try {
    await changeLanes(models, lanes.map(({ _id }) => ({ filter: { _id }, update: { $set: { wanted: now + stillMs, wantedBy: by } } })), maxTimeMS);
  } catch (error) {
    if (!isHeldUp(error)) throw error;
  }
};

interface LaneChange {
  readonly filter: QueryFilter<LaneDocument>;
  readonly update: { readonly $set: Partial<LaneDocument> };
}

/** Changes lanes outside of any transaction, one by one: each waits for the commit under way in it, and for no other. */
export const changeLanes = async (models: Models, changes: readonly LaneChange[], ms: number): Promise<void> => {
  await models.lane.bulkWrite(changes.map((updateOne) => ({ updateOne })), { ordered: false, maxTimeMS: ms });
};

/** Resolves with all lanes, as the transaction sees them. */
export const readLanes = (models: Models, session: ClientSession | null): Promise<LaneDocument[]> => models.lane.find({}).session(session).maxTimeMS(maxTimeMS).lean<LaneDocument[]>();

/** Returns the highest position there may be. */
export const latest = (lanes: readonly LaneDocument[]): number => Math.max(0, ...lanes.map(({ stamp }) => stamp));

/** Resolves with what went by way of each lane. */
export const readTallies = (models: Models, session: ClientSession): Promise<TallyDocument[]> => models.tally.find({}).session(session).maxTimeMS(maxTimeMS).lean<TallyDocument[]>();

/** Returns how many versions were ever stored. */
export const countAll = (tallies: readonly TallyDocument[]): number => tallies.reduce((sum, { versions }) => sum + versions, 0);

/** Resolves with how many versions there are up to a position: all are counted, and few come after it. */
export const countUpTo = async (models: Models, session: ClientSession, complete: number): Promise<number> => {
  const all = countAll(await readTallies(models, session));
  return all - await models.version.countDocuments({ _id: { $gt: complete } }).hint({ _id: 1 }).session(session).maxTimeMS(maxTimeMS);
};

const keepLane = ({ leases, observe, life }: LaneOptions, number: number, lease: Lease | undefined): Lane => {
  const tell = (error: unknown): void => { observe({ kind: 'failure', requestId: undefined, where: 'lane', error }); };
  const renew = setInterval(() => {
    if (lease !== undefined) leases.take(lease.name, lifeMs).catch(tell);
  }, renewMs);
  renew.unref();
  return {
    number,
    sessions: life.sessions,
    close: async () => {
      clearInterval(renew);
      // What cannot be given back now runs out by itself.
      await Promise.all([life.close(), lease === undefined ? undefined : leases.release(lease)]).catch(tell);
    },
  };
};
