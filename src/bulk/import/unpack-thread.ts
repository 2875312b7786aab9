/** bzip2 on a thread of its own: unpacking would otherwise keep the thread that validates and indexes from it. */
import { Worker } from 'node:worker_threads';
import { ReadError, type Bytes } from './bytes.js';
import type { FromThread, ToThread } from './unpack-message.js';

export interface Unpacker {
  /** Returns the unpacked bytes of a bzip2 file. */
  open(path: string): Bytes;
  /** Ends the thread. */
  close(): Promise<void>;
}

interface Job {
  readonly waiting: FromThread[];
  wake: () => void;
}

/** Returns an unpacker; its thread starts with the first file. */
export const makeUnpacker = (): Unpacker => {
  const jobs = new Map<number, Job>();
  let worker: Worker | undefined;
  let last = 0;

  const put = (message: FromThread): void => {
    const job = jobs.get(message.job);
    job?.waiting.push(message);
    job?.wake();
  };
  const start = (): Worker => {
    const made = new Worker(new URL('./unpack-worker.js', import.meta.url));
    made.on('message', put);
    made.on('error', ({ message }) => { for (const job of jobs.keys()) put({ kind: 'fault', job, message }); });
    made.unref();
    return made;
  };
  const open = (path: string): Bytes => {
    const thread = worker ??= start();
    const number = last += 1;
    const job: Job = { waiting: [], wake: () => undefined };
    const send = (message: ToThread): void => { thread.postMessage(message); };
    let used = 0;
    const chunks = (async function* () {
      jobs.set(number, job);
      thread.ref();
      send({ kind: 'open', job: number, path });
      try {
        for (;;) {
          const message = await nextOf(job);
          if (message.kind === 'end') return;
          if (message.kind === 'fault') throw new ReadError(message.message);
          used = message.used;
          send({ kind: 'more', job: number });
          yield message.bytes;
        }
      } finally {
        send({ kind: 'stop', job: number });
        jobs.delete(number);
        if (jobs.size === 0) thread.unref();
      }
    })();
    return { chunks, used: () => used };
  };
  return { open, close: async () => { await worker?.terminate(); } };
};

const nextOf = async (job: Job): Promise<FromThread> => {
  for (;;) {
    const message = job.waiting.shift();
    if (message !== undefined) return message;
    await new Promise<void>((resolve) => { job.wake = resolve; });
  }
};
