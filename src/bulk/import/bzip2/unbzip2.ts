/** bzip2 decompression as a stream, one block at a time; several streams in one file are one (https://sourceware.org/bzip2/). */
import { Bits, Bzip2Error } from './bits.js';
import { makeWork, readBlock, type Work } from './block.js';

/** No block takes more compressed bytes than this: 900,000 symbols of 20 bits and the tables. */
const blockBytes = 2_400_000;
const blockMagic = [0x314159, 0x265359] as const;
const endMagic = [0x177245, 0x385090] as const;

/** Yields the bytes block by block; throws Bzip2Error for what cannot be unpacked. Memory: one block and its input. */
export async function* unbzip2(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const bits = new Bits();
  const input = chunks[Symbol.asyncIterator]();
  try {
    await fill(bits, input);
    do yield* readStream(bits, input);
    while (bits.left > 0);
  } finally {
    await input.return?.();
  }
}

const fill = async (bits: Bits, input: AsyncIterator<Uint8Array>): Promise<void> => {
  const chunks: Uint8Array[] = [];
  for (let size = bits.left; size < blockBytes;) {
    const next = await input.next();
    if (next.done === true) break;
    chunks.push(next.value);
    size += next.value.length;
  }
  if (chunks.length > 0) bits.append(chunks);
};

async function* readStream(bits: Bits, input: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const work = readHead(bits);
  let crc = 0;
  for (;;) {
    const [high, low] = [bits.take(24), bits.take(24)];
    if (high === endMagic[0] && low === endMagic[1]) break;
    if (high !== blockMagic[0] || low !== blockMagic[1]) throw new Bzip2Error('a block does not start where it should');
    const block = readBlock(bits, work);
    crc = ((crc << 1) | (crc >>> 31)) ^ block.crc;
    yield block.bytes;
    await fill(bits, input);
  }
  const expected = ((bits.take(16) << 16) | bits.take(16)) >>> 0;
  if (expected !== crc >>> 0) throw new Bzip2Error('the checksum of the whole is wrong: blocks are damaged or missing');
  bits.align();
  await fill(bits, input);
}

const readHead = (bits: Bits): Work => {
  const [magic, size] = [bits.take(24), bits.take(8) - 0x30];
  if (magic !== 0x425a68 || size < 1 || size > 9) throw new Bzip2Error('a bzip2 stream does not start where it should');
  return makeWork(size * 100_000);
};
