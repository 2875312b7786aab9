/** Long reads on a thread of their own, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { openReadService, type ReadRequest, type ReadServiceOptions } from './read-service.js';

if (parentPort === null) throw new Error('long reads are started as a worker thread');
const port = parentPort;
const { flags, ...options } = workerData as ReadServiceOptions & { readonly flags: SharedArrayBuffer };
const cancelled = new Int32Array(flags);
const service = openReadService(options);
port.on('message', (message: 'close' | { readonly number: number; readonly request: ReadRequest }) => {
  if (message === 'close') {
    service.close();
    port.close();
    return;
  }
  void service.answer(message.request, () => Atomics.load(cancelled, 0) === message.number).then((answer) => { port.postMessage(answer); });
});
port.postMessage('ready');
