/** One HTTP exchange with full control over request line, headers and bytes; nothing is retried, nothing normalised. */
import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  readonly agent?: Agent | undefined;
  /** Milliseconds without a byte after which the call fails. */
  readonly patience?: number | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decoded by Content-Encoding. */
  readonly text: string;
}

const decode = (bytes: Buffer, encoding: string | undefined): string => {
  if (bytes.length === 0) return '';
  if (encoding === 'gzip') return gunzipSync(bytes).toString('utf8');
  if (encoding === 'br') return brotliDecompressSync(bytes).toString('utf8');
  return bytes.toString('utf8');
};

/** Resolves with the whole answer; rejects when the connection fails or the answer is cut short. */
export const call = ({ method, url, headers = {}, body, agent, patience = 60_000 }: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    // The path is taken from the text, because URL would normalise what a case means to send as it is.
    const path = url.slice(target.origin.length) || '/';
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const sent = request({ host: target.hostname, port: target.port, method, path, headers: { ...length, ...headers }, ...(agent ? { agent } : {}) }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        if (!answer.complete) return reject(new Error(`${method} ${url}: the answer was cut short`));
        const bytes = Buffer.concat(parts);
        const announced = answer.headers['content-length'];
        if (method !== 'HEAD' && announced !== undefined && Number(announced) !== bytes.length) return reject(new Error(`${method} ${url}: ${bytes.length} of ${announced} bytes came`));
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: decode(bytes, answer.headers['content-encoding']) });
      });
    });
    sent.setTimeout(patience, () => sent.destroy(new Error(`${method} ${url}: no answer in ${patience} ms`)));
    // A client that reuses a connection must expect that the server has just closed it (RFC 9112, 9.3.1).
    sent.on('error', (error) => { reject(Object.assign(error, { reused: sent.reusedSocket })); });
    sent.end(body);
  });
