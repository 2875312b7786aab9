/**
 * Sends requests as fast as a server answers them, from a process of its own: raw sockets, one request under way on each, so
 * that little of the machine goes into measuring. Reads its orders as JSON from the first argument, prints its findings as JSON.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

export interface Orders {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** File with one request per line: method, path, and a body where there is one, as a JSON array. */
  readonly requests: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Findings {
  /** Answers with a success status per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  /** Answers with another status, and connections that ended. */
  readonly failures: number;
  readonly firstFailure?: string | undefined;
}

const encode = ({ port, headers = {} }: Orders, [method, path, body]: readonly [string, string, string?]): Buffer => {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${String(port)}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) lines.push('Content-Type: application/fhir+json', `Content-Length: ${String(Buffer.byteLength(body))}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
};

const headEnd = Buffer.from('\r\n\r\n');

/** Bytes the whole answer has, once its head is there. */
const lengthOf = (head: string, bodyAt: number): number => {
  const announced = /content-length: (\d+)/i.exec(head)?.[1];
  if (announced === undefined) return bodyAt;
  return bodyAt + Number(announced);
};

interface Count {
  readonly times: number[];
  failures: number;
  firstFailure: string | undefined;
}

const drive = (orders: Orders, requests: readonly Buffer[], { count, next, isOver }: { count: Count; next: () => number; isOver: () => boolean }): Promise<void> =>
  new Promise((resolve) => {
    let buffer: Buffer = Buffer.alloc(0);
    let sent = 0;
    const socket: Socket = connect({ port: orders.port, host: '127.0.0.1' });
    socket.setNoDelay(true);
    const send = (): void => {
      sent = performance.now();
      socket.write(requests[next() % requests.length] ?? '');
    };
    socket.on('connect', send);
    socket.on('data', (part: Buffer) => {
      buffer = buffer.length === 0 ? part : Buffer.concat([buffer, part]);
      const end = buffer.indexOf(headEnd);
      if (end < 0) return;
      const head = buffer.toString('latin1', 0, end);
      if (buffer.length < lengthOf(head, end + 4)) return;
      if (head.startsWith('HTTP/1.1 2')) count.times.push(performance.now() - sent);
      else {
        count.failures += 1;
        count.firstFailure ??= buffer.toString('utf8', 0, 600);
      }
      buffer = Buffer.alloc(0);
      if (isOver()) socket.destroy();
      else send();
    });
    socket.on('error', (error) => { count.failures += 1; count.firstFailure ??= String(error); });
    socket.on('close', () => { resolve(); });
  });

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const main = async (orders: Orders): Promise<Findings> => {
  const lines = readFileSync(orders.requests, 'utf8').trim().split('\n');
  const requests = lines.map((line) => encode(orders, JSON.parse(line) as [string, string, string?]));
  const count: Count = { times: [], failures: 0, firstFailure: undefined };
  let at = 0;
  const begun = performance.now();
  const isOver = (): boolean => performance.now() - begun >= orders.seconds * 1000;
  await Promise.all(Array.from({ length: orders.connections }, () => drive(orders, requests, { count, next: () => at++, isOver })));
  const seconds = (performance.now() - begun) / 1000;
  const sorted = Float64Array.from(count.times).sort();
  return { rate: sorted.length / seconds, p50: percentile([...sorted], 0.5), p99: percentile([...sorted], 0.99), answers: sorted.length, failures: count.failures, firstFailure: count.firstFailure };
};

if (process.argv[2] !== undefined) console.log(JSON.stringify(await main(JSON.parse(process.argv[2]) as Orders)));
