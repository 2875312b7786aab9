/** Writes one answer: fixed headers, those of this answer, and the bytes with their true length. */
import { chooseCoding, encode, type Coding } from './encode.js';
import type { Exchange, Host } from './exchange.js';
import type { HeaderList } from './head.js';

export interface Answer {
  readonly status: number;
  readonly headers?: HeaderList | undefined;
  /** Undefined for an answer without a body. */
  readonly body?: string | undefined;
  /** What follows the body, in UTF-8. */
  readonly rest?: Buffer | undefined;
  readonly contentType?: string | undefined;
}

const correlationForm = /^[A-Za-z0-9._:-]{1,64}$/;

/** Sends the answer; resolves when it is handed over. Never sends twice: an answer begun elsewhere is left alone. */
export const send = (host: Host, exchange: Exchange, answer: Answer): Promise<void> | void => {
  const { body, rest } = answer;
  if (body === undefined || body.length + (rest?.length ?? 0) < host.options.compressFrom) return write(host, exchange, answer);
  const coding = chooseCoding(exchange.req.headers['accept-encoding']);
  return coding === undefined ? write(host, exchange, answer) : sendEncoded(host, exchange, { answer, body, coding });
};

const sendEncoded = async (host: Host, exchange: Exchange, { answer, body, coding }: { answer: Answer; body: string; coding: Coding }): Promise<void> => {
  const begun = Buffer.from(body);
  const bytes = await encode(answer.rest === undefined ? begun : Buffer.concat([begun, answer.rest]), coding);
  write(host, exchange, { ...answer, rest: undefined, headers: [...(answer.headers ?? []), 'Content-Encoding', coding] }, bytes);
};

const write = (host: Host, exchange: Exchange, { status, headers, contentType, body, rest }: Answer, encoded?: Buffer): void => {
  const { res } = exchange;
  if (res.headersSent || exchange.refusedWith !== undefined || res.destroyed) return;
  const list = headList(host, exchange);
  if (headers !== undefined) list.push(...headers);
  if (rest !== undefined && body !== undefined) {
    list.push('Content-Type', exchange.form.contentType, 'Content-Length', String(Buffer.byteLength(body) + rest.length));
    res.writeHead(status, list);
    // Both go out with the head, in one piece.
    res.write(body);
    res.end(rest);
    return;
  }
  const isPlain = encoded === undefined && body !== undefined && isShortAscii(body);
  const bytes = encoded ?? (body === undefined || isPlain ? undefined : Buffer.from(body));
  const length = bytes?.length ?? body?.length;
  if (length !== undefined) list.push('Content-Type', contentType ?? exchange.form.contentType, 'Content-Length', String(length));
  else if (status !== 204 && status !== 304) list.push('Content-Length', '0');
  res.writeHead(status, list);
  if (isPlain) res.end(body, 'latin1');
  else res.end(bytes);
};

/** Longer texts would be copied once more to stand behind the head. */
const longest = 16_384;

/** Node writes such a text together with the head, in one piece; bytes go out beside it, which takes longer where there are few. */
const isShortAscii = (body: string): boolean => body.length <= longest && Buffer.byteLength(body) === body.length;

/** What every answer carries. */
const headList = (host: Host, { req, requestId, interaction, continueDue }: Exchange): string[] => {
  const list = [...host.heads.base, 'X-Request-Id', requestId];
  const sentId = req.headers['x-request-id'];
  if (typeof sentId === 'string' && correlationForm.test(sentId)) list.push('X-Correlation-Id', sentId);
  const { origin } = req.headers;
  if (origin !== undefined) list.push(...host.heads.cors(origin, interaction === 'capabilities'));
  // A client that still waits for `100 Continue` will not send its body: the connection cannot be used on.
  if (host.connections.stopping || continueDue) list.push('Connection', 'close');
  return list;
};
