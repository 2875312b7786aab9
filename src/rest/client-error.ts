/** Answers to messages that Node could not read as HTTP (RFC 9112): an OperationOutcome as well, then the connection ends. */
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { FhirError } from '../core/error.js';
import { outcomeText } from '../interaction/outcome-text.js';
import type { Connection } from './connections.js';
import type { Host } from './exchange.js';

/** Milliseconds a refused client has to read the answer before the socket is destroyed. */
const linger = 1_000;

/** Returns the listener for `clientError`. */
export const makeClientErrorListener = (host: Host) => (error: NodeJS.ErrnoException, duplex: Duplex): void => {
  if (!(duplex instanceof Socket)) {
    duplex.destroy();
    return;
  }
  const connection = host.connections.of(duplex);
  if (connection.refused) return;
  connection.refused = true;
  const refusal = refusalOf(error.code);
  if (refusal === undefined || !duplex.writable) {
    duplex.destroy();
    return;
  }
  afterOthers(connection, () => refuse(host, connection, refusal));
};

/** Answers begun before the broken message are finished first: nothing may be written between them. */
const afterOthers = (connection: Connection, next: () => void): void => {
  const others = [...connection.open].filter(({ req }) => req.complete);
  if (others.length === 0) next();
  else connection.whenQuiet = next;
};

const refuse = (host: Host, { socket, open }: Connection, error: FhirError): void => {
  const unfinished = [...open].find(({ req }) => !req.complete);
  if (unfinished?.res.headersSent === true || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = host.service.ids.request();
  if (unfinished === undefined) host.observe({ kind: 'request', requestId, method: '-', interaction: 'malformed', type: undefined, status: error.status, ms: 0, code: error.code });
  else unfinished.refusedWith = error.status;
  socket.end(rawAnswer(host, error, requestId));
  setTimeout(() => socket.destroy(), linger).unref();
};

/** Returns a whole HTTP answer as text. */
export const rawAnswer = (host: Host, error: FhirError, requestId: string): string => {
  const body = outcomeText(error.issues, error.code);
  const lines = [`HTTP/1.1 ${String(error.status)} ${STATUS_CODES[error.status] ?? ''}`];
  const { base } = host.heads;
  for (let at = 0; at < base.length; at += 2) lines.push(`${base[at] ?? ''}: ${base[at + 1] ?? ''}`);
  lines.push(`Date: ${new Date(host.service.clock.now()).toUTCString()}`, `X-Request-Id: ${requestId}`);
  if (error.options.allow !== undefined) lines.push(`Allow: ${error.options.allow.join(', ')}`);
  lines.push('Content-Type: application/fhir+json; charset=utf-8', `Content-Length: ${String(Buffer.byteLength(body))}`, 'Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
};

const refusalOf = (code: string | undefined): FhirError | undefined => {
  switch (code) {
    case 'ECONNRESET': case 'EPIPE': case 'ETIMEDOUT': case 'ECONNABORTED': return undefined;
    case 'HPE_HEADER_OVERFLOW': return new FhirError('header-too-large', 'The request line and header are larger than this server reads; long searches go to POST _search.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW': return new FhirError('body-too-large', 'The chunk extensions of the body are larger than this server reads.');
    case 'ERR_HTTP_REQUEST_TIMEOUT': return new FhirError('request-timeout', 'The request did not arrive whole in time; send it again.');
    default: return new FhirError('malformed-request', 'The message is not HTTP/1.1 as RFC 9112 defines it.');
  }
};
