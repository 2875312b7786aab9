/**
 * Keyed hashes of index keys: HalfSipHash-2-4 with a secret of the database (https://cr.yp.to/siphash/siphash-20120918.pdf),
 * so that nobody outside can make two values meet. Small integers make index rows small.
 */

/** The state after some input; input that many keys begin with is absorbed once. */
export interface HashState {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

let v0 = 0;
let v1 = 0;
let v2 = 0;
let v3 = 0;

const round = (): void => {
  v0 = (v0 + v1) | 0; v1 = (v1 << 5) | (v1 >>> 27); v1 ^= v0; v0 = (v0 << 16) | (v0 >>> 16);
  v2 = (v2 + v3) | 0; v3 = (v3 << 8) | (v3 >>> 24); v3 ^= v2;
  v0 = (v0 + v3) | 0; v3 = (v3 << 7) | (v3 >>> 25); v3 ^= v0;
  v2 = (v2 + v1) | 0; v1 = (v1 << 13) | (v1 >>> 19); v1 ^= v2; v2 = (v2 << 16) | (v2 >>> 16);
};

const word = (value: number): void => {
  v3 ^= value;
  round();
  round();
  v0 ^= value;
};

const load = ({ a, b, c, d }: HashState): void => { v0 = a; v1 = b; v2 = c; v3 = d; };

/** Two UTF-16 units a word, then the length: texts and their sequences stay apart. */
const text = (value: string): void => {
  const even = value.length & ~1;
  for (let at = 0; at < even; at += 2) word(value.charCodeAt(at) | (value.charCodeAt(at + 1) << 16));
  word((even < value.length ? value.charCodeAt(even) : 0) | (value.length << 16));
};

/** Returns the state for a secret of 64 bits. */
export const hashKey = (low: number, high: number): HashState => ({ a: low | 0, b: high | 0, c: 0x6c796765 ^ low, d: 0x74656462 ^ high });

/** Returns the state after the texts. */
export const absorb = (from: HashState, ...texts: readonly string[]): HashState => {
  load(from);
  for (const each of texts) text(each);
  return { a: v0, b: v1, c: v2, d: v3 };
};

export interface Hash {
  /** 48 bits. */
  readonly key: number;
  /** 16 further bits. */
  readonly check: number;
}

/** Returns the hash of a state and one more text. */
export const hashText = (from: HashState, value: string): Hash => {
  load(from);
  text(value);
  v2 ^= 0xee;
  round(); round(); round(); round();
  const first = v1 ^ v3;
  v1 ^= 0xdd;
  round(); round(); round(); round();
  const second = v1 ^ v3;
  return { key: (first & 0xffff) * 0x1_0000_0000 + (second >>> 0), check: first >>> 16 };
};

/** Returns the 48 bits of the hash alone. */
export const hash48 = (from: HashState, value: string): number => hashText(from, value).key;
