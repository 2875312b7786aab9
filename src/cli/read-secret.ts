/** Reads what a command takes by standard input: a password, which no other user of the machine may see in its words. */
import { usageError } from './exit-code.js';

/** Characters of input that are read; nobody's password is longer. */
const longest = 4_096;

type InputStream = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean | undefined };

/** Resolves with the first line; at a terminal, it asks for it. Throws a usage error for more than anyone types. */
export const readSecret = async (stream: InputStream | undefined, say: (line: string) => void): Promise<string> => {
  if (stream?.isTTY === true) say('Password (it is shown while you type), then Enter:');
  let text = '';
  for await (const part of stream ?? []) {
    text += Buffer.from(part).toString('utf8');
    if (text.length > longest) throw usageError('Standard input holds more than a password.');
    if (stream?.isTTY === true && text.includes('\n')) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
};
