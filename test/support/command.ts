/** Runs a command of the built program as its operator would, in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { environment } from './server.js';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Sent when this many milliseconds have gone by. */
  readonly interruptAfter?: number;
  /** Milliseconds after which it is ended by force. */
  readonly patience?: number;
}

const usualPatience = 50_000;

/** Resolves when it has ended, however it did. */
export const concierge = (words: readonly string[], { env = {}, cwd = packageRoot, interruptAfter, patience = usualPatience }: CommandOptions = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(packageRoot, 'bin', 'concierge.js'), ...words], { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (part: Buffer) => { out += part.toString('utf8'); });
    child.stderr.on('data', (part: Buffer) => { err += part.toString('utf8'); });
    const late = setTimeout(() => child.kill('SIGKILL'), patience);
    const timer = interruptAfter === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), interruptAfter);
    child.on('error', reject);
    child.on('close', (code) => { clearTimeout(timer); clearTimeout(late); resolve({ code, out, err }); });
  });
