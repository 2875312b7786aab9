/** The HTTP server: limits against slow and huge clients, and a stop that cuts no answer (design rules F7, F14 to F17). */
import { createServer, type Server } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { FhirError } from '../core/error.js';
import { makeApp } from './app.js';
import { makeBodyBudget } from './body-budget.js';
import { makeClientErrorListener, rawAnswer } from './client-error.js';
import { cutOff, makeConnections } from './connections.js';
import type { Host, HttpServerParts } from './exchange.js';
import { makeFront } from './front.js';
import { makeHeads } from './head.js';

export type { HttpServerParts, Mount, Readiness } from './exchange.js';

export interface HttpServer {
  readonly server: Server;
  /** Resolves with the address when the server accepts connections; rejects when it cannot. */
  listen(port: number, host: string): Promise<AddressInfo>;
  /**
   * Stops: readiness says no, answers close their connections, then nothing is accepted any more and what is running ends.
   * Resolves when all connections are closed, at the latest after 0.9 of `stopSeconds`, with the number of answers cut.
   */
  close(): Promise<{ readonly cut: number }>;
}

/** Returns a server that does not listen yet. */
export const makeHttpServer = (parts: HttpServerParts): HttpServer => {
  const { options, service } = parts;
  const host: Host = {
    ...parts, budget: makeBodyBudget(options.maxBodyBytesHeld), connections: makeConnections(), running: 0,
    heads: makeHeads(options, service.options.baseUrl, parts.isAppOrigin),
  };
  const server = makeServer(host);
  let closing: Promise<{ readonly cut: number }> | undefined;
  return { server, listen: (port, name) => listen(server, host, { port, host: name }), close: () => (closing ??= stop(server, host)) };
};

const makeServer = (host: Host): Server => {
  const { options } = host;
  const front = makeFront(host, makeApp(host));
  const server = createServer({
    maxHeaderSize: options.maxHeaderBytes, headersTimeout: options.headersSeconds * 1000, requestTimeout: options.requestSeconds * 1000,
    keepAliveTimeout: options.keepAliveSeconds * 1000, connectionsCheckingInterval: options.checkEvery,
    // Node would answer a missing Host without a body; the front answers with an OperationOutcome.
    requireHostHeader: false,
  }, front.request);
  // Node would drop the fields beyond a limit in silence, an If-Match among them; the front refuses instead.
  server.maxHeadersCount = 0;
  server.maxRequestsPerSocket = options.maxRequestsPerSocket;
  server.maxConnections = options.maxConnections;
  server.on('connection', (socket: Socket) => { host.connections.of(socket); });
  server.on('checkContinue', front.checkContinue);
  server.on('checkExpectation', front.checkExpectation);
  server.on('clientError', makeClientErrorListener(host));
  server.on('connect', (_req, socket) => {
    const error = new FhirError('method-not-allowed', 'CONNECT is not done here.', { allow: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] });
    socket.end(rawAnswer(host, error, host.service.ids.request()));
  });
  closeStuckReaders(server, host);
  return server;
};

/** A client that reads nothing of its answer is cut off; one that waits for an answer being made is not. */
const closeStuckReaders = (server: Server, { connections, options }: Host): void => {
  server.setTimeout(options.responseSeconds * 1000, (socket) => {
    const waits = [...connections.of(socket).open].some(({ req, res }) => req.complete && !res.headersSent);
    if (waits) socket.setTimeout(options.responseSeconds * 1000);
    else cutOff(connections.of(socket));
  });
};

const listen = (server: Server, { observe }: Host, address: { port: number; host: string }): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...address, backlog: 1_024 }, () => {
      server.off('error', reject);
      // Without a listener, running out of file descriptors would end the process.
      server.on('error', (error) => observe({ kind: 'failure', requestId: undefined, where: 'accept', error }));
      resolve(server.address() as AddressInfo);
    });
  });

/** While the listener is still open, clients learn to go elsewhere; then idle connections are closed step by step. */
const notice = 300;
const step = 50;

const stop = async (server: Server, { connections, options, service: { clock } }: Host): Promise<{ cut: number }> => {
  const deadline = clock.monotonic() + options.stopSeconds * 900;
  connections.stopping = true;
  await sleep(Math.min(notice, options.stopSeconds * 100));
  // `server.close()` of node:http would destroy connections that look idle although a request is on its way.
  NetServer.prototype.close.call(server);
  while (connections.size > 0 && clock.monotonic() < deadline) {
    connections.sweep();
    await sleep(step);
    // After a turn that took long, timers run before what has come is read: a request on its way would look like silence.
    await nextTurn();
  }
  const cut = connections.cut();
  server.close();
  return { cut };
};
