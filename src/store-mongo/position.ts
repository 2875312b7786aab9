/**
 * Feed positions: when, on which lane, the how many-th of that millisecond, in one number that stays exact until 2054
 * (https://tc39.es/ecma262/#sec-number.max_safe_integer). Positions of one millisecond come lane by lane.
 */

/** Lanes at most: processes that write without meeting each other. */
export const laneCount = 16;
/** Positions of one lane in one millisecond: what one commit may use without keeping the other lanes out. */
export const positionsPerLane = 512;
const perMoment = laneCount * positionsPerLane;
/** Milliseconds since 1970 at which moments begin. */
const origin = Date.UTC(2020, 0, 1);

/** Returns the milliseconds since 1970 that a position stands for. */
export const timeOf = (position: number): number => origin + Math.floor(position / perMoment);

/** Returns the first position of a time. */
export const positionOf = (time: number): number => Math.max(0, time - origin) * perMoment;

export interface Place {
  readonly lane: number;
  /** Milliseconds since 1970, as the process has it. */
  readonly now: number;
  /** Positions that follow each other there. */
  readonly count: number;
}

/** Returns the first of `count` positions, all after `last`; within one millisecond of the lane, as far as one holds so many. */
export const placeAfter = (last: number, { lane, now, count }: Place): number => {
  const moment = Math.floor(Math.max(last, positionOf(now)) / perMoment);
  const start = moment * perMoment + lane * positionsPerLane;
  const first = Math.max(start, last + 1);
  return first === start || first + count <= start + positionsPerLane ? first : start + perMoment;
};
