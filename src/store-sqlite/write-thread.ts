/** The writer on a thread of its own: the main one answers requests while this one waits for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import { openWriteService, type WriteRequest, type WriteServiceOptions } from './write-service.js';

if (parentPort === null) throw new Error('the writer is started as a worker thread');
const port = parentPort;
const service = openWriteService(workerData as WriteServiceOptions);
port.on('message', (request: WriteRequest | 'close') => {
  if (request === 'close') {
    service.close();
    port.close();
    return;
  }
  port.postMessage(service.answer(request));
  service.checkpoint();
});
port.postMessage('ready');
