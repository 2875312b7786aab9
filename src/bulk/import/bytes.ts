/** What reading a source gives and how it fails. */

/** Thrown for a source that cannot be read, or not to its end; the message says why. */
export class ReadError extends Error {}

export interface Bytes {
  /** Unpacked. Reading throws ReadError. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the source used so far, packed as they are. */
  readonly used: () => number;
}
