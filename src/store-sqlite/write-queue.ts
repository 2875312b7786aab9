/**
 * Group commit: what is asked in one turn of the event loop goes to the writer together, and what has come there while it waited
 * for the disk shares its next transaction and sync. So neither waits for the other.
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

/** Commits that are handed over at once: the writer begins with these while more are made. */
const together = 16;

interface Waiting {
  readonly commit: PackedCommit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Task {
  readonly resolve: (done: number) => void;
  readonly reject: (error: unknown) => void;
}

/** What one request to the writer is of. */
type Sent = { readonly group: readonly Waiting[] } | { readonly task: Task };

/** Where requests go: to the thread, or to the same service here. */
interface Line {
  send(request: WriteRequest): void;
  close(): Promise<void>;
}

/** Opens the queue and its writer. */
export const openWriteQueue = async (options: WriteQueueOptions): Promise<WriteQueue> => {
  const queue = new Queue(options);
  const settle = (answers: readonly WriteAnswer[]): void => { queue.settle(answers); };
  queue.line = options.where === 'worker' ? await openThread(options, settle, (error) => { queue.fail(error); }) : openInline(options, settle);
  return queue;
};

/** What waits, and what is with the writer. */
class Queue implements WriteQueue {
  line: Line | undefined;
  readonly #options: WriteQueueOptions;
  #waiting: Waiting[] = [];
  /** In the order in which they were sent, which is that of the answers. */
  readonly #sent: Sent[] = [];
  #failed: Error | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  commit(commit: PackedCommit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed);
      if (this.#waiting.push({ commit, resolve, reject }) === 1) setImmediate(() => { this.#handOver(); });
      else if (this.#waiting.length >= together) this.#handOver();
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
    this.#handOver();
    if (this.#sent.length > 0) await new Promise<void>((resolve) => { this.#whenIdle = resolve; });
    await this.line?.close();
  }

  /** The writer has answered. */
  settle(answers: readonly WriteAnswer[]): void {
    const sent = this.#sent.splice(0, answers.length);
    for (const [at, each] of sent.entries()) settleSent(each, answers[at] ?? lost);
    const fatal = answers.flatMap(failuresOf).find(isFatal);
    if (fatal !== undefined) this.fail(toStoreError(fatal));
    if (this.#sent.length > 0) return;
    this.#options.watch.settled();
    this.#whenIdle?.();
  }

  /** Nothing more can be written: all that wait are told, and the process. */
  fail(error: unknown): void {
    if (this.#failed !== undefined) return;
    this.#failed = asError(error);
    for (const each of this.#waiting.splice(0)) each.reject(error);
    for (const sent of this.#sent.splice(0)) for (const each of 'group' in sent ? sent.group : [sent.task]) each.reject(error);
    this.#options.onFatal(error);
    this.#whenIdle?.();
  }

  #ask(request: WriteRequest): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) return reject(this.#failed);
      this.#handOver();
      this.#send(request, { task: { resolve, reject } });
    });
  }

  /** Sends what waits. */
  #handOver(): void {
    if (this.#waiting.length === 0) return;
    const group = this.#waiting;
    this.#waiting = [];
    this.#send(requestOf(group, this.#options.clock), { group });
  }

  #send(request: WriteRequest, sent: Sent): void {
    this.#sent.push(sent);
    this.#options.watch.changing();
    this.line?.send(request);
  }
}

const lost: WriteAnswer = { kind: 'failed', failure: { code: 'LOST', message: 'no answer of the writer' } };

const settleSent = (sent: Sent, answer: WriteAnswer): void => {
  if (answer.kind === 'failed') for (const each of 'group' in sent ? sent.group : [sent.task]) each.reject(toStoreError(answer.failure));
  else if ('task' in sent) sent.task.resolve(answer.kind === 'done' ? answer.done : 0);
  else if (answer.kind === 'recorded') settleGroup(sent.group, sent.group.flatMap(() => answer.results));
  else settleGroup(sent.group, answer.kind === 'commit' ? answer.results : []);
};

/** A group of nothing but records, as reads make them, travels as their texts alone. */
const requestOf = (group: readonly Waiting[], clock: Clock): WriteRequest => {
  const each = group.map(({ commit }) => recordsOf(commit));
  const isRecordsOnly = !each.includes(undefined);
  return isRecordsOnly ? { kind: 'record', now: clock.now(), records: each.flatMap((texts) => texts ?? []) } : { kind: 'commit', now: clock.now(), commits: group.map(({ commit }) => commit) };
};

const recordsOf = ({ writes, guards, audit = [], outbox, answer, mark, dryRun }: PackedCommit): readonly string[] | undefined => {
  const hasMore = writes.length > 0 || guards.length > 0 || outbox !== undefined || answer !== undefined || mark !== undefined || dryRun !== undefined;
  return hasMore || audit.some(({ number }) => number !== undefined) ? undefined : audit.map(({ text }) => text);
};

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

const openThread = async ({ file, cacheMegabytes }: WriteServiceOptions, settle: (answers: readonly WriteAnswer[]) => void, fail: (error: unknown) => void): Promise<Line> => {
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

const openInline = (options: WriteServiceOptions, settle: (answers: readonly WriteAnswer[]) => void): Line => {
  const service = openWriteService(options);
  const requests: WriteRequest[] = [];
  const answer = (): void => {
    settle(service.answer(requests.splice(0)));
    service.checkpoint();
  };
  return {
    // Later, as an answer of the thread would come.
    send: (request) => { if (requests.push(request) === 1) setImmediate(answer); },
    close: async () => { service.close(); },
  };
};
