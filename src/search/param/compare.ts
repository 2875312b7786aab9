/** Prefixes of ordered values as comparisons of intervals (https://hl7.org/fhir/R4/search.html#prefix). */
import { FhirError } from '../../core/error.js';
import { nearName } from '../../core/near-name.js';
import type { Predicate, RangePredicate } from '../../store/plan.js';
import { shown } from './value-text.js';

export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;
export type Prefix = (typeof prefixes)[number];

/** Returns the prefix (`eq` when there is none) and the value after it; throws for two letters that are no prefix. */
export const splitPrefix = (text: string, name: string): readonly [Prefix, string] => {
  const found = /^[A-Za-z]{2}(?=[-+.\d])/.exec(text)?.[0];
  if (found === undefined) return ['eq', text];
  const prefix = prefixes.find((each) => each === found);
  if (prefix !== undefined) return [prefix, text.slice(2)];
  const near = nearName(found, prefixes);
  throw new FhirError('unsupported-modifier', `"${found}" is not a prefix of the search parameter ${shown(name)}; it takes ${prefixes.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`, { location: `http.${shown(name)}` });
};

/** A search value as an interval, both ends inclusive. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Comparison {
  readonly prefix: Prefix;
  /** What the value covers with its implied precision: `eq`, `ne`. */
  readonly implied: Interval;
  /** What the others compare with: the same for dates, the exact value for numbers. */
  readonly exact: Interval;
  /** What `ap` covers. */
  readonly near: Interval;
  /** The next value up and down that an entry can have, and the ends of the scale. */
  readonly above: (value: number) => number;
  readonly below: (value: number) => number;
  readonly end: number;
  readonly base: Pick<RangePredicate, 'kind' | 'param' | 'within' | 'unit'>;
}

/** Returns what the prefix asks of the intervals indexed. `ne` asks for a value that differs: a resource without any is not found. */
export const compareRange = ({ prefix, implied, exact, near, above, below, end, base }: Comparison): Predicate => {
  const range = (compare: RangePredicate['compare'], low: number, high: number): Predicate => ({ op: 'range', ...base, compare, low, high });
  const either = (...of: Predicate[]): Predicate => ({ op: 'or', of });
  const reachesAbove = (value: number): Predicate => range('overlaps', above(value), end);
  const reachesBelow = (value: number): Predicate => range('overlaps', -end, below(value));
  const isPoint = exact.low === exact.high;
  switch (prefix) {
    case 'eq':
      return range('within', implied.low, implied.high);
    case 'ne':
      return either(reachesBelow(implied.low), reachesAbove(implied.high));
    case 'gt':
      return reachesAbove(exact.high);
    case 'lt':
      return reachesBelow(exact.low);
    case 'ge':
      return isPoint ? range('overlaps', exact.low, end) : either(reachesAbove(exact.high), range('within', exact.low, exact.high));
    case 'le':
      return isPoint ? range('overlaps', -end, exact.high) : either(reachesBelow(exact.low), range('within', exact.low, exact.high));
    case 'sa':
      return range('after', exact.low, exact.high);
    case 'eb':
      return range('before', exact.low, exact.high);
    case 'ap':
      return range('overlaps', near.low, near.high);
  }
};

/** Returns whether an indexed interval satisfies the comparison of a range predicate. */
export const inInterval = (entry: Interval, { compare, low, high }: RangePredicate): boolean => {
  switch (compare) {
    case 'within':
      return low <= entry.low && entry.high <= high;
    case 'overlaps':
      return entry.high >= low && entry.low <= high;
    case 'after':
      return entry.low > high;
    case 'before':
      return entry.high < low;
  }
};
