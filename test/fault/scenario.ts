/** A fault test: what it is called, whether this machine can run it, and what it finds. */
export interface ScenarioSize {
  readonly short: number;
  readonly large: number;
}

export interface Scenario {
  readonly name: string;
  /** How often the fault strikes, in the short and in the large run. */
  readonly times: ScenarioSize;
  /** Why it cannot run here; undefined when it can. */
  readonly missing: () => string | undefined;
  /** Returns one line per run: what it did; throws an Error that says what is wrong. */
  readonly run: (times: number, say: (line: string) => void) => Promise<void>;
}

/** Throws with the first of the faults. */
export const demandNone = (faults: readonly string[], when: string): void => {
  if (faults.length > 0) throw new Error(`${when}: ${String(faults.length)} faults, such as: ${faults.slice(0, 3).join('; ')}`);
};

/** Resolves after a while. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
