/** Work the server does by itself beside requests. */
export interface Job {
  /** For the log and the metrics. */
  readonly name: string;
  /** Whether one of several processes does it for all. */
  readonly shared?: true | undefined;
  /** Begins; what goes wrong later is observed, never thrown. */
  readonly start: () => void;
  /** Acts at once, and once more when it is acting already: something has changed. Nothing happens before `start`. */
  readonly wake?: (() => void) | undefined;
  /** Resolves when nothing of it runs any more. */
  readonly stop: () => Promise<void>;
}

export interface Repeated {
  readonly name: string;
  readonly everyMs: number;
  readonly act: () => Promise<void>;
  /** Told of an act that failed; the next one comes all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** Returns a job that acts again and again, the first time after one interval, never twice at once. */
export const makeRepeatedJob = ({ name, everyMs, act, onFailure }: Repeated): Job => {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  const turn = (): void => {
    running ??= act().catch(onFailure).finally(() => {
      running = undefined;
      if (again && timer !== undefined) turn();
      again = false;
    });
  };
  return {
    name,
    wake: () => {
      if (timer === undefined) return;
      again = running !== undefined;
      turn();
    },
    start: () => {
      timer ??= setInterval(turn, everyMs);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      timer = undefined;
      await running;
    },
  };
};
