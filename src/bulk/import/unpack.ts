/** The bytes of a source, unpacked by what they begin with and not by the file's name: gzip, bzip2 or plain. */
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { unbzip2 } from './bzip2/unbzip2.js';
import { ReadError, type Bytes } from './bytes.js';
import type { Source } from './source.js';
import type { Unpacker } from './unpack-thread.js';

export interface Opening {
  readonly unpacker: Unpacker;
  /** Standard input, for the source `-`. */
  readonly input: AsyncIterable<Uint8Array>;
}

type Packing = 'gzip' | 'bzip2' | 'plain';

/** Returns the unpacked bytes; opening and reading them throw ReadError. */
export const openSource = async (source: Source, { unpacker, input }: Opening): Promise<Bytes> => {
  if (source.path === '-') return unpackStream(input);
  if ((await packingOfFile(source.path)) === 'bzip2') {
    const { chunks, used } = unpacker.open(source.path);
    return { chunks: guarded(chunks), used };
  }
  return unpackStream(createReadStream(source.path, { highWaterMark: 256 * 1024 }));
};

const packingOfFile = async (path: string): Promise<Packing> => {
  try {
    for await (const chunk of createReadStream(path, { end: 3 })) return packingOf(chunk as Uint8Array);
  } catch (error) {
    throw toReadError(error);
  }
  return 'plain';
};

const packingOf = (head: Uint8Array): Packing => {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1');
  if (magic.startsWith('\u001f\u008b')) return 'gzip';
  if (magic.startsWith('BZh')) return 'bzip2';
  const other = foreign.find(([start]) => magic.startsWith(start));
  if (other !== undefined) throw new ReadError(`It is ${other[1]}`);
  return 'plain';
};

const foreign: readonly (readonly [start: string, text: string])[] = [
  ['PK', 'a zip archive; unpack it first. Plain, gzip and bzip2 are read.'],
  ['\u0028\u00b5\u002f\u00fd', 'packed by zstd; unpack it first. Plain, gzip and bzip2 are read.'],
  ['\u00fd7zX', 'packed by xz; unpack it first. Plain, gzip and bzip2 are read.'],
  ['\u00ff\u00fe', 'UTF-16 text; FHIR JSON is UTF-8.'],
  ['\u00fe\u00ff', 'UTF-16 text; FHIR JSON is UTF-8.'],
  ['<', 'XML; JSON is read.'],
];

const unpackStream = async (input: AsyncIterable<Uint8Array>): Promise<Bytes> => {
  let used = 0;
  const counted = (async function* () {
    for await (const chunk of input) {
      used += chunk.length;
      yield chunk;
    }
  })();
  const first = await counted.next();
  const head = first.done === true ? new Uint8Array() : first.value;
  const whole = (async function* () {
    yield head;
    yield* counted;
  })();
  return { chunks: guarded(unpacked(packingOf(head), whole)), used: () => used };
};

const unpacked = (packing: Packing, chunks: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> => {
  switch (packing) {
    case 'gzip':
      return gunzip(chunks);
    case 'bzip2':
      return unbzip2(chunks);
    case 'plain':
      return chunks;
  }
};

const gunzip = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => {
  const output = createGunzip({ chunkSize: 256 * 1024 });
  const input = Readable.from(chunks);
  pipeline(input, output, () => undefined);
  return output as AsyncIterable<Uint8Array>;
};

async function* guarded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    throw toReadError(error);
  }
}

const toReadError = (error: unknown): ReadError => {
  if (error instanceof ReadError && error.message.startsWith('It ')) return error;
  return new ReadError(`It cannot be read to its end: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
};
