/** A MongoDB test server of its own (SecantusDB, as scripts/mongo-server.mjs installs it), so that it can be paused, killed and started again on what it has stored. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';

const program = join(packageRoot, '.cache', 'secantus', 'bin', 'secantusd-py');

/** Why there is none; undefined when it can be started. */
export const noDatabase = (): string | undefined => (existsSync(program) ? undefined : 'there is no test server: "node scripts/mongo-server.mjs true" installs it');

export interface Database {
  /** `mongodb://127.0.0.1:PORT/fault?replicaSet=...` */
  readonly url: string;
  /** Ends it in the middle of whatever it does. */
  readonly kill: () => Promise<void>;
  /** Starts it again on its port and storage. */
  readonly start: () => Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it and removes what it has stored. */
  readonly remove: () => Promise<void>;
}

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => { resolve(port); });
  });
});

const started = new Set<ChildProcess>();
process.on('exit', () => { for (const child of started) child.kill('SIGKILL'); });

const startMs = 60_000;

const launch = (port: number, storage: string): Promise<ChildProcess> => new Promise((resolve, reject) => {
  const child = spawn(program, ['--host', '127.0.0.1', '--port', String(port), '--storage-path', storage, '--sync-on-commit', '--enable-test-commands'], { stdio: ['ignore', 'ignore', 'pipe'] });
  started.add(child);
  let said = '';
  const timer = setTimeout(() => reject(new Error(`the database does not listen: ${said}`)), startMs);
  child.stderr.on('data', (part: Buffer) => {
    said = (said + part.toString()).slice(-2_000);
    if (!said.includes('listening on')) return;
    clearTimeout(timer);
    resolve(child);
  });
  child.once('exit', (code) => {
    started.delete(child);
    clearTimeout(timer);
    reject(new Error(`the database ended with ${String(code)}: ${said}`));
  });
});

/** Resolves with a database that answers. */
export const startDatabase = async (): Promise<Database> => {
  const port = await freePort();
  const storage = mkdtempSync(join(tmpdir(), 'concierge-database-'));
  let child = await launch(port, storage);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `mongodb://127.0.0.1:${String(port)}/fault?replicaSet=secantus`,
    kill,
    start: async () => { child = await launch(port, storage); },
    pause: () => { child.kill('SIGSTOP'); },
    resume: () => { child.kill('SIGCONT'); },
    remove: async () => {
      await kill();
      rmSync(storage, { recursive: true, force: true });
    },
  };
};
