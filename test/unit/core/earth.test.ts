/** The box around a point holds all that is near enough; nothing that is near is cut off. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boxAround, distanceBetween, type Point } from '../../../src/core/earth.js';

const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
const point: fc.Arbitrary<Point> = fc.record({ latitude: fc.oneof(degrees(90), fc.constantFrom(90, -90, 0)), longitude: fc.oneof(degrees(180), fc.constantFrom(180, -180, 0)) });

describe('distances', () => {
  it('are those of known places', () => {
    const [berlin, sydney] = [{ latitude: 52.52, longitude: 13.405 }, { latitude: -33.8688, longitude: 151.2093 }];
    expect(distanceBetween(berlin, sydney) / 1000).toBeCloseTo(16_095, -2);
    expect(distanceBetween(berlin, berlin)).toBe(0);
    expect(distanceBetween({ latitude: 0, longitude: 179.99 }, { latitude: 0, longitude: -179.99 })).toBeCloseTo(2_224, -1);
  });

  it('never leave the box', () => {
    fc.assert(fc.property(point, point, (center, other) => {
      const { latitude, longitudes } = boxAround(center, distanceBetween(center, other));
      expect(other.latitude).toBeGreaterThanOrEqual(latitude[0]);
      expect(other.latitude).toBeLessThanOrEqual(latitude[1]);
      expect(longitudes.some(([low, high]) => low <= other.longitude && other.longitude <= high)).toBe(true);
    }), { numRuns: 2_000 });
  });
});
