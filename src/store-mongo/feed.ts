/**
 * How far the feed may be read. Every commit has its positions from its own lane, above everything its transaction sees; a lane never
 * goes back. So what lies at or below the lowest lane is complete: no commit that lands later has a position there.
 */
import type { Connection } from 'mongoose';
import type { Clock } from '../core/clock.js';
import { FhirError } from '../core/error.js';
import { sharing } from '../core/sharing.js';
import { changeLanes, latest, readLanes } from './lane.js';
import { releaseDead } from './life.js';
import type { LaneDocument, Models } from './model.js';

export interface Feed {
  /**
   * Resolves with a position that everything is complete up to, every version (or record) whose commit was acknowledged before the call
   * among it: as long as no version is stored, that of versions is the same. Lanes that stand behind are moved up, which waits for the commits under way in them.
   */
  settled(of: 'versions' | 'records'): Promise<number>;
  /** A position that everything was complete up to when it was last asked. */
  known(): number;
}

/** Milliseconds to wait for commits under way before looking whether their processes are alive. */
const politeMs = 1_000;
/** Milliseconds after which it is given up; a process is known to be dead before. */
const patienceMs = 9_000;

/** Returns the feed of a database. */
export const makeFeed = (connection: Connection, models: Models, clock: Clock): Feed => {
  let known = 0;
  /** Moves lanes up, or waits until their own commits have. */
  const moveUp = async (lanes: readonly LaneDocument[], stamp: number): Promise<void> => {
    const begun = clock.monotonic();
    let look = begun + politeMs;
    let moving = move(models, lanes, stamp);
    for (let wait = 5; ; wait = Math.min(100, 2 * wait)) {
      const ended = await Promise.race([moving, pause(wait)]);
      if (ended === 'moved' || lowest(await readLanes(models, null)) >= stamp) return;
      const now = clock.monotonic();
      if (now - begun >= patienceMs) throw new FhirError('store-unavailable', 'Changes that are under way take too long to be waited for.', { retryAfter: 2 });
      if (now >= look) {
        await releaseDead(connection, models, clock.now());
        look = now + politeMs;
      }
      if (ended === 'held') moving = move(models, lanes, stamp);
    }
  };
  const complete = { versions: 0, records: 0 };
  const settle = async (of: keyof typeof complete): Promise<void> => {
    const lanes = await readLanes(models, null);
    const wanted = of === 'records' ? latest(lanes) : Math.max(0, ...lanes.map(({ seq }) => seq));
    if (lowest(lanes) < wanted) await moveUp(lanes, wanted);
    known = Math.max(known, wanted, lowest(lanes));
    complete[of] = of === 'versions' ? wanted : known;
  };
  // Who asks while others do waits for one move of the lanes with them.
  const settling = { versions: sharing(() => settle('versions')), records: sharing(() => settle('records')) };
  return {
    known: () => known,
    settled: async (of) => {
      await settling[of]();
      return complete[of];
    },
  };
};

type Move = 'moved' | 'held';

/** What fails is tried again by who waits for it: when the database is away, that fails too. */
const move = (models: Models, lanes: readonly LaneDocument[], stamp: number): Promise<Move> =>
  changeLanes(models, lanes.filter((lane) => lane.stamp < stamp).map(({ _id }) => ({ filter: { _id, stamp: { $lt: stamp } }, update: { $set: { stamp } } })), politeMs)
    .then(() => 'moved', () => 'held');

const pause = (ms: number): Promise<'waiting'> => new Promise((resolve) => { setTimeout(() => resolve('waiting'), ms); });

/** Returns up to where all lanes have come. */
export const lowest = (lanes: readonly LaneDocument[]): number => Math.min(...lanes.map(({ stamp }) => stamp));
