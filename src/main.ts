/** The process: takes the words of the command line, runs the command, ends with its exit code. */
import { setFlagsFromString } from 'node:v8';
import { commands } from './cli/commands.js';
import { watchProcess } from './cli/interrupt.js';
import { run } from './cli/run.js';
import { makeTerminal } from './cli/terminal.js';
import { withStore } from './cli/with-store.js';
import { systemClock } from './core/clock.js';

// V8 learns of loads and transactions to make objects old at once, and goes on so: an old one keeps everything that a short request made from being collected young.
setFlagsFromString('--no-allocation-site-pretenuring');
// Whatever is written holds health data or secrets: it is for its owner alone.
process.umask(0o077);

const { report, say, clear } = makeTerminal({ stream: process.stderr, monotonic: () => systemClock.monotonic() });
const write = (text: string): Promise<void> => new Promise((resolve) => {
  clear();
  process.stdout.write(text, () => resolve());
});

const code = await run(process.argv.slice(2), { commands, withStore, cwd: process.cwd(), report, say, write, input: process.stdin, signal: watchProcess(say) });
clear();
process.exit(code);
