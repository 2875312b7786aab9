/** Distances on the globe, taken as a sphere (the haversine formula): at most 0.6 % off. */

export interface Point {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
}

const radius = 6_371_008.8;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Returns metres from one point to another. */
export const distanceBetween = (a: Point, b: Point): number => {
  const [up, across] = [Math.sin(radians(b.latitude - a.latitude) / 2), Math.sin(radians(b.longitude - a.longitude) / 2)];
  const chord = up * up + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * across * across;
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(chord)));
};

export interface Box {
  readonly latitude: readonly [low: number, high: number];
  /** One stretch of longitudes, or two where the box crosses the 180th meridian. */
  readonly longitudes: readonly (readonly [low: number, high: number])[];
}

const wholeTurn = [[-180, 180]] as const;

/** Returns a box that holds every point within so many metres. */
export const boxAround = ({ latitude, longitude }: Point, metres: number): Box => {
  // A little more, so that rounding never cuts a point off.
  const angle = (metres / radius) * (180 / Math.PI) * 1.000001 + 1e-9;
  const [low, high] = [latitude - angle, latitude + angle];
  const pole = low <= -90 || high >= 90;
  const width = pole ? 180 : (Math.asin(Math.min(1, Math.sin(radians(Math.min(angle, 90))) / Math.cos(radians(latitude)))) * 180) / Math.PI * 1.000001 + 1e-9;
  const [west, east] = [longitude - width, longitude + width];
  const across = width >= 180 ? wholeTurn : west < -180 ? [[west + 360, 180], [-180, east]] as const : east > 180 ? [[west, 180], [-180, east - 360]] as const : [[west, east]] as const;
  return { latitude: [Math.max(low, -90), Math.min(high, 90)], longitudes: across };
};
