/** Bits of a bzip2 stream, most significant first (https://sourceware.org/bzip2/; the format has no other specification than its program). */

/** Behind the bytes there are this many zeros, so that a decoder may look ahead without asking where the end is. */
export const lookAhead = 8;

/** Thrown for what is not a bzip2 stream, or a damaged one. */
export class Bzip2Error extends Error {}

/** A window on the stream; `at`, `held` and `count` are open to the one loop that must not pay for calls. */
export class Bits {
  /** Padded by `lookAhead` zeros. */
  bytes = new Uint8Array(lookAhead);
  /** Bytes without the padding. */
  length = 0;
  at = 0;
  /** The last `count` bits are read from the bytes and not yet used. */
  held = 0;
  count = 0;

  /** Whole bytes not looked at yet. */
  get left(): number {
    return this.length - this.at;
  }

  /** Puts these bytes behind those that are left. */
  append(chunks: readonly Uint8Array[]): void {
    const added = chunks.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(this.left + added + lookAhead);
    bytes.set(this.bytes.subarray(this.at, this.length));
    let end = this.left;
    for (const chunk of chunks) {
      bytes.set(chunk, end);
      end += chunk.length;
    }
    this.bytes = bytes;
    this.length = end;
    this.at = 0;
  }

  /** Returns the next `size` bits, at most 24, as a number. Throws at the end of the stream. */
  take(size: number): number {
    while (this.count < size) {
      if (this.at >= this.length) throw new Bzip2Error('the file ends in the middle of its compressed data');
      this.held = (this.held << 8) | (this.bytes[this.at] ?? 0);
      this.at += 1;
      this.count += 8;
    }
    this.count -= size;
    return (this.held >>> this.count) & ((1 << size) - 1);
  }

  /** Drops the bits up to the next whole byte. */
  align(): void {
    this.count -= this.count % 8;
  }
}
