/** The writer on a thread of its own: the main one answers requests while this one waits for the disk. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openWriteService, type WriteRequest, type WriteServiceOptions } from './write-service.js';

if (parentPort === null) throw new Error('the writer is started as a worker thread');
const port = parentPort;
const service = openWriteService(workerData as WriteServiceOptions);

/** Requests whose commits share a transaction at the most: a larger one would make the first of them wait for too long. */
const most = 16;

/** Returns what else has come by now. */
const waiting = (): (WriteRequest | 'close')[] => {
  const messages: (WriteRequest | 'close')[] = [];
  while (messages.length < most - 1) {
    const next = receiveMessageOnPort(port) as { readonly message: WriteRequest | 'close' } | undefined;
    if (next === undefined) break;
    messages.push(next.message);
  }
  return messages;
};

port.on('message', (first: WriteRequest | 'close') => {
  const messages = [first, ...waiting()];
  const requests = messages.filter((message): message is WriteRequest => message !== 'close');
  if (requests.length > 0) port.postMessage(service.answer(requests));
  if (messages.includes('close')) {
    service.close();
    port.close();
    return;
  }
  service.checkpoint();
});
port.postMessage('ready');
