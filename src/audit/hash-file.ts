/** Hashes in a file, one after the other, beside the store and not in it: who edits the one has not edited the other. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { hashLength } from './tree.js';

export interface HashFile {
  /** Whole hashes that are there. */
  readonly count: number;
  append(hashes: readonly Buffer[]): void;
  /** Returns `count` hashes from `from`; fewer at the end. */
  read(from: number, count: number): Buffer[];
  /** The same as bytes, one hash after the other. */
  readBytes(from: number, count: number): Buffer;
  /** Forgets all behind the first `count`. */
  cut(count: number): void;
  /** What was appended is on disk after this. */
  sync(): void;
  close(): void;
}

/** Opens the file, made when it is absent with mode 0600; half a hash at its end, left by a crash, is dropped. */
export const openHashFile = (path: string): HashFile => {
  const file = openSync(path, 'a+', 0o600);
  let count = Math.floor(fstatSync(file).size / hashLength);
  ftruncateSync(file, count * hashLength);
  const readBytes = (from: number, wanted: number): Buffer => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(wanted, count - from)) * hashLength);
    readSync(file, bytes, 0, bytes.length, from * hashLength);
    return bytes;
  };
  return {
    get count() { return count; },
    append: (hashes) => {
      if (hashes.length === 0) return;
      writeSync(file, Buffer.concat(hashes));
      count += hashes.length;
    },
    readBytes,
    read: (from, wanted) => hashesIn(readBytes(from, wanted)),
    cut: (to) => {
      ftruncateSync(file, to * hashLength);
      count = to;
    },
    sync: () => { fsyncSync(file); },
    close: () => { closeSync(file); },
  };
};

/** Returns the hashes that stand one after the other. */
export const hashesIn = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(bytes.length / hashLength) }, (_, at) => bytes.subarray(at * hashLength, (at + 1) * hashLength));
