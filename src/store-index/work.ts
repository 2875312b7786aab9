/** What a running search may do and has done: its bound, its end when nobody waits any more, its steps for an explanation. */
import type { SearchStep } from '../store/resource.js';

/** The search looked at more rows than it may. */
export class OverBudget extends Error {}
/** Nobody waits for the search any more. */
export class Cancelled extends Error {}

export interface WorkOptions {
  readonly budget: number;
  readonly isCancelled?: (() => boolean) | undefined;
  readonly explain?: boolean | undefined;
}

/** Returns like how many rows a look through a text is: one of a few kilobytes is parsed and folded. */
export const rowsOfText = (text: string): number => 8 + Math.ceil(text.length / 512);

/** Rows between two looks at whether somebody still waits. */
const patience = 1_024;

/** Counts the rows a search looks at. */
export class Work {
  rows = 0;
  readonly steps: SearchStep[] = [];
  #budget: number;
  readonly #isCancelled: (() => boolean) | undefined;
  readonly #explain: boolean;
  #nextLook = patience;

  constructor({ budget, isCancelled, explain = false }: WorkOptions) {
    this.#budget = budget;
    this.#isCancelled = isCancelled;
    this.#explain = explain;
  }

  /** Rows that may still be looked at. */
  get left(): number {
    return Math.min(this.#budget - this.rows, Number.MAX_SAFE_INTEGER);
  }

  /** Counts rows; throws OverBudget or Cancelled. */
  saw(rows: number): void {
    this.rows += rows;
    if (this.rows > this.#budget) throw new OverBudget(`more than ${String(this.#budget)} rows`);
    if (this.rows < this.#nextLook) return;
    this.#nextLook = this.rows + patience;
    if (this.#isCancelled?.() === true) throw new Cancelled('nobody waits for this search');
  }

  /** Runs a part of the search that may look at so many more rows; returns undefined when it would need more. */
  tryWithin<T>(rows: number, run: () => T): T | undefined {
    const whole = this.#budget;
    const part = this.rows + rows;
    if (part >= whole) return run();
    this.#budget = part;
    try {
      return run();
    } catch (error) {
      if (error instanceof OverBudget) return undefined;
      throw error;
    } finally {
      this.#budget = whole;
    }
  }

  /** Begins a step that ends with the call of what is returned: for steps that may be left early. */
  begin(step: string, indexed: boolean): () => void {
    const before = this.rows;
    const begun = performance.now();
    return () => {
      if (this.#explain) this.steps.push({ step, indexed, rows: this.rows - before, ms: Math.round((performance.now() - begun) * 1000) / 1000 });
    };
  }

  /** Runs a step and notes what it cost. */
  step<T>(step: string, indexed: boolean, run: () => T): T {
    if (!this.#explain) return run();
    const done = this.begin(step, indexed);
    const result = run();
    done();
    return result;
  }
}
