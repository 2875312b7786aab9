/** Reads bytes at a place of an open file. */
import { readSync } from 'node:fs';

/** The file is none of ours, or is broken. */
export class NotConcepts extends Error {}

/** Fills the buffer; returns its length. Throws when the file ends before. */
export const readAt = (file: number, buffer: Uint8Array, position: number): number => {
  for (let done = 0; done < buffer.length;) {
    const read = readSync(file, buffer, done, buffer.length - done, position + done);
    if (read === 0) throw new NotConcepts('a terminology file ends too early; import it again');
    done += read;
  }
  return buffer.length;
};
