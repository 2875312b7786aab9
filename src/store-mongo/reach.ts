/**
 * Whether the database can be reached, as the driver's heartbeat finds (https://www.mongodb.com/docs/manual/core/replica-set-elections/). Once it has been
 * away for longer than an election is waited for, whatever waits learns it at once, and so does whatever comes, until it is back.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection, mongo } from 'mongoose';
import { awayError, storing } from './failure.js';

export interface Reach {
  /** Resolves with what `run` does; rejects with errors of the table, in a bounded time also where the database never answers. */
  readonly call: <T>(run: () => Promise<T>) => Promise<T>;
  /** Rejects with `store-unavailable` while the database is away. */
  readonly demand: () => Promise<void>;
  /** `act` is called whenever the database is found to be away. */
  readonly onAway: (act: () => void) => void;
}

/** Milliseconds: as long as the driver looks for a server to send a command to. */
const awayMs = 1_500;

/** Returns the watch over a connection that is open; it ends with the connection. */
export const watchReach = (connection: Connection): Reach => {
  const waiting = new Set<(error: unknown) => void>();
  const told: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isAway = false;
  const leave = (): void => {
    isAway = true;
    for (const reject of waiting) reject(awayError());
    for (const act of told) act();
  };
  connection.getClient().on('topologyDescriptionChanged', ({ newDescription: { servers } }: mongo.TopologyDescriptionChangedEvent) => {
    const isThere = [...servers.values()].some(({ isWritable }) => isWritable);
    if (isThere || servers.size === 0) {
      clearTimeout(timer);
      timer = undefined;
      isAway = false;
    } else timer ??= setTimeout(leave, awayMs).unref();
  });
  const demand = async (): Promise<void> => {
    if (!isAway) return;
    // Who asks again at once must not keep the heartbeat from being heard.
    await nextTurn();
    throw awayError();
  };
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    await demand();
    let leaving: (error: unknown) => void = () => undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        leaving = reject;
        waiting.add(leaving);
        storing(run).then(resolve, reject);
      });
    } finally {
      waiting.delete(leaving);
    }
  };
  return { call, demand, onAway: (act) => { told.push(act); } };
};
