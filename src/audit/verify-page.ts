/** Records on their way to be verified: their bytes in one piece, each behind the zero that the hash of a leaf begins with (RFC 9162, 2.1.1). */
import type { Numbered } from '../store/store.js';

export interface VerifyPage {
  /** Number of the first record; undefined when there is none. */
  readonly first: number | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each record ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** Hashes that are kept of them, one after the other; fewer where fewer are. */
  readonly kept: Uint8Array<ArrayBuffer>;
  /** The record behind these is not there, and later ones are. */
  readonly hasGap: boolean;
}

/** Longest UTF-8 of a UTF-16 unit. */
const widest = 3;

/** Returns the records up to the first that is missing among them. */
export const toVerifyPage = (records: readonly Numbered[], kept: Uint8Array<ArrayBuffer>): VerifyPage => {
  const first = records[0]?.number;
  const gap = records.findIndex(({ number }, at) => number !== (first ?? 0) + at);
  const dense = gap < 0 ? records : records.slice(0, gap);
  const bytes = Buffer.from(new ArrayBuffer(dense.reduce((sum, { text }) => sum + 1 + widest * text.length, 0)));
  const ends = new Uint32Array(dense.length);
  let at = 0;
  for (const [index, { text }] of dense.entries()) {
    bytes[at] = 0;
    at += 1 + bytes.write(text, at + 1, 'utf8');
    ends[index] = at;
  }
  return { first, bytes, ends, kept, hasGap: gap >= 0 };
};

/** Parts that are handed over to another thread instead of being copied. */
export const transferOf = ({ bytes, ends, kept }: VerifyPage): ArrayBuffer[] => [bytes.buffer, ends.buffer, kept.buffer];
