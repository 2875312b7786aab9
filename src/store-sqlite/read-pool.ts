/** A few threads for long reads; what waits is taken in turn, and what nobody waits for any more is ended. */
import { Worker } from 'node:worker_threads';
import type { Ending } from '../core/ending.js';
import { FhirError } from '../core/error.js';
import { toStoreError } from './failure.js';
import type { ReadAnswer, ReadRequest, ReadResult, ReadServiceOptions } from './read-service.js';

export interface ReadPool {
  /** Rejects with the reason of the signal when it ends the read. */
  run(request: ReadRequest, signal?: Ending): Promise<ReadResult>;
  close(): Promise<void>;
}

export interface ReadPoolOptions extends ReadServiceOptions {
  /** Threads at the most; each is started when there is work for it. */
  readonly threads: number;
}

interface Job {
  readonly number: number;
  readonly request: ReadRequest;
  readonly resolve: (result: ReadResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly flags: Int32Array;
  job: Job | undefined;
}

/** Jobs that may wait: beyond, the server has more work than it can take. */
const mostWaiting = 1_000;

/** Returns a pool without threads yet. */
export const makeReadPool = ({ threads: most, ...options }: ReadPoolOptions): ReadPool => {
  const threads = new Set<Thread>();
  const waiting: Job[] = [];
  let numbers = 0;
  let closed = false;

  const lost = (thread: Thread, cause: unknown): void => {
    if (!threads.delete(thread)) return;
    thread.job?.reject(new FhirError('store-unavailable', 'The store cannot answer now.', { retryAfter: 1, cause }));
    thread.job = undefined;
    if (!closed) next();
  };
  const answered = (thread: Thread, answer: ReadAnswer): void => {
    const { job } = thread;
    thread.job = undefined;
    if (answer.kind === 'failed') job?.reject(toStoreError(answer.failure));
    else job?.resolve(answer);
    next();
  };
  const free = (): Thread | undefined => {
    const idle = [...threads].find(({ job }) => job === undefined);
    if (idle !== undefined || threads.size >= most) return idle;
    const thread = startThread(options, { answered, lost });
    threads.add(thread);
    return thread;
  };
  const next = (): void => {
    while (waiting.length > 0) {
      const thread = free();
      const job = thread === undefined ? undefined : waiting.shift();
      if (thread === undefined || job === undefined) return;
      thread.job = job;
      Atomics.store(thread.flags, 0, 0);
      thread.worker.postMessage({ number: job.number, request: job.request });
    }
  };
  const abandon = (number: number): void => {
    const at = waiting.findIndex((job) => job.number === number);
    if (at >= 0) waiting.splice(at, 1);
    for (const { job, flags } of threads) if (job?.number === number) Atomics.store(flags, 0, number);
  };
  const run: ReadPool['run'] = async (request, signal) => {
    signal?.throwIfAborted();
    if (closed) throw stopping();
    if (waiting.length >= mostWaiting) throw new FhirError('overloaded', 'The server has as many long searches as it can take; repeat in a moment.', { retryAfter: 1 });
    numbers = (numbers % 0x7fff_fffe) + 1;
    const number = numbers;
    const answer = new Promise<ReadResult>((resolve, reject) => { waiting.push({ number, request, resolve, reject }); });
    next();
    return signal === undefined ? answer : untilAborted(answer, signal, () => { abandon(number); });
  };
  const close = async (): Promise<void> => {
    closed = true;
    for (const job of waiting.splice(0)) job.reject(stopping());
    const left = [...threads];
    threads.clear();
    await Promise.all(left.map(endThread));
  };
  return { run, close };
};

const stopping = (): FhirError => new FhirError('shutting-down', 'The server is stopping.', { retryAfter: 1 });

/** Rejects with the reason of the signal as soon as it is raised. */
const untilAborted = async <T>(answer: Promise<T>, signal: Ending, abandon: () => void): Promise<T> => {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      abandon();
      reject(signal.reason instanceof Error ? signal.reason : new Error('the read was ended'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
};

interface Listeners {
  readonly answered: (thread: Thread, answer: ReadAnswer) => void;
  readonly lost: (thread: Thread, cause: unknown) => void;
}

const startThread = (options: ReadServiceOptions, { answered, lost }: Listeners): Thread => {
  const flags = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('./read-thread.js', import.meta.url), { workerData: { ...options, flags }, name: 'store-reader' });
  const thread: Thread = { worker, flags: new Int32Array(flags), job: undefined };
  worker.on('message', (answer: 'ready' | ReadAnswer) => { if (answer !== 'ready') answered(thread, answer); });
  worker.on('error', (error) => { lost(thread, error); });
  worker.on('exit', (code) => { lost(thread, new Error(`a reading thread ended with ${String(code)}`)); });
  return thread;
};

/** Ends what it does, then the thread. */
const endThread = async ({ worker, flags, job }: Thread): Promise<void> => {
  if (job !== undefined) Atomics.store(flags, 0, job.number);
  const ended = new Promise<void>((resolve) => { worker.once('exit', () => { resolve(); }); });
  worker.postMessage('close');
  await ended;
};
