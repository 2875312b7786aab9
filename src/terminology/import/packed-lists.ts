/** Many short texts by number, in one block of memory: what millions of strings would not fit into. */
export interface PackedLists {
  add(at: number, text: string): void;
  /** Texts of a number in the order they were added. */
  of(at: number): string[];
}

/** Returns lists for the numbers below `count`. */
export const makePackedLists = (count: number): PackedLists => {
  const last = new Int32Array(count).fill(-1);
  let bytes = Buffer.alloc(1024 * 1024);
  let used = 0;
  // Each entry: place of the one before (4 bytes), length (4 bytes), text.
  const reserve = (length: number): void => {
    if (used + length <= bytes.length) return;
    const larger = Buffer.alloc(Math.max(bytes.length * 2, used + length));
    bytes.copy(larger, 0, 0, used);
    bytes = larger;
  };
  return {
    add: (at, text) => {
      const length = Buffer.byteLength(text);
      reserve(8 + length);
      bytes.writeInt32LE(last[at] ?? -1, used);
      bytes.writeInt32LE(length, used + 4);
      bytes.write(text, used + 8);
      last[at] = used;
      used += 8 + length;
    },
    of: (at) => {
      const texts: string[] = [];
      for (let place = last[at] ?? -1; place >= 0; place = bytes.readInt32LE(place)) {
        texts.push(bytes.toString('utf8', place + 8, place + 8 + bytes.readInt32LE(place + 4)));
      }
      return texts.reverse();
    },
  };
};
