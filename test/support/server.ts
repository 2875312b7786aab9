/** Starts the built server as its user would, in a process of its own, and ends it in the ways a machine can. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';

export interface ServerOptions {
  /** Settings beside the ones every test server has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kept at the end when given; else a temporary folder that goes with the server. */
  readonly dataDir?: string;
  /** Command and arguments to put before node, for example a shell that sets limits. */
  readonly under?: readonly string[];
}

export interface RunningServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `http://127.0.0.1:PORT/fhir` */
  readonly base: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** Milliseconds from spawn to the printed address. */
  readonly startMilliseconds: number;
  /** What it printed so far, the last 20 kB. */
  readonly output: () => string;
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, then waits for the end and cleans up. */
  readonly stop: () => Promise<number | null>;
  /** SIGKILL: the process gets no chance to do anything. */
  readonly kill: () => Promise<void>;
}

const started = new Set<ChildProcess>();
process.on('exit', () => { for (const child of started) child.kill('SIGKILL'); });

const inherited = ['PATH', 'HOME', 'TMPDIR', 'SystemRoot', 'LD_LIBRARY_PATH'];

/** Returns the environment of a test server: nothing of this process that could change its ways. */
export const environment = (extra: Readonly<Record<string, string>>): Record<string, string> => {
  const kept = Object.fromEntries(inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return { ...kept, NODE_ENV: 'production', AUTH: 'open', HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn', ...extra };
};

const tailOf = (child: ChildProcess): (() => string) => {
  let tail = '';
  const keep = (part: Buffer): void => { tail = (tail + part.toString('utf8')).slice(-20_000); };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => tail;
};

const addressOf = (child: ChildProcess, output: () => string): Promise<string> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address after 30 s; it printed: ${output()}`)), 30_000);
    const look = (): void => {
      const found = /https?:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output());
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.on('exit', (code) => { clearTimeout(timer); reject(new Error(`the server ended with ${String(code)} before it listened; it printed: ${output()}`)); });
    child.on('error', reject);
  });

/** Resolves when the server has printed its address; rejects with its output when it ends before. */
export const startServer = async ({ env = {}, dataDir, under = [] }: ServerOptions = {}): Promise<RunningServer> => {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'concierge-'));
  const begun = performance.now();
  const [command = process.execPath, ...args] = [...under, process.execPath, join(packageRoot, 'bin', 'concierge.js'), 'serve'];
  const child = spawn(command, args, { cwd: packageRoot, env: environment({ DATA_DIR: folder, ...env }), stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  const output = tailOf(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => { started.delete(child); resolve(code); }));
  const clean = (): void => { if (dataDir === undefined) rmSync(folder, { recursive: true, force: true }); };
  try {
    const origin = await addressOf(child, output);
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      const code = await ended;
      clean();
      return code;
    };
    return {
      origin, base: `${origin}/fhir`, dataDir: folder, process: child, output, ended,
      startMilliseconds: performance.now() - begun,
      stop: () => end('SIGTERM'),
      kill: async () => { await end('SIGKILL'); },
    };
  } catch (error) {
    child.kill('SIGKILL');
    clean();
    throw error;
  }
};
