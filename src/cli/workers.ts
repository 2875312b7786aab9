/**
 * Several processes on one port (https://nodejs.org/api/cluster.html): this one starts them, starts another for one that dies, and
 * stops them all. They share nothing but the port; what they have to agree on is in the database.
 */
import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Outcome } from './command.js';
import { CommandError, exitCodes } from './exit-code.js';

/** What a restart would not mend. */
const hopeless: ReadonlySet<number | null> = new Set([exitCodes.usage.code, exitCodes.settings.code, exitCodes.listen.code]);
/** Milliseconds before another is started for one that died; twice as many each time in a row, up to the second. */
const restart = { first: 200, most: 10_000 };
/** One that lived longer did not die of how it was started. */
const longMs = 10_000;

export interface WorkersOptions {
  readonly count: number;
  readonly call: Pick<Call, 'say' | 'signal'>;
  /** Called once, when all of them answer; with the port. */
  readonly onReady: (port: number) => void;
}

/** Resolves when all have stopped, which the call's signal asks for. Throws a CommandError when they cannot be started. */
export const runWorkers = async ({ count, call, onReady }: WorkersOptions): Promise<Outcome> => {
  const listening = new Set<number>();
  const failed = new AbortController();
  cluster.on('listening', ({ id }, { port }) => {
    listening.add(id);
    if (listening.size === count) onReady(port);
  });
  const ended = AbortSignal.any([call.signal, failed.signal]);
  const codes = await Promise.all(Array.from({ length: count }, async (_, at) => keepWorker(at + 1, call, { ended, fail: () => failed.abort() })));
  const hopelessCode = codes.find((code) => hopeless.has(code));
  if (failed.signal.aborted) throw new CommandError(Object.entries(exitCodes).find(([, { code }]) => code === hopelessCode)?.[0] as 'settings' | undefined ?? 'failed', 'The workers cannot be started; what they say is above.');
  return { exit: codes.every((code) => code === 0) ? 'ok' : 'failed', text: '', json: undefined };
};

interface Keeping {
  readonly ended: AbortSignal;
  readonly fail: () => void;
}

/** Keeps one worker running; resolves with the exit code it ended with for good. */
const keepWorker = async (number: number, { say }: Pick<Call, 'say'>, { ended, fail }: Keeping): Promise<number | null> => {
  let wait = restart.first;
  for (;;) {
    const begun = performance.now();
    const worker = cluster.fork({ WORKER_NUMBER: String(number) });
    let answers = false;
    worker.once('listening', () => { answers = true; });
    const stop = (): void => { worker.process.kill('SIGTERM'); };
    ended.addEventListener('abort', stop, { once: true });
    const { code, signal } = await exitOf(worker);
    ended.removeEventListener('abort', stop);
    // One that was still starting had nothing to end in order.
    if (ended.aborted) return answers || hopeless.has(code) ? code : 0;
    if (hopeless.has(code)) {
      fail();
      return code;
    }
    wait = performance.now() - begun > longMs ? restart.first : Math.min(2 * wait, restart.most);
    say(`Worker ${String(number)} ended (${signal ?? `exit ${String(code)}`}); another is started.`);
    await sleep(wait, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return 0;
  }
};

const exitOf = (worker: Worker): Promise<{ readonly code: number | null; readonly signal: string | null }> =>
  new Promise((resolve) => { worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal })); });
