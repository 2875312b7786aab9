/** The serving process's side of the control socket: runs store commands for the operator on the same machine. */
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Call, CommandTable, Session } from './command.js';
import { claimSocketPath } from './control-path.js';
import { longestRequest, readRequest, storeName, toLine, type ControlReply, type ControlRequest } from './control-protocol.js';
import { CommandError, usageError } from './exit-code.js';
import { parseWords } from './options.js';
import { runAudited } from './audited-run.js';
import { commandOf, describeFailure } from './run.js';

export interface ControlOptions {
  readonly dataDir: string;
  readonly commands: CommandTable;
  /** The open store, on behalf of the command named. */
  readonly session: (command: string) => Session;
  /** STORE_URL of the store this process has now. */
  readonly storeUrl: () => string;
  readonly onFailure: (error: unknown) => void;
}

export interface ControlServer {
  /** Ends what runs, refuses what comes; resolves when the socket is gone. */
  readonly close: () => Promise<void>;
}

/** Resolves when the socket listens, with mode 0600. The caller must hold the store: what lies in the socket's place is replaced. */
export const openControl = async (options: ControlOptions): Promise<ControlServer> => {
  const place = await claimSocketPath(options.dataDir);
  const running = new Map<Socket, { readonly abort: AbortController; readonly done: Promise<void> }>();
  const server = createServer((socket) => {
    const abort = new AbortController();
    socket.once('close', () => abort.abort(new Error('the caller left')));
    socket.on('error', () => { socket.destroy(); });
    const done = serve(socket, options, abort.signal).catch(options.onFailure).finally(() => { running.delete(socket); socket.end(); });
    running.set(socket, { abort, done });
  });
  server.on('error', options.onFailure);
  server.listen(place.path);
  await once(server, 'listening');
  await chmod(place.path, 0o600);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const { abort } of running.values()) abort.abort(new Error('the server stops'));
    await Promise.all([...running.values()].map(({ done }) => done));
    await closed;
    await place.remove();
  };
  return { close: () => (closing ??= close()) };
};

const serve = async (socket: Socket, options: ControlOptions, signal: AbortSignal): Promise<void> => {
  const line = await firstLine(socket);
  if (line === undefined) return;
  const reply = (message: ControlReply): boolean => socket.writable && socket.write(toLine(message));
  try {
    reply({ outcome: await perform(readRequest(line), options, { signal, reply, socket }) });
  } catch (error) {
    reply({ error: describeFailure(error, signal) });
  }
};

/** Resolves with what the caller asks for, undefined when it leaves before. The socket is read on, so that its end is seen. */
const firstLine = (socket: Socket): Promise<string | undefined> =>
  new Promise((resolve) => {
    let held = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      held += part;
      if (held.includes('\n')) resolve(held.slice(0, held.indexOf('\n')));
      if (held.length > longestRequest) socket.destroy();
    });
    socket.once('close', () => resolve(undefined));
  });

interface Line {
  readonly signal: AbortSignal;
  readonly reply: (message: ControlReply) => boolean;
  readonly socket: Socket;
}

const perform = async ({ command: name, args, cwd, secret, store }: ControlRequest, { commands, session, storeUrl }: ControlOptions, { signal, reply, socket }: Line) => {
  const command = await commandOf(name, commands);
  if (store !== undefined && store !== storeName(storeUrl())) throw new CommandError('inUse', 'The server of this DATA_DIR has another store.');
  if (command.needs !== 'store') throw usageError(`"${name}" is not run by the server.`);
  const call: Call = {
    given: parseWords(args, command.options), cwd, signal, commands, secret,
    report: (progress) => { reply({ progress }); },
    say: (say) => { reply({ say }); },
    write: async (write) => {
      if (!reply({ write })) await once(socket, 'drain', { signal });
    },
  };
  return runAudited(command, call, session(name));
};
