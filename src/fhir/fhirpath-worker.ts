/**
 * FHIRPath that comes from users (http://hl7.org/fhirpath/N1/): evaluated on a thread of its own with a time box and a bound on
 * memory, so that no expression can hold the server. A thread that does not come back is ended and replaced.
 */
import { Worker } from 'node:worker_threads';
import { FhirError } from '../core/error.js';
import type { PathAnswer, PathTask } from './fhirpath-thread.js';
import type { PlacedValue } from './fhirpath.js';

export interface PathWorkerOptions {
  /** Threads at most; each is started when first needed. */
  readonly threads: number;
  /** Milliseconds one expression may take. */
  readonly timeBox: number;
  /** Expressions that may wait; further ones are refused. */
  readonly waiting: number;
}

export interface PathWorkers {
  /**
   * Returns what the expression finds in a resource, given as JSON text. Throws `invalid-expression` for one that is no FHIRPath,
   * fails, or takes too long or too much memory, and `overloaded` when too many wait.
   */
  readonly evaluate: (task: PathTask) => Promise<readonly PlacedValue[]>;
  /** Ends the threads; what is running is refused. */
  readonly close: () => Promise<void>;
}

const limits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
/** Milliseconds in which a new thread must be ready; loading the library takes some. */
const patience = 15_000;
const longest = 2_000;

interface Job extends PathTask {
  readonly resolve: (found: readonly PlacedValue[]) => void;
  readonly reject: (error: Error) => void;
}

interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
  isReady: boolean;
}

const refuse = (expression: string, why: string): FhirError => new FhirError('invalid-expression', `The expression "${expression.slice(0, 120)}" is refused: ${why}.`);

/** A pool without threads; they are started when there is work. */
class Pool implements PathWorkers {
  readonly #options: PathWorkerOptions;
  readonly #lanes = new Set<Lane>();
  readonly #queue: Job[] = [];

  constructor(options: PathWorkerOptions) {
    this.#options = options;
  }

  async evaluate({ expression, text }: PathTask): Promise<readonly PlacedValue[]> {
    if (expression.length > longest) throw refuse(expression, `it is longer than ${String(longest)} characters`);
    if (this.#queue.length >= this.#options.waiting) throw new FhirError('overloaded', 'Too many expressions wait to be evaluated; repeat in a moment.', { retryAfter: 1 });
    return new Promise((resolve, reject) => {
      this.#queue.push({ expression, text, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    const stopping = new FhirError('shutting-down', 'The server is stopping.');
    const ending = [...this.#lanes];
    for (const { reject } of this.#queue.splice(0)) reject(stopping);
    for (const lane of ending) this.#leave(lane, stopping);
    await Promise.all(ending.map(({ worker }) => worker.terminate()));
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
    worker.on('message', (message: 'ready' | PathAnswer) => {
      if (message === 'ready') this.#ready(lane);
      else this.#finish(lane, message);
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
    lane.worker.postMessage({ expression: job.expression, text: job.text } satisfies PathTask);
  }

  /** An answer that arrived while this thread was busy itself still counts. */
  #checkTime(lane: Lane, job: Job): void {
    setImmediate(() => {
      if (lane.job === job) this.#leave(lane, refuse(job.expression, `it takes more than ${String(this.#options.timeBox)} ms`));
    });
  }

  #finish(lane: Lane, answer: PathAnswer): void {
    clearTimeout(lane.timer);
    const { job } = lane;
    lane.job = undefined;
    if (job !== undefined && 'found' in answer) job.resolve(answer.found);
    else if (job !== undefined && 'failure' in answer) job.reject(refuse(job.expression, answer.failure));
    this.#begin(lane);
  }

  /** Gives a thread up; the next expression starts another. */
  #leave(lane: Lane, error: FhirError | undefined): void {
    if (!this.#lanes.delete(lane)) return;
    clearTimeout(lane.timer);
    lane.job?.reject(error ?? refuse(lane.job.expression, 'it needs too much memory'));
    void lane.worker.terminate();
    this.#dispatch();
  }
}

/** Returns a pool of threads. */
export const makePathWorkers = (options: PathWorkerOptions): PathWorkers => new Pool(options);

let shared: PathWorkers | undefined;

/** Returns the pool of this process: one thread is enough for the few expressions that are not plain, a second keeps them apart. */
export const pathWorkers = (): PathWorkers => (shared ??= makePathWorkers({ threads: 2, timeBox: 250, waiting: 64 }));
