/** A small seeded generator (sfc32): the same seed gives the same clinic on every machine. Not for secrets. */

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [low, high]. */
  between(low: number, high: number): number;
  /** Whether something of this probability happens. */
  chance(probability: number): boolean;
  /** One of the items, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** `count` different items in the order of the list. */
  some<T>(items: readonly T[], count: number): T[];
  /** A number around 0, nearly all within -1 and 1. */
  noise(): number;
  /** A UUID in the form of version 4. */
  uuid(): string;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Returns unsigned 32-bit numbers, evenly spread; each key gives another sequence. */
const makeStream = (key: readonly number[]): (() => number) => {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  const step = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (const part of key) {
    a ^= part | 0;
    b ^= Math.floor(part / 0x1_0000_0000) | 0;
    for (let turn = 0; turn < 12; turn += 1) step();
  }
  return step;
};

const makeUuid = (step: () => number): (() => string) => {
  const four = (word: number): string => `${hex[word >>> 24] ?? ''}${hex[(word >>> 16) & 255] ?? ''}${hex[(word >>> 8) & 255] ?? ''}${hex[word & 255] ?? ''}`;
  return () => {
    const second = four((step() & 0xffff0fff) | 0x4000);
    const third = four((step() & 0x3fffffff) | 0x80000000);
    return `${four(step())}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${four(step())}`;
  };
};

/** Returns the generator of a key: `[seed, index]` gives every patient a sequence of its own. */
export const makeRandom = (...key: readonly number[]): Random => {
  const step = makeStream(key);
  const next = (): number => step() / 0x1_0000_0000;
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[between(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const some = <T>(items: readonly T[], count: number): T[] => {
    let left = Math.min(count, items.length);
    return items.filter((_, index) => {
      const taken = next() * (items.length - index) < left;
      if (taken) left -= 1;
      return taken;
    });
  };
  return { next, between, pick, some, chance: (probability) => next() < probability, noise: () => (next() + next() + next()) / 1.5 - 1, uuid: makeUuid(step) };
};
