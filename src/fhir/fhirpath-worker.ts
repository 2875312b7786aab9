/**
 * FHIRPath that comes from users (http://hl7.org/fhirpath/N1/): evaluated on a thread of its own with a time box and a bound on
 * memory, so that no expression can hold the server. A thread that does not come back is ended and replaced.
 */
import { Worker } from 'node:worker_threads';
import { FhirError } from '../core/error.js';
import type { ConditionTask, PathTask, ThreadMessage, Verdict } from './fhirpath-thread.js';
import type { PlacedValue } from './fhirpath.js';

export interface PathWorkerOptions {
  /** Threads at most; each is started when first needed. */
  readonly threads: number;
  /** Milliseconds one task may take. */
  readonly timeBox: number;
  /** Tasks that may wait; further ones are refused. */
  readonly waiting: number;
}

export interface PathWorkers {
  /**
   * Returns what the expression finds in a resource, given as JSON text. Throws `invalid-expression` for one that is no FHIRPath,
   * fails, or takes too long or too much memory, and `overloaded` when too many wait.
   */
  readonly evaluate: (task: PathTask) => Promise<readonly PlacedValue[]>;
  /** Returns a verdict for each condition, in their order. What was not reached in time is unknown; nothing is thrown. */
  readonly judge: (task: ConditionTask) => Promise<readonly Verdict[]>;
  /** Ends the threads; what is running is refused. */
  readonly close: () => Promise<void>;
}

const limits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
/** Milliseconds in which a new thread must be ready; loading the library takes some. */
const patience = 15_000;
const longest = 2_000;

/** Why a task was given up: `it takes ...`, or an error that is nobody's fault. */
type Failure = string | FhirError;

interface Job {
  readonly task: PathTask | ConditionTask;
  /** Takes a message; returns whether it was the last. */
  readonly take: (message: ThreadMessage) => boolean;
  readonly fail: (why: Failure) => void;
}

interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
  isReady: boolean;
}

const refuse = (expression: string, why: string): FhirError => new FhirError('invalid-expression', `The expression "${expression.slice(0, 120)}" is refused: ${why}.`);

const pathJob = (task: PathTask, resolve: (found: readonly PlacedValue[]) => void, reject: (error: Error) => void): Job => ({
  task: { expression: task.expression, text: task.text },
  take: (message) => {
    if (typeof message === 'string') return false;
    if ('found' in message) resolve(message.found);
    else if ('failure' in message) reject(refuse(task.expression, message.failure));
    return true;
  },
  fail: (why) => { reject(typeof why === 'string' ? refuse(task.expression, why) : why); },
});

const conditionJob = (task: ConditionTask, resolve: (verdicts: readonly Verdict[]) => void): Job => {
  const count = task.groups.reduce((sum, { conditions }) => sum + conditions.length, 0);
  const verdicts: Verdict[] = [];
  const end = (first: string, rest: string): void => {
    if (verdicts.length < count) verdicts.push({ unknown: first });
    while (verdicts.length < count) verdicts.push({ unknown: rest });
    resolve(verdicts);
  };
  return {
    task,
    take: (message) => {
      if (message === 'judged') end('', '');
      else if (typeof message === 'object' && 'verdict' in message) verdicts.push(message.verdict);
      return message === 'judged';
    },
    fail: (why) => {
      if (typeof why === 'string') end(why, 'the time was used up by another constraint');
      else end('the server has no time for it now', 'the server has no time for it now');
    },
  };
};

/** A pool without threads; they are started when there is work. */
class Pool implements PathWorkers {
  readonly #options: PathWorkerOptions;
  readonly #lanes = new Set<Lane>();
  readonly #queue: Job[] = [];

  constructor(options: PathWorkerOptions) {
    this.#options = options;
  }

