/**
 * Group commit: what arrives while a group is on its way to the disk waits together and shares the next transaction and its
 * sync. One request is with the writer at a time.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../core/clock.js';
import type { CommitResult } from '../store/resource.js';
import type { ExpireAudit } from './expire-audit.js';
import { isFatal, toStoreError, type Failure } from './failure.js';
import type { FileWatch } from './moment.js';
import type { PackedCommit } from './packed-commit.js';
import { openWriteService, type PackedIndex, type WriteAnswer, type WriteRequest, type WriteServiceOptions } from './write-service.js';

export interface WriteQueue {
  commit(commit: PackedCommit): Promise<CommitResult>;
  reindex(entries: readonly PackedIndex[]): Promise<number>;
  expire(now: number): Promise<number>;
  expireAudit(task: ExpireAudit): Promise<number>;
  /** Resolves when all that was asked is done and the file is closed. */
  close(): Promise<void>;
}

export interface WriteQueueOptions extends WriteServiceOptions {
  readonly where: 'worker' | 'inline';
  readonly clock: Clock;
  /** Told once when the engine must not go on. */
  readonly onFatal: (error: unknown) => void;
  readonly watch: FileWatch;
}

/** A transaction of more commits would make the first of them wait for too long. */
const largestGroup = 256;

interface Waiting {
  readonly commit: PackedCommit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Task {
  readonly request: WriteRequest;
  readonly resolve: (done: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Where requests go: to the thread, or to the same service here. */
interface Line {
  send(request: WriteRequest): void;
  close(): Promise<void>;
}

/** Opens the queue and its writer. */
export const openWriteQueue = async (options: WriteQueueOptions): Promise<WriteQueue> => {
  const queue = new Queue(options);
  const settle = (answer: WriteAnswer): void => { queue.settle(answer); };
  queue.line = options.where === 'worker' ? await openThread(options, settle, (error) => { queue.fail(error); }) : openInline(options, settle);
  return queue;
};

/** What waits, and what is with the writer. */
class Queue implements WriteQueue {
  line: Line | undefined;
  readonly #options: WriteQueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #tasks: Task[] = [];
  #group: readonly Waiting[] = [];
  #task: Task | undefined;
  #busy = false;
  #failed: Error | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  commit(commit: PackedCommit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed);
      this.#waiting.push({ commit, resolve, reject });
      this.#next();
    });
  }

  reindex(entries: readonly PackedIndex[]): Promise<number> {
    return this.#ask({ kind: 'reindex', entries });
  }

  expire(now: number): Promise<number> {
    return this.#ask({ kind: 'expire', now });
  }

  expireAudit(task: ExpireAudit): Promise<number> {
    return this.#ask({ kind: 'expire-audit', ...task });
  }

  async close(): Promise<void> {
    if (this.#busy || this.#waiting.length > 0 || this.#tasks.length > 0) await new Promise<void>((resolve) => { this.#whenIdle = resolve; });
    await this.line?.close();
  }

  /** The writer has answered. */
  settle(answer: WriteAnswer): void {
    const [group, task] = [this.#group, this.#task];
    this.#busy = false;
    this.#options.watch.settled();
    this.#group = [];
    this.#task = undefined;
    if (answer.kind === 'commit') settleGroup(group, answer.results);
    else if (answer.kind === 'recorded') settleGroup(group, group.flatMap(() => answer.results));
    else if (answer.kind === 'done') task?.resolve(answer.done);
    else for (const each of [...group, ...(task === undefined ? [] : [task])]) each.reject(toStoreError(answer.failure));
    const fatal = failuresOf(answer).find(isFatal);
    if (fatal === undefined) this.#next();
    else this.fail(toStoreError(fatal));
  }

  /** Nothing more can be written: all that wait are told, and the process. */
  fail(error: unknown): void {
    if (this.#failed !== undefined) return;
    this.#failed = asError(error);
    for (const each of [...this.#group, ...this.#waiting.splice(0), ...(this.#task === undefined ? [] : [this.#task]), ...this.#tasks.splice(0)]) each.reject(error);
    this.#group = [];
    this.#task = undefined;
    this.#busy = false;
    this.#options.onFatal(error);
    this.#whenIdle?.();
  }

  #ask(request: WriteRequest): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed);
      this.#tasks.push({ request, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy || this.#failed !== undefined) return;
    this.#task = this.#tasks.shift();
    this.#group = this.#task === undefined ? this.#waiting.splice(0, largestGroup) : [];
    const request: WriteRequest | undefined = this.#task?.request ?? requestOf(this.#group, this.#options.clock);
    if (request === undefined) return this.#whenIdle?.();
    this.#busy = true;
    this.#options.watch.changing();
    this.line?.send(request);
  }
}

/** A group of nothing but records, as reads make them, travels as their texts alone. */
const requestOf = (group: readonly Waiting[], clock: Clock): WriteRequest | undefined => {
  if (group.length === 0) return undefined;
  const records = group.flatMap(({ commit }) => recordsOf(commit) ?? []);
  const isRecordsOnly = group.every(({ commit }) => recordsOf(commit) !== undefined);
  return isRecordsOnly ? { kind: 'record', now: clock.now(), records } : { kind: 'commit', now: clock.now(), commits: group.map(({ commit }) => commit) };
};

const recordsOf = ({ writes, guards, audit = [], ...more }: PackedCommit): readonly string[] | undefined =>
  (writes.length > 0 || guards.length > 0 || audit.some(({ number }) => number !== undefined) || Object.values(more).some((part) => part !== undefined) ? undefined : audit.map(({ text }) => text));

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('the writer has failed', { cause: error }));

const failuresOf = (answer: WriteAnswer): Failure[] => {
  if (answer.kind === 'failed') return [answer.failure];
  return answer.kind === 'commit' || answer.kind === 'recorded' ? answer.results.flatMap((result) => ('failure' in result ? [result.failure] : [])) : [];
};

const settleGroup = (group: readonly Waiting[], results: readonly (CommitResult | { readonly failure: Failure })[]): void => {
  for (const [at, { resolve, reject }] of group.entries()) {
    const result = results[at];
    if (result === undefined || 'failure' in result) reject(toStoreError(result?.failure ?? { code: 'LOST', message: 'no result for a commit' }));
    else resolve(result);
  }
};

const openThread = async ({ file, cacheMegabytes }: WriteServiceOptions, settle: (answer: WriteAnswer) => void, fail: (error: unknown) => void): Promise<Line> => {
  const thread = new Worker(new URL('./write-thread.js', import.meta.url), { workerData: { file, cacheMegabytes }, name: 'store-writer' });
  let closing = false;
  const ended = new Promise<void>((resolve) => { thread.once('exit', () => { resolve(); }); });
  await new Promise<void>((resolve, reject) => {
    thread.once('message', () => { resolve(); });
    thread.once('error', reject);
  });
  thread.removeAllListeners('error');
  thread.on('message', settle);
  thread.on('error', fail);
  thread.once('exit', (code) => { if (!closing) fail(new Error(`the writer's thread ended with ${String(code)}`)); });
  return {
    send: (request) => { thread.postMessage(request); },
    close: async () => {
      closing = true;
      thread.postMessage('close');
      await ended;
    },
  };
};

const openInline = (options: WriteServiceOptions, settle: (answer: WriteAnswer) => void): Line => {
  const service = openWriteService(options);
  return {
    // Later, so that what arrives in this turn joins the group.
    send: (request) => {
      setImmediate(() => {
        settle(service.answer(request));
        service.checkpoint();
      });
    },
    close: async () => { service.close(); },
  };
};
