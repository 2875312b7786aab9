/** A set of concept positions of one code system, one bit each: 350,000 concepts take 44 kB. */
export interface Bits {
  readonly size: number;
  has(at: number): boolean;
  add(at: number): void;
  /** Members in rising order. */
  [Symbol.iterator](): Iterator<number>;
}

/** Returns a set for positions below `length`, empty or, with `full`, of all of them. */
export const makeBits = (length: number, full = false): Bits => {
  const words = new Uint32Array(Math.ceil(length / 32));
  let size = 0;
  const has = (at: number): boolean => at >= 0 && at < length && ((words[at >>> 5] ?? 0) >>> (at & 31)) % 2 === 1;
  const add = (at: number): void => {
    if (at < 0 || at >= length || has(at)) return;
    words[at >>> 5] = (words[at >>> 5] ?? 0) | (1 << (at & 31));
    size += 1;
  };
  if (full) {
    words.fill(0xffffffff);
    size = length;
  }
  return {
    get size() { return size; }, has, add,
    * [Symbol.iterator]() {
      for (let at = 0; at < length; at += 1) if (has(at)) yield at;
    },
  };
};

/** Returns what is in both. */
export const both = (length: number, a: Bits, b: Bits): Bits => {
  const found = makeBits(length);
  for (const at of a) if (b.has(at)) found.add(at);
  return found;
};

/** Returns what is not in `a`. */
export const others = (length: number, a: Bits): Bits => {
  const found = makeBits(length);
  for (let at = 0; at < length; at += 1) if (!a.has(at)) found.add(at);
  return found;
};
