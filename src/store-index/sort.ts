/** Values that results are sorted by, read from packed entries, and their order. */
import type { Position, SortKey } from '../store/plan.js';
import type { Keys } from './keys.js';
import { kinds, type PackedCursor } from './packed.js';

/** What of a resource is sorted by. */
export interface Sortable {
  readonly id: string;
  readonly updated: number;
  readonly entries: PackedCursor;
}

export type SortValue = string | number | null;

/** One match with what it is sorted by. */
export interface Sorted {
  readonly values: readonly SortValue[];
  /** Place of its type in the plan. */
  readonly at: number;
  readonly rid: number;
  readonly seq: number;
}

/** Reads one value of a candidate. */
export type ReadValue = (candidate: Sortable) => SortValue;

/** Returns the order of texts by code point; JavaScript's own is by UTF-16 unit. */
export const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
};

/** Surrogates stand for what comes after every other unit. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit <= 0xdfff ? unit + 0x2000 : unit - 0x800);

const compareValue = (a: SortValue, b: SortValue, descending: boolean): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : Number(a) - Number(b);
  return descending ? -order : order;
};

/** Returns the order of results: the keys, then type and first storing. */
export const comparer = (sort: readonly SortKey[]) => (a: Sorted, b: Sorted): number => {
  for (const [index, { descending }] of sort.entries()) {
    const order = compareValue(a.values[index] ?? null, b.values[index] ?? null, descending);
    if (order !== 0) return order;
  }
  return a.at - b.at || a.rid - b.rid;
};

/** Returns the place in the order that a page link of a sorted search names: the values of its keys, then type and first storing. */
export const toSorted = (position: Position, keys: number): Sorted => ({
  values: position.slice(0, keys), at: Number(position[keys]), rid: Number(position[keys + 1]), seq: 0,
});

/** Returns the link to what comes after a match: what `toSorted` reads. */
export const toPosition = ({ values, at, rid }: Sorted): Position => [...values, at, rid];

/** What collects the start of an order. */
export interface Foremost {
  readonly add: (one: Sorted) => void;
  /** Returns those kept, in order. */
  readonly all: () => Sorted[];
}

/** Keeps only the first `enough` of all matches after a place, however many there are: room for a few pages, put in order when it is full. */
export const foremost = (sort: readonly SortKey[], { after, enough }: { readonly after: Sorted | undefined; readonly enough: number }): Foremost => {
  const compare = comparer(sort);
  const full = 4 * enough + 256;
  let kept: Sorted[] = [];
  const trim = (): Sorted[] => (kept = kept.sort(compare).slice(0, enough));
  return {
    add: (one) => {
      if (after !== undefined && compare(one, after) <= 0) return;
      kept.push(one);
      if (kept.length >= full) trim();
    },
    all: trim,
  };
};

/** Returns how each key is read of a resource of a type. */
export const readersOf = (sort: readonly SortKey[], type: string, keys: Keys): ReadValue[] => sort.map((key) => readerOf(key, type, keys));

const readerOf = ({ param, kind, descending }: SortKey, type: string, keys: Keys): ReadValue => {
  if (param === '_id') return ({ id }) => id;
  if (param === '_lastUpdated') return ({ updated }) => updated;
  const { key } = keys.param(type, param);
  const wanted = kinds[kind];
  return ({ entries }) => best(entries, { key, kind: wanted, descending });
};

const best = (entries: PackedCursor, { key, kind, descending }: { key: number; kind: number; descending: boolean }): SortValue => {
  let found: SortValue = null;
  entries.rewind();
  while (entries.next()) {
    if (entries.key !== key || entries.kind !== kind || entries.within !== 0) continue;
    const value = valueOf(entries);
    if (value !== null && (found === null || compareValue(value, found, descending) < 0)) found = value;
  }
  return found;
};

const valueOf = (entry: PackedCursor): SortValue => {
  switch (entry.kind) {
    case kinds.date:
    case kinds.number:
    case kinds.quantity:
      return entry.low;
    default:
      return entry.hasText ? entry.text : null;
  }
};
