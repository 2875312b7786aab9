/** A set of concept positions of one code system, one bit each: 350,000 concepts take 44 kB. */
export interface Bits {
  readonly size: number;
  has(at: number): boolean;
  add(at: number): void;
  /** Members in rising order. */
  [Symbol.iterator](): Iterator<number>;
  /** 32 positions each. */
  readonly words: Uint32Array;
}

const countOf = (word: number): number => {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

const fromWords = (words: Uint32Array, length: number, members: number): Bits => {
  let size = members;
  const has = (at: number): boolean => at >= 0 && at < length && ((words[at >>> 5] ?? 0) >>> (at & 31)) % 2 === 1;
  return {
    get size() { return size; }, has, words,
    add: (at) => {
      if (at < 0 || at >= length || has(at)) return;
      words[at >>> 5] = (words[at >>> 5] ?? 0) | (1 << (at & 31));
      size += 1;
    },
    * [Symbol.iterator]() {
      for (let index = 0; index < words.length; index += 1) {
        for (let word = words[index] ?? 0; word !== 0; word &= word - 1) yield index * 32 + 31 - Math.clz32(word & -word);
      }
    },
  };
};

/** Returns a set for positions below `length`, empty or, with `full`, of all of them. */
export const makeBits = (length: number, full = false): Bits => {
  const words = new Uint32Array(Math.ceil(length / 32));
  if (full) {
    words.fill(0xffffffff);
    if (length % 32 !== 0) words[words.length - 1] = 2 ** (length % 32) - 1;
  }
  return fromWords(words, length, full ? length : 0);
};

/** Returns a set of these positions. */
export const bitsOf = (length: number, positions: Iterable<number>): Bits => {
  const found = makeBits(length);
  for (const at of positions) found.add(at);
  return found;
};

const combined = (length: number, of: (index: number) => number): Bits => {
  const words = new Uint32Array(Math.ceil(length / 32));
  let size = 0;
  for (let index = 0; index < words.length; index += 1) {
    const word = of(index) >>> 0;
    words[index] = word;
    size += countOf(word);
  }
  return fromWords(words, length, size);
};

/** Returns what is in both. */
export const both = (length: number, a: Bits, b: Bits): Bits => combined(length, (index) => (a.words[index] ?? 0) & (b.words[index] ?? 0));

/** Returns what is in one of them. */
export const either = (length: number, a: Bits, b: Bits): Bits => combined(length, (index) => (a.words[index] ?? 0) | (b.words[index] ?? 0));

/** Returns what is in `a` and not in `b`. */
export const without = (length: number, a: Bits, b: Bits): Bits => combined(length, (index) => (a.words[index] ?? 0) & ~(b.words[index] ?? 0));

/** Returns what is not in `a`. */
export const others = (length: number, a: Bits): Bits => without(length, makeBits(length, true), a);
