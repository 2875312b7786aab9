/** One block of a bzip2 stream: Huffman codes, move-to-front, inverse Burrows-Wheeler transform, runs. */
import { Bzip2Error, type Bits } from './bits.js';
import { longest, makeCodes, quick, readLengths, type Codes } from './huffman.js';

const groupSize = 50;
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

interface Coding {
  readonly tables: readonly Codes[];
  /** Table of each group of symbols. */
  readonly selectors: Uint8Array;
  /** Bytes that occur, in order: the start of the move-to-front list. */
  readonly used: Uint8Array;
}

/** The working memory of a stream: bytes in the low 8 bits, links of the inverse transform above. */
export interface Work {
  readonly links: Uint32Array;
  readonly counts: Uint32Array;
}

/** Returns working memory for blocks of `size` bytes. */
export const makeWork = (size: number): Work => ({ links: new Uint32Array(size), counts: new Uint32Array(256) });

/** Returns the bytes of the block that starts here, behind its magic, and their CRC, which is checked. */
export const readBlock = (bits: Bits, work: Work): { bytes: Uint8Array; crc: number } => {
  const crc = ((bits.take(16) << 16) | bits.take(16)) >>> 0;
  if (bits.take(1) === 1) throw new Bzip2Error('its blocks are randomised, as only bzip2 before 0.9.5 made them');
  const origin = bits.take(24);
  const length = readSymbols(bits, readCoding(bits), work);
  if (origin >= length) throw new Bzip2Error('the start of a block is out of place');
  linkBytes(work, length);
  const block = unwind(work.links, length, origin);
  if (block.crc !== crc) throw new Bzip2Error('a checksum is wrong: the data is damaged');
  return block;
};

const readCoding = (bits: Bits): Coding => {
  const ranges = bits.take(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    const present = (ranges >> (15 - range)) & 1 ? bits.take(16) : 0;
    for (let low = 0; low < 16; low += 1) if ((present >> (15 - low)) & 1) used.push(range * 16 + low);
  }
  const tableCount = bits.take(3);
  const selectors = new Uint8Array(bits.take(15));
  if (used.length === 0 || tableCount < 2 || tableCount > 6 || selectors.length === 0) throw new Bzip2Error('the head of a block is damaged');
  const recent = [0, 1, 2, 3, 4, 5];
  for (let index = 0; index < selectors.length; index += 1) {
    let place = 0;
    while (bits.take(1) === 1) place += 1;
    if (place >= tableCount) throw new Bzip2Error('a block selects a table it does not have');
    const [table = 0] = recent.splice(place, 1);
    recent.unshift(table);
    selectors[index] = table;
  }
  const tables = Array.from({ length: tableCount }, () => makeCodes(readLengths(bits, used.length + 2)));
  return { tables, selectors, used: Uint8Array.from(used) };
};

/** Reads the symbols of the block into `links` and counts its bytes; returns how many there are. */
const readSymbols = (bits: Bits, { tables, selectors, used }: Coding, { links, counts }: Work): number => {
  const front = used.slice();
  const end = used.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  counts.fill(0);
  const finishRun = (): void => {
    const byte = front[0] ?? 0;
    if (length + run > links.length) throw tooLong();
    links.fill(byte, length, length + run);
    counts[byte] = (counts[byte] ?? 0) + run;
    length += run;
    run = 0;
    weight = 1;
  };
  const buffer = new Uint16Array(groupSize);
  for (const selector of selectors) {
    readGroup(bits, tables[selector] as Codes, { buffer, end });
    for (let index = 0; index < groupSize; index += 1) {
      const symbol = buffer[index] as number;
      if (symbol <= 1) {
        run += weight << symbol;
        weight <<= 1;
        if (run > links.length) throw tooLong();
        continue;
      }
      if (run > 0) finishRun();
      if (symbol === end) return length;
      if (length >= links.length) throw tooLong();
      const byte = toFront(front, symbol - 1);
      links[length] = byte;
      counts[byte] = (counts[byte] as number) + 1;
      length += 1;
    }
  }
  throw new Bzip2Error('a block has no end');
};

const tooLong = (): Bzip2Error => new Bzip2Error('a block is longer than the file says');

const toFront = (front: Uint8Array, place: number): number => {
  const byte = front[place] as number;
  for (let index = place; index > 0; index -= 1) front[index] = front[index - 1] as number;
  front[0] = byte;
  return byte;
};

/** Reads one group of symbols, up to the end symbol. The hot loop: what it needs is in local variables. */
const readGroup = (bits: Bits, codes: Codes, { buffer, end }: { readonly buffer: Uint16Array; readonly end: number }): void => {
  const { bytes } = bits;
  const { quick: fast, limit, offset, symbols } = codes;
  let { held, count, at } = bits;
  for (let index = 0; index < groupSize; index += 1) {
    while (count < longest) {
      held = (held << 8) | (bytes[at] as number);
      at += 1;
      count += 8;
      if (at > bits.length + 3) throw new Bzip2Error('the file ends in the middle of its compressed data');
    }
    const next = (held >>> (count - longest)) & 0xfffff;
    const found = fast[next >>> (longest - quick)] as number;
    let symbol = found >>> 5;
    let length = found & 31;
    if (length === 0) {
      length = quick + 1;
      while (length <= longest && next >= (limit[length] as number)) length += 1;
      if (length > longest) throw new Bzip2Error('a Huffman code is not in its table');
      symbol = symbols[(next >>> (longest - length)) + (offset[length] as number)] as number;
    }
    count -= length;
    buffer[index] = symbol;
    if (symbol === end) break;
  }
  bits.held = held;
  bits.count = count;
  bits.at = at;
};

/** Makes each byte point to the one that follows it. */
const linkBytes = ({ links, counts }: Work, length: number): void => {
  const starts = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte += 1) starts[byte] = (starts[byte - 1] as number) + (counts[byte - 1] as number);
  for (let index = 0; index < length; index += 1) {
    const byte = (links[index] as number) & 255;
    const place = starts[byte] as number;
    links[place] = (links[place] as number) | (index << 8);
    starts[byte] = place + 1;
  }
};

/** Follows the links and unfolds the runs: four equal bytes are followed by a count of more. */
const unwind = (links: Uint32Array, length: number, origin: number): { bytes: Uint8Array; crc: number } => {
  let bytes = new Uint8Array(length + (length >> 2) + 512);
  let size = 0;
  let crc = 0xffffffff;
  let last = -1;
  let same = 0;
  let link = (links[origin] as number) >>> 8;
  for (let index = 0; index < length; index += 1) {
    const entry = links[link] as number;
    const byte = entry & 255;
    link = entry >>> 8;
    if (same === 4) {
      if (size + byte > bytes.length) bytes = grown(bytes);
      for (let more = 0; more < byte; more += 1) {
        bytes[size] = last;
        size += 1;
        crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ last] as number);
      }
      same = 0;
      last = -1;
      continue;
    }
    same = byte === last ? same + 1 : 1;
    last = byte;
    if (size === bytes.length) bytes = grown(bytes);
    bytes[size] = byte;
    size += 1;
    crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ byte] as number);
  }
  return { bytes: bytes.subarray(0, size), crc: ~crc >>> 0 };
};

const grown = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
};
