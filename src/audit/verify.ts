/** Whether the journal is what was signed: every record hashed anew, held against its kept hash and against each checkpoint (RFC 9162). */
import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { makeBreather } from '../core/breathe.js';
import type { Store } from '../store/store.js';
import { isSignedBy, type Checkpoint } from './checkpoint.js';
import type { HashFile } from './hash-file.js';
import { toVerifyPage, transferOf, type VerifyPage } from './verify-page.js';
import type { VerifyAnswer, VerifyMessage } from './verify-thread.js';
import { VerifyWalk, type Fault } from './verify-walk.js';

export interface VerifyOptions {
  readonly store: Pick<Store, 'records'>;
  /** Hashes kept beside the store; undefined where there are none, as with a copy: then a fault is known to its checkpoint alone. */
  readonly leaves?: Pick<HashFile, 'count' | 'readBytes'> | undefined;
  readonly checkpoints: readonly Checkpoint[];
  readonly publicKey: KeyObject;
  readonly report?: ((done: number) => void) | undefined;
  /** Whether one thread reads and another hashes; pays from some ten thousand records on. */
  readonly threads?: boolean | undefined;
}

export interface Verified {
  /** Records that were hashed. */
  readonly records: number;
  /** Records that some checkpoint speaks for. */
  readonly signed: number;
  /** Records that were removed in order. */
  readonly expired: number;
  /** Undefined when all is as it was signed. */
  readonly fault?: Fault | undefined;
}

const page = 2_000;
/** Pages on their way to the thread that hashes. */
const ahead = 4;

/** Resolves with what was found; rejects only when the store cannot be read. */
export const verifyJournal = async (options: VerifyOptions): Promise<Verified> => {
  const { checkpoints, publicKey } = options;
  const forged = checkpoints.find((checkpoint) => !isSignedBy(checkpoint, publicKey));
  const trees = checkpoints.filter((checkpoint) => checkpoint.kind === 'tree' && isSignedBy(checkpoint, publicKey)).sort((a, b) => a.size - b.size);
  const mayBeGone = Math.max(0, ...checkpoints.filter((one) => one.kind === 'expired' && isSignedBy(one, publicKey)).map(({ size }) => size));
  const line = options.threads === true ? openThread(trees) : openHere(trees);
  try {
    const expired = await feed(options, line, mayBeGone);
    const { hashed, size, fault } = typeof expired === 'number' ? await line.end(options.leaves?.count) : { hashed: 0, size: 0, fault: expired };
    const told = fault ?? (forged === undefined ? undefined : { record: forged.size, problem: `the checkpoint for ${String(forged.size)} records of ${forged.time} is not signed by this key` });
    return { records: hashed, signed: Math.min(trees.at(-1)?.size ?? 0, size), expired: typeof expired === 'number' ? expired : 0, fault: told };
  } finally {
    await line.close();
  }
};

/** Where pages go: a walk here, or one on a thread. */
interface Line {
  /** Resolves with whether more is of use. */
  expired(hashes: Buffer): Promise<boolean>;
  add(records: VerifyPage): Promise<boolean>;
  end(kept: number | undefined): Promise<VerifyAnswer>;
  close(): Promise<unknown>;
}

/** Resolves with how many records were removed in order, or with what is wrong about that. */
const feed = async ({ store, leaves, report }: VerifyOptions, line: Line, mayBeGone: number): Promise<number | Fault> => {
  const breathe = makeBreather();
  let at = 0;
  let expired = 0;
  for (let more = true; more;) {
    const records = await store.records('audit', at, page);
    const [first] = records;
    if (at === 0 && first !== undefined && first.number > 1) {
      const gone = await skipExpired(first.number - 1, { leaves, line, mayBeGone });
      if (gone !== undefined) return gone;
      expired = first.number - 1;
    }
    const from = at === 0 ? expired : at;
    const isOfUse = await line.add(toVerifyPage(records, keptBytes(leaves, from, records.length)));
    at = records.at(-1)?.number ?? at;
    report?.(at - expired);
    more = isOfUse && records.length === page;
    await breathe();
  }
  return expired;
};

const keptBytes = (leaves: VerifyOptions['leaves'], from: number, count: number): Uint8Array<ArrayBuffer> =>
  (leaves === undefined ? new Uint8Array(0) : Uint8Array.from(leaves.readBytes(from, count)));

const skipExpired = async (count: number, { leaves, line, mayBeGone }: Pick<VerifyOptions, 'leaves'> & { readonly line: Line; readonly mayBeGone: number }): Promise<Fault | undefined> => {
  if (count > mayBeGone) return { record: 1, problem: `records 1 to ${String(count)} are missing` };
  if (leaves === undefined || leaves.count < count) return { record: 1, problem: 'the hashes of expired records are missing' };
  for (let from = 0; from < count; from += page) if (!(await line.expired(leaves.readBytes(from, Math.min(page, count - from))))) return undefined;
  return undefined;
};

const openHere = (trees: readonly Checkpoint[]): Line => {
  const walk = new VerifyWalk(trees);
  let fault: Fault | undefined;
  return {
    expired: async (hashes) => (fault ??= walk.addExpired(hashes)) === undefined,
    add: async (records) => (fault ??= walk.add(records)) === undefined,
    end: async (kept) => ({ hashed: walk.hashed, size: walk.size, fault: fault ?? walk.end(kept) }),
    close: async () => undefined,
  };
};

/** A page is read while those before it are hashed. */
const openThread = (trees: readonly Checkpoint[]): Line => {
  const thread = new Worker(new URL('./verify-thread.js', import.meta.url), { workerData: trees.map(({ size, root, time }) => ({ size, root, time })), name: 'audit-verify' });
  const waiting: { readonly resolve: (answer: VerifyAnswer) => void; readonly reject: (error: unknown) => void }[] = [];
  let last: VerifyAnswer | undefined;
  thread.on('message', (answer: VerifyAnswer) => {
    last = answer;
    waiting.shift()?.resolve(answer);
  });
  thread.on('error', (error) => { for (const each of waiting.splice(0)) each.reject(error); });
  const ask = (message: VerifyMessage, transfer: ArrayBuffer[]): Promise<VerifyAnswer> => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    thread.postMessage(message, transfer);
  });
  const answers: Promise<VerifyAnswer>[] = [];
  const send = async (message: VerifyMessage, transfer: ArrayBuffer[]): Promise<boolean> => {
    const answer = ask(message, transfer);
    // Whoever waits for it hears of a failure; one that comes before is not unheard.
    answer.catch(() => undefined);
    answers.push(answer);
    if (answers.length > ahead) await answers.shift();
    return last?.fault === undefined;
  };
  return {
    expired: (hashes) => send({ kind: 'expired', hashes: Uint8Array.from(hashes) }, []),
    add: (records) => send({ kind: 'page', page: records }, transferOf(records)),
    end: async (kept) => {
      await Promise.all(answers);
      return ask({ kind: 'end', kept }, []);
    },
    close: () => thread.terminate(),
  };
};
