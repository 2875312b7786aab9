/** The thread that unpacks bzip2 files for `unpack-thread.ts`, never more than a few blocks ahead of their readers. */
import { createReadStream } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { unbzip2 } from './bzip2/unbzip2.js';
import { ahead, type FromThread, type ToThread } from './unpack-message.js';

const port = parentPort;
if (port === null) throw new Error('unpack-worker runs as a worker thread only');

interface Job {
  room: number;
  stopped: boolean;
  wake: () => void;
}

const jobs = new Map<number, Job>();
const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => { port.postMessage(message, transfer); };

const roomIn = async (job: Job): Promise<void> => {
  while (job.room === 0 && !job.stopped) await new Promise<void>((resolve) => { job.wake = resolve; });
  job.room -= 1;
};

const unpack = async (number: number, path: string, job: Job): Promise<void> => {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  for await (const block of unbzip2(file)) {
    await roomIn(job);
    if (job.stopped) return;
    const bytes = Uint8Array.from(block);
    send({ kind: 'bytes', job: number, bytes, used: file.bytesRead }, [bytes.buffer]);
  }
  send({ kind: 'end', job: number });
};

const open = async (number: number, path: string): Promise<void> => {
  const job: Job = { room: ahead, stopped: false, wake: () => undefined };
  jobs.set(number, job);
  try {
    await unpack(number, path, job);
  } catch (error) {
    send({ kind: 'fault', job: number, message: error instanceof Error ? error.message : String(error) });
  } finally {
    jobs.delete(number);
  }
};

port.on('message', (message: ToThread) => {
  if (message.kind === 'open') {
    void open(message.job, message.path);
    return;
  }
  const job = jobs.get(message.job);
  if (job === undefined) return;
  if (message.kind === 'more') job.room += 1;
  else job.stopped = true;
  job.wake();
});
