/** Reads a request body: decompressed, bounded per request and over all of them (design rules F14 to F17). */
import type { Readable } from 'node:stream';
import { isUtf8 } from 'node:buffer';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FhirError } from '../core/error.js';
import type { BodyBudget } from './body-budget.js';
import type { Exchange } from './exchange.js';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: BodyBudget;
}

/** The client went away before its request was whole: there is nobody to answer. */
export class ClientGone extends Error {}

/** Returns whether the request announces a body. */
export const hasBody = ({ req: { headers } }: Exchange): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0');

/**
 * Returns the body as text. `done` gives its bytes back to the budget: call it when the text is no longer needed.
 * Throws `body-too-large`, `unsupported-media-type` (encoding), `malformed-request` (not UTF-8, broken compression),
 * `overloaded` (no room now) and ClientGone.
 */
export const readBody = async (exchange: Exchange, limits: BodyLimits): Promise<{ text: string; done: () => void }> => {
  const { req, res } = exchange;
  const inflate = inflaterOf(req.headers['content-encoding']);
  if (Number(req.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (exchange.continueDue) {
    exchange.continueDue = false;
    res.writeContinue();
  }
  const collected = makeCollector(limits);
  try {
    await collect(req, inflate, collected);
    return { text: toText(collected.bytes()), done: () => collected.done() };
  } catch (error) {
    collected.done();
    throw error;
  }
};

interface Collector {
  add(chunk: Buffer): void;
  bytes(): Buffer;
  done(): void;
}

const makeCollector = ({ maxBytes, budget }: BodyLimits): Collector => {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk) => {
      if (size + chunk.length > maxBytes) throw tooLarge(maxBytes);
      if (!budget.take(chunk.length)) throw new FhirError('overloaded', 'The server holds as many request bodies as it can; repeat in a moment.', { retryAfter: 1 });
      size += chunk.length;
      chunks.push(chunk);
    },
    bytes: () => (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    done: () => {
      budget.give(size);
      size = 0;
    },
  };
};

const collect = (req: Exchange['req'], inflate: Inflater | undefined, into: Collector): Promise<void> =>
  new Promise((resolve, reject) => {
    const source: Readable = inflate === undefined ? req : req.pipe(inflate);
    const fail = (error: Error): void => {
      // What is still to come of the body is let through unread, so that the answer finds its way.
      req.unpipe();
      req.removeAllListeners('data');
      inflate?.destroy();
      req.resume();
      reject(error);
    };
    source.on('data', (chunk: Buffer) => {
      try {
        into.add(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    source.on('end', resolve);
    inflate?.on('error', () => fail(new FhirError('malformed-request', 'The body is not what Content-Encoding says.', { location: 'http.Content-Encoding' })));
    req.on('error', () => reject(new ClientGone()));
    req.on('close', () => { if (!req.complete) reject(new ClientGone()); });
  });

type Inflater = ReturnType<typeof createGunzip | typeof createBrotliDecompress | typeof createInflate>;

const inflaterOf = (encoding: string | undefined): Inflater | undefined => {
  switch (encoding?.trim().toLowerCase()) {
    case undefined: case '': case 'identity': return undefined;
    case 'gzip': case 'x-gzip': return createGunzip();
    case 'br': return createBrotliDecompress();
    case 'deflate': return createInflate();
    default: throw new FhirError('unsupported-media-type', 'Content-Encoding must be gzip, br or deflate, once.', { location: 'http.Content-Encoding' });
  }
};

const tooLarge = (maxBytes: number): FhirError => new FhirError('body-too-large', `The body is larger than ${String(maxBytes)} bytes, the most this server reads; split it.`);

const toText = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new FhirError('malformed-request', 'The body is not UTF-8 text.');
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
};
