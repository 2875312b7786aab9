/** Content coding of answers (RFC 9110 section 12.5.3): br and gzip, for bodies worth it. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { parseQuality, splitOutsideQuotes } from './media-type.js';

export type Coding = 'br' | 'gzip';

/** Returns the coding that Accept-Encoding likes best of those made here; br wins a draw. Undefined: send it plain. */
export const chooseCoding = (accept: string | undefined): Coding | undefined => {
  if (accept === undefined || accept === '') return undefined;
  const weights = new Map(splitOutsideQuotes(accept, ',').map((part) => {
    const [name = '', q] = splitOutsideQuotes(part, ';');
    return [name.toLowerCase(), parseQuality(q?.replace(/^q\s*=\s*/i, ''))];
  }));
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const gzipped = Math.max(weightOf('gzip'), weights.get('x-gzip') ?? 0);
  const br = weightOf('br');
  const best = Math.max(br, gzipped);
  if (best === 0 || (weights.get('identity') ?? 0) > best) return undefined;
  return br >= gzipped ? 'br' : 'gzip';
};

const toGzip = promisify(gzip);
const toBrotli = promisify(brotliCompress) as (bytes: Buffer, options: object) => Promise<Buffer>;

/** Returns the bytes in the coding; runs on the thread pool. Fast levels: an answer is read once. */
export const encode = (bytes: Buffer, coding: Coding): Promise<Buffer> =>
  coding === 'gzip'
    ? toGzip(bytes, { level: 4 })
    : toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
