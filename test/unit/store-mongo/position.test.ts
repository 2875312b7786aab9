import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laneCount, placeAfter, positionOf, positionsPerLane, timeOf } from '../../../src/store-mongo/position.js';

const anyTime = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2053, 0, 1) });
const anyPlace = fc.record({ lane: fc.nat(laneCount - 1), now: anyTime, count: fc.integer({ min: 1, max: positionsPerLane }) });

describe('feed positions', () => {
  it('come after all there are, in one millisecond of their lane, never before the clock', () => {
    fc.assert(fc.property(anyTime, fc.nat(laneCount * positionsPerLane - 1), anyPlace, (time, within, place) => {
      const last = positionOf(time) + within;
      const first = placeAfter(last, place);
      const end = first + place.count - 1;
      expect(first).toBeGreaterThan(last);
      expect(Number.isSafeInteger(end)).toBe(true);
      expect(timeOf(end)).toBe(timeOf(first));
      expect(timeOf(first)).toBeGreaterThanOrEqual(Math.max(place.now, timeOf(last)));
      expect(Math.floor(first / positionsPerLane) % laneCount).toBe(place.lane);
      expect(Math.floor(end / positionsPerLane) % laneCount).toBe(place.lane);
    }));
  });

  it('of two lanes that see the same are others, and order as their times do', () => {
    fc.assert(fc.property(anyTime, anyPlace, anyPlace, (time, one, other) => {
      fc.pre(one.lane !== other.lane);
      const last = positionOf(time);
      const [a, b] = [placeAfter(last, one), placeAfter(last, other)];
      const [first, second, size] = a < b ? [a, b, one.count] : [b, a, other.count];
      expect(first + size).toBeLessThanOrEqual(second);
      expect(timeOf(first)).toBeLessThanOrEqual(timeOf(second));
    }));
  });

  it('go on where more than a lane numbers in a millisecond are taken, and where a clock stands before all of them', () => {
    const start = positionOf(Date.UTC(2026, 0, 1));
    const large = placeAfter(start + 5, { lane: 3, now: Date.UTC(2026, 0, 1), count: 2_000 });
    expect(large).toBeGreaterThan(start + 5);
    expect(placeAfter(large + 1_999, { lane: 0, now: 0, count: 1 })).toBeGreaterThan(large + 1_999);
    expect(timeOf(placeAfter(0, { lane: 0, now: 5, count: 1 }))).toBe(Date.UTC(2020, 0, 1));
  });
});
