/** The caller's side of the control socket. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { systemCode } from '../core/system-code.js';
import type { Call, Outcome } from './command.js';
import { findSocketPath } from './control-path.js';
import { linesOf, readReply, toLine, type ControlRequest } from './control-protocol.js';
import { CommandError } from './exit-code.js';

const nobody = new Set(['ENOENT', 'ECONNREFUSED']);

/** Resolves with a connection to the process that serves from the folder; undefined when none takes commands. */
export const connectControl = async (dataDir: string): Promise<Socket | undefined> => {
  const socket = connect(await findSocketPath(dataDir));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (nobody.has(systemCode(error) ?? '')) return undefined;
    throw new CommandError('failed', `The running server does not let this user give it commands: ${systemCode(error) ?? String(error)}.`, { cause: error });
  }
};

/** Has the serving process run the command; shows what it reports; returns its outcome. Throws what it threw. */
export const askServer = async (socket: Socket, request: ControlRequest, call: Call): Promise<Outcome> => {
  const { signal } = call;
  const leave = (): void => { socket.destroy(); };
  signal.addEventListener('abort', leave);
  try {
    socket.setEncoding('utf8');
    socket.write(toLine(request));
    const outcome = await follow(socket, call);
    if (outcome !== undefined) return outcome;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
    socket.destroy();
  }
  signal.throwIfAborted();
  throw new CommandError('failed', 'The server ended before the command did.');
};

/** Returns the outcome; undefined when the stream ends without one. */
const follow = async (socket: Socket, { report, write, say }: Call): Promise<Outcome | undefined> => {
  for await (const line of linesOf(socket)) {
    const reply = readReply(line);
    if ('outcome' in reply) return reply.outcome;
    if ('error' in reply) throw new CommandError(reply.error.exit, reply.error.message);
    if ('progress' in reply) report(reply.progress);
    else if ('write' in reply) await write(reply.write);
    else say(reply.say);
  }
  return undefined;
};
