/** Every open socket and what is going on on it: needed to refuse, to time out and to stop without cutting an answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request whose answer is not over yet. */
export interface OpenAnswer {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Status for the log when it is not that of `res`: the message could not be read to its end, or the answer was cut. */
  refusedWith?: number | undefined;
}

/** Status in the log of a request whose client left, or was cut off, before its answer was whole. */
export const clientLeft = 499;

/** Destroys the socket; what was not handed over yet counts as cut. */
export const cutOff = ({ socket, open }: Connection): void => {
  for (const answer of open) answer.refusedWith ??= clientLeft;
  socket.destroy();
};

export interface Connection {
  readonly socket: Socket;
  readonly open: Set<OpenAnswer>;
  /** Nothing more is read from here. */
  refused: boolean;
  /** Runs when the last answer to a whole request is over. */
  whenQuiet?: (() => void) | undefined;
  /** Bytes that had come at the last sweep, and how many sweeps since then found no more. */
  seen: number;
  silent: number;
}

/** Sweeps without a byte after which a connection counts as idle: clients on a busy machine need a while to send what they have begun. */
const silence = 4;

export interface Connections {
  readonly size: number;
  /** Set when the server stops: answers say `Connection: close`, readiness says no. */
  stopping: boolean;
  /** Returns the record of the socket, made when it is new. */
  of(socket: Socket): Connection;
  begin(answer: OpenAnswer): void;
  end(answer: OpenAnswer): void;
  /** Closes what is idle: no open answer, and nothing has come for some sweeps. */
  sweep(): void;
  /** Closes everything at once; returns how many sockets had an open answer. */
  cut(): number;
}

const close = ({ socket }: Connection): void => { socket.destroySoon(); };

/** Returns the record of a server's sockets. */
export const makeConnections = (): Connections => {
  const all = new Map<Socket, Connection>();
  const of = (socket: Socket): Connection => {
    const known = all.get(socket);
    if (known !== undefined) return known;
    const made: Connection = { socket, open: new Set(), refused: false, seen: -1, silent: 0 };
    all.set(socket, made);
    socket.once('close', () => all.delete(socket));
    return made;
  };
  const end = (answer: OpenAnswer): void => {
    const connection = all.get(answer.req.socket);
    if (connection?.open.delete(answer) !== true || connection.whenQuiet === undefined) return;
    if ([...connection.open].some(({ req }) => req.complete)) return;
    connection.whenQuiet();
    connection.whenQuiet = undefined;
  };
  const sweep = (): void => {
    for (const connection of all.values()) {
      const quiet = connection.open.size === 0 && connection.seen === connection.socket.bytesRead;
      connection.silent = quiet ? connection.silent + 1 : 0;
      connection.seen = connection.socket.bytesRead;
      if (connection.silent >= silence) close(connection);
    }
  };
  const cut = (): number => {
    const left = [...all.values()];
    const busy = left.filter(({ open }) => open.size > 0).length;
    for (const connection of left) cutOff(connection);
    return busy;
  };
  return { stopping: false, of, begin: (answer) => { of(answer.req.socket).open.add(answer); }, end, sweep, cut, get size() { return all.size; } };
};
