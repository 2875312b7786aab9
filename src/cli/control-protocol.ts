/**
 * How a command speaks to the serving process: lines of JSON over a Unix socket that only its owner may open. The caller
 * sends one Request; Replies stream back, the last of them is an outcome or an error. Closing the socket ends the command.
 */
import type { Outcome, Progress } from './command.js';
import { hashOf } from '../core/hash.js';
import type { ExitName } from './exit-code.js';

export interface ControlRequest {
  readonly command: string;
  /** The words after the command's name, parsed anew where it runs. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly secret?: string | undefined;
  /** `storeName` of the store it is for; a server that has another one refuses it as `inUse`. Undefined: whichever the server has. */
  readonly store?: string | undefined;
}

export type ControlReply =
  | { readonly progress: Progress }
  | { readonly write: string }
  | { readonly say: string }
  | { readonly outcome: Outcome }
  | { readonly error: { readonly exit: ExitName; readonly message: string } };

/** Returns a name for the store of a STORE_URL, in which nobody can read its password. */
export const storeName = (storeUrl: string): string => hashOf('store-url', storeUrl);

/** Longest request in characters; far above what a system takes as a command line. */
export const longestRequest = 8 * 1024 ** 2;
/** Longest reply in characters. */
const longestLine = 16 * 1024 ** 2;

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Returns the request in a line; throws an Error for anything else. */
export const readRequest = (line: string): ControlRequest => {
  const { command, args, cwd, secret, store } = JSON.parse(line) as Record<string, unknown>;
  if (typeof command === 'string' && isTexts(args) && typeof cwd === 'string') return { command, args, cwd, ...(typeof secret === 'string' ? { secret } : {}), ...(typeof store === 'string' ? { store } : {}) };
  throw new Error('a request has command, args and cwd');
};

/** Returns the reply in a line; the serving process is our own program, so its form is taken as given. */
export const readReply = (line: string): ControlReply => JSON.parse(line) as ControlReply;

/** Returns a message as one line. */
export const toLine = (message: ControlRequest | ControlReply): string => `${JSON.stringify(message)}\n`;

/** Yields the lines of a stream of UTF-8 text without their breaks; throws for a line without end. */
export async function* linesOf(stream: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  let held = '';
  for await (const part of stream) {
    held += String(part);
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    yield* lines;
    if (held.length > longestLine) throw new Error('a line of the control socket has no end');
  }
}
