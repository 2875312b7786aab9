/** Canonical Huffman codes as tables: most symbols take one look, the long ones a few comparisons. */
import { Bzip2Error, type Bits } from './bits.js';

/** Longest code of the format. */
export const longest = 20;
/** Codes up to this length are found in one look. */
export const quick = 10;

export interface Codes {
  /** By the next `quick` bits: symbol * 32 + length, or 0 for a longer code. */
  readonly quick: Int32Array;
  /** By length: the first `longest` bits that are too high for a code of this length. */
  readonly limit: Int32Array;
  /** By length: what to add to a code to find its symbol in `symbols`. */
  readonly offset: Int32Array;
  /** By length, then value. */
  readonly symbols: Uint16Array;
}

/** Returns the tables for code lengths by symbol. */
export const makeCodes = (lengths: Uint8Array): Codes => {
  const limit = new Int32Array(longest + 2);
  const offset = new Int32Array(longest + 2);
  const symbols = new Uint16Array(lengths.length);
  const fast = new Int32Array(1 << quick);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= longest; length += 1) {
    offset[length] = index - code;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      if (code >= 1 << length) throw new Bzip2Error('its Huffman codes overlap');
      symbols[index] = symbol;
      index += 1;
      if (length <= quick) fast.fill((symbol << 5) | length, code << (quick - length), (code + 1) << (quick - length));
      code += 1;
    }
    limit[length] = code << (longest - length);
    code <<= 1;
  }
  return { quick: fast, limit, offset, symbols };
};

/** Reads the code lengths of one table: each differs from the one before by a few steps. */
export const readLengths = (bits: Bits, count: number): Uint8Array => {
  const lengths = new Uint8Array(count);
  let length = bits.take(5);
  for (let symbol = 0; symbol < count; symbol += 1) {
    while (bits.take(1) === 1) length += bits.take(1) === 1 ? -1 : 1;
    if (length < 1 || length > longest) throw new Bzip2Error('a Huffman code has an impossible length');
    lengths[symbol] = length;
  }
  return lengths;
};
