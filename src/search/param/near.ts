/** `near` of Location: by distance (https://hl7.org/fhir/R4/location.html#positional-searching). */
import { boxAround, type Point } from '../../core/earth.js';
import type { Predicate } from '../../store/plan.js';
import { canonicalUnit } from '../ucum.js';
import { membersOf, type Asked, type Index } from './param-type.js';
import { badValue, splitAt, unescape } from './value-text.js';

/** Entries of the two coordinates. */
export const nearParams = { latitude: 'near:latitude', longitude: 'near:longitude' } as const;

const isDegrees = (value: unknown, most: number): value is number => typeof value === 'number' && Math.abs(value) <= most;

/** Adds the entries of a Location.position. */
export const indexPosition: Index = (value, { entries }) => {
  const { latitude, longitude } = membersOf(value);
  if (!isDegrees(latitude, 90) || !isDegrees(longitude, 180)) return;
  entries.push({ kind: 'number', param: nearParams.latitude, low: latitude, high: latitude });
  entries.push({ kind: 'number', param: nearParams.longitude, low: longitude, high: longitude });
};

/** Distance when none is given, in kilometres: the specification leaves it to the server. */
const usualDistance = '50';
const form = 'it must be latitude|longitude|distance|unit, such as 52.52|13.4|5|km';

/** Returns what `latitude|longitude|distance|unit` asks for. Throws `invalid-parameter`. */
export const compileNear = (text: string, { name }: Asked): Predicate => {
  const [latitude = '', longitude = '', distance, unit, ...more] = splitAt(text, '|').map(unescape);
  const point: Point = { latitude: toNumber(latitude), longitude: toNumber(longitude) };
  const metres = metresOf(distance === undefined || distance === '' ? usualDistance : distance, unit === undefined || unit === '' ? 'km' : unit);
  if (!isDegrees(point.latitude, 90) || !isDegrees(point.longitude, 180) || more.length > 0) throw badValue(name, text, form);
  if (metres === undefined || !(metres >= 0)) throw badValue(name, text, `${form}, the unit one of length in UCUM`);
  const box = boxAround(point, metres);
  const within = (param: string, [low, high]: readonly [number, number]): Predicate => ({ op: 'range', kind: 'number', param, compare: 'within', low, high });
  const across = box.longitudes.map((stretch) => within(nearParams.longitude, stretch));
  const [only] = across;
  return { op: 'and', of: [within(nearParams.latitude, box.latitude), across.length === 1 && only !== undefined ? only : { op: 'or', of: across }, { op: 'near', ...point, metres }] };
};

const toNumber = (text: string): number => (/^[-+]?\d{1,3}(\.\d{1,20})?$/.test(text) ? Number(text) : Number.NaN);

const metresOf = (distance: string, unit: string): number | undefined => {
  const canonical = canonicalUnit(unit);
  return canonical?.unit === 'm' && /^\d{1,9}(\.\d{1,9})?$/.test(distance) ? canonical.toBase(Number(distance)) : undefined;
};
