/**
 * Cuts the bytes of a source into JSON texts: one for each line of NDJSON (https://hl7.org/fhir/R4/nd-json.html), or one
 * for the whole. Which of the two it is shows in the first lines, not in the file's name.
 */
import { isUtf8 } from 'node:buffer';
import { ReadError } from './bytes.js';

export interface Document {
  readonly text: string;
  /** First line of the text in the source, from 1; undefined when the text is the whole source. */
  readonly line: number | undefined;
}

/** A line that cannot be used; the lines after it can. */
export interface BadLine {
  readonly bad: string;
  readonly line: number;
}

export interface Limits {
  /** Bytes of a line. */
  readonly line: number;
  /** Bytes of a source that is one JSON text. */
  readonly whole: number;
}

const lineFeed = 0x0a;
const [comma, colon, openBracket, closeBracket, openBrace, closeBrace] = [0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === lineFeed || byte === 0x0d || byte === 0x09;
const megabytes = (bytes: number): string => (bytes >= 1024 ** 2 ? `${String(Math.round(bytes / 1024 ** 2))} MB` : `${String(bytes)} bytes`);

/** Yields the JSON texts; nothing for a source without any. Throws ReadError for what is no JSON, or one text beyond the limit. */
export async function* readDocuments(chunks: AsyncIterable<Uint8Array>, limits: Limits): AsyncGenerator<Document | BadLine, void, undefined> {
  const input = chunks[Symbol.asyncIterator]();
  try {
    const { head, inLines } = await readHead(input, limits);
    if (head.length === 0) return;
    if (inLines) yield* readLines(head, input, limits);
    else yield { text: await readWhole(head, input, limits), line: undefined };
  } finally {
    await input.return?.();
  }
}

interface Head {
  readonly head: Buffer;
  readonly inLines: boolean;
}

/** Reads until the form is known; the byte order mark is dropped. */
const readHead = async (input: AsyncIterator<Uint8Array>, { whole }: Limits): Promise<Head> => {
  let head = Buffer.alloc(0);
  for (let ended = false; ;) {
    const next = await input.next();
    if (next.done === true) ended = true;
    else head = Buffer.concat([head, next.value]);
    if (head.length < 3 && !ended) continue;
    const from = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
    const inLines = isInLines(head.subarray(from), ended);
    if (inLines !== undefined) return { head: head.subarray(from), inLines };
    if (head.length > whole) throw tooLarge(whole);
  }
};

/** Returns whether the text is NDJSON; undefined when more of it is needed to know. Throws ReadError for what is no JSON. */
const isInLines = (head: Buffer, ended: boolean): boolean | undefined => {
  let start = 0;
  while (isBlank(head[start])) start += 1;
  if (start === head.length) return ended ? true : undefined;
  if (head[start] === openBracket) throw new ReadError('It is a JSON array. Send a Bundle, or one resource on each line (NDJSON).');
  if (head[start] !== openBrace) throw new ReadError('It does not begin as a JSON object does.');
  const end = head.indexOf(lineFeed, start);
  if (end < 0) return ended ? false : undefined;
  let last = end - 1;
  while (isBlank(head[last])) last -= 1;
  let second = end;
  while (isBlank(head[second])) second += 1;
  if (second === head.length) return ended ? false : undefined;
  return isNextLine(head[last] ?? 0, head[second] ?? 0);
};

/** Whether a line that ends so and one that starts so are two JSON texts, and not parts of one. */
const isNextLine = (last: number, first: number): boolean => {
  if (last === closeBrace) return ![comma, closeBrace, closeBracket].includes(first);
  return first === openBrace && ![openBracket, openBrace, comma, colon].includes(last);
};

const tooLarge = (limit: number): ReadError => new ReadError(`It is one JSON text of more than ${megabytes(limit)}. Split the Bundle, or send NDJSON.`);

const readWhole = async (head: Buffer, input: AsyncIterator<Uint8Array>, { whole }: Limits): Promise<string> => {
  const parts: Uint8Array[] = [head];
  for (let size = head.length; ;) {
    if (size > whole) throw tooLarge(whole);
    const next = await input.next();
    if (next.done === true) break;
    parts.push(next.value);
    size += next.value.length;
  }
  const bytes = Buffer.concat(parts);
  if (!isUtf8(bytes)) throw new ReadError('It is not UTF-8 text.');
  return bytes.toString('utf8');
};

async function* readLines(head: Buffer, input: AsyncIterator<Uint8Array>, limits: Limits): AsyncGenerator<Document | BadLine, void, undefined> {
  const lines = new Lines(limits.line);
  yield* lines.add(head);
  for (let next = await input.next(); next.done !== true; next = await input.next()) yield* lines.add(next.value);
  yield* lines.finish();
}

/** Lines out of chunks; of a line beyond the limit nothing is kept. */
class Lines {
  #parts: Uint8Array[] = [];
  #size = 0;
  #line = 1;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  *add(chunk: Uint8Array): Generator<Document | BadLine> {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      this.#keep(chunk.subarray(from, end));
      yield* this.finish();
      this.#line += 1;
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** Yields the line that is not ended yet, unless it is blank. */
  *finish(): Generator<Document | BadLine> {
    const line = this.#line;
    const bytes = Buffer.concat(this.#parts);
    const tooLong = this.#size > this.#limit;
    this.#parts = [];
    this.#size = 0;
    if (tooLong) yield { bad: `The line is longer than ${megabytes(this.#limit)}.`, line };
    else if (!isUtf8(bytes)) yield { bad: 'The line is not UTF-8 text.', line };
    else if (!bytes.every(isBlank)) yield { text: bytes.toString('utf8'), line };
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#limit) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }
}