  async evaluate(task: PathTask): Promise<readonly PlacedValue[]> {
    if (task.expression.length > longest) throw refuse(task.expression, `it is longer than ${String(longest)} characters`);
    return new Promise((resolve, reject) => { this.#add(pathJob(task, resolve, reject)); });
  }

  async judge(task: ConditionTask): Promise<readonly Verdict[]> {
    return new Promise((resolve) => { this.#add(conditionJob(task, resolve)); });
  }

  async close(): Promise<void> {
    const stopping = new FhirError('shutting-down', 'The server is stopping.');
    const ending = [...this.#lanes];
    for (const { fail } of this.#queue.splice(0)) fail(stopping);
    for (const lane of ending) this.#leave(lane, stopping);
    await Promise.all(ending.map(({ worker }) => worker.terminate()));
  }

  #add(job: Job): void {
    if (this.#queue.length >= this.#options.waiting) {
      job.fail(new FhirError('overloaded', 'Too many expressions wait to be evaluated; repeat in a moment.', { retryAfter: 1 }));
      return;
    }
    this.#queue.push(job);
    this.#dispatch();
  }

  #dispatch(): void {
    for (const lane of this.#lanes) if (lane.job === undefined && this.#queue.length > 0) this.#begin(lane);
    if (this.#queue.length > 0 && this.#lanes.size < this.#options.threads) this.#start();
  }

  #start(): void {
    const worker = new Worker(new URL('./fhirpath-thread.js', import.meta.url), { resourceLimits: limits, env: {} });
    const lane: Lane = { worker, job: undefined, timer: undefined, isReady: false };
    this.#lanes.add(lane);
    lane.timer = setTimeout(() => { this.#leave(lane, new FhirError('overloaded', 'The server cannot evaluate expressions now.', { retryAfter: 1 })); }, patience);
    worker.on('message', (message: ThreadMessage) => {
      if (message === 'ready') this.#ready(lane);
      else this.#take(lane, message);
    });
    worker.on('error', () => { this.#leave(lane, undefined); });
    worker.on('exit', () => { this.#leave(lane, undefined); });
    this.#begin(lane);
  }

  #ready(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.isReady = true;
    if (lane.job !== undefined) this.#post(lane, lane.job);
  }

  #begin(lane: Lane): void {
    const job = this.#queue.shift();
    if (job === undefined) {
      // A thread without work keeps no process alive.
      lane.worker.unref();
      return;
    }
    lane.job = job;
    lane.worker.ref();
    if (lane.isReady) this.#post(lane, job);
  }

  #post(lane: Lane, job: Job): void {
    lane.timer = setTimeout(() => { this.#checkTime(lane, job); }, this.#options.timeBox);
    lane.worker.postMessage(job.task);
  }

  /** An answer that arrived while this thread was busy itself still counts. */
  #checkTime(lane: Lane, job: Job): void {
    setImmediate(() => {
      if (lane.job !== job) return;
      this.#leave(lane, `it takes more than ${String(this.#options.timeBox)} ms`);
      // The next one need not wait until a thread has loaded the library.
      if (this.#lanes.size === 0) this.#start();
    });
  }

  #take(lane: Lane, message: ThreadMessage): void {
    if (lane.job?.take(message) === false) return;
    clearTimeout(lane.timer);
    lane.job = undefined;
    this.#begin(lane);
  }

  /** Gives a thread up; the next expression starts another. */
  #leave(lane: Lane, why: Failure | undefined): void {
    if (!this.#lanes.delete(lane)) return;
    clearTimeout(lane.timer);
    lane.job?.fail(why ?? 'it needs too much memory');
    void lane.worker.terminate();
    this.#dispatch();
  }
}

/** Returns a pool of threads. */
export const makePathWorkers = (options: PathWorkerOptions): PathWorkers => new Pool(options);

const kept = (options: PathWorkerOptions): (() => PathWorkers) => {
  let made: PathWorkers | undefined;
  return () => (made ??= makePathWorkers(options));
};

/** Returns the pool of this process for patches: one thread is enough for the few expressions that are not plain, a second keeps them apart. */
export const pathWorkers = kept({ threads: 2, timeBox: 250, waiting: 64 });

/** Returns the pool for constraints of profiles, apart from patches so that neither keeps the other waiting. */
export const constraintWorkers = kept({ threads: 1, timeBox: 250, waiting: 16 });
