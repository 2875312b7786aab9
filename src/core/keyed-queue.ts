/**
 * Runs work on one key one after the other within this process. It spares optimistic writers of one resource their
 * retries; that nothing is lost is decided by the store, not here.
 */
export interface KeyedQueue {
  /** Runs `work` when all earlier work on `key` has settled; returns its result. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Keys with work waiting or running. */
  readonly size: number;
}

/** Returns an empty queue. */
export const makeKeyedQueue = (): KeyedQueue => {
  const tails = new Map<string, Promise<unknown>>();
  const run = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(key);
    const result = before === undefined ? work() : before.then(work, work);
    const tail = result.catch(() => undefined).finally(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    tails.set(key, tail);
    return result;
  };
  return { run, get size() { return tails.size; } };
};
