/** Decimals of search values with their implied precision (https://hl7.org/fhir/R4/search.html#number). */
import type { Interval } from './compare.js';

/** The open end of a range of numbers: finite, so that it survives JSON. */
export const endOfNumbers = Number.MAX_VALUE;

export interface Decimal {
  readonly value: number;
  /** Half of the last digit either way; the upper end belongs to the next value. */
  readonly from: number;
  readonly to: number;
}

const form = /^[-+]?(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([-+]?\d{1,3}))?$/;

/** Returns the decimal and what its digits imply: `100` is 99.5 to 100.5, `1e2` is 95 to 105; undefined when it is none. */
export const parseDecimal = (text: string): Decimal | undefined => {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = parts;
  const negative = text.startsWith('-');
  const digits = BigInt(whole + fraction) * 10n;
  const power = Number(exponent) - fraction.length - 1;
  const at = (mantissa: bigint): number => Number(`${String(mantissa)}e${String(power)}`);
  const [value, near, far] = [at(digits), at(digits - 5n), at(digits + 5n)];
  if (!Number.isFinite(far)) return undefined;
  return negative ? { value: 0 - value, from: 0 - far, to: 0 - near } : { value, from: near, to: far };
};

const bits = new DataView(new ArrayBuffer(8));
const step = (value: number, up: boolean): number => {
  if (value === 0) return up ? Number.MIN_VALUE : -Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 === up ? 1n : -1n));
  return bits.getFloat64(0);
};

/** Returns the smallest number greater than `value`, or the end of the scale. */
export const numberAbove = (value: number): number => (value >= endOfNumbers ? endOfNumbers : step(value, true));

/** Returns the greatest number less than `value`, or the end of the scale. */
export const numberBelow = (value: number): number => (value <= -endOfNumbers ? -endOfNumbers : step(value, false));

/** Returns what a decimal covers, the upper end left out. */
export const impliedInterval = ({ from, to }: Pick<Decimal, 'from' | 'to'>): Interval => ({ low: from, high: numberBelow(to) });

/** Returns ten percent either way, which is what the specification recommends for `ap`. */
export const nearInterval = (value: number): Interval => ({ low: value - Math.abs(value) * 0.1, high: value + Math.abs(value) * 0.1 });
