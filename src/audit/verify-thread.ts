/** The verification on a thread of its own: one reads the journal while this one hashes it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { VerifyPage } from './verify-page.js';
import { VerifyWalk, type Fault, type SignedTree } from './verify-walk.js';

export type VerifyMessage =
  | { readonly kind: 'expired'; readonly hashes: Uint8Array }
  | { readonly kind: 'page'; readonly page: VerifyPage }
  /** `kept`: how many hashes are kept, where some are. */
  | { readonly kind: 'end'; readonly kept: number | undefined };

/** What is known after a message. */
export interface VerifyAnswer {
  readonly hashed: number;
  readonly size: number;
  readonly fault: Fault | undefined;
}

if (parentPort === null) throw new Error('the verification is started as a worker thread');
const port = parentPort;
const walk = new VerifyWalk(workerData as readonly SignedTree[]);
let fault: Fault | undefined;

const take = (message: VerifyMessage): Fault | undefined => {
  switch (message.kind) {
    case 'expired':
      return walk.addExpired(Buffer.from(message.hashes));
    case 'page':
      return walk.add(message.page);
    case 'end':
      return walk.end(message.kept);
  }
};

port.on('message', (message: VerifyMessage) => {
  fault ??= take(message);
  port.postMessage({ hashed: walk.hashed, size: walk.size, fault } satisfies VerifyAnswer);
});
