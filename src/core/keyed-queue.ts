/**
 * Runs work on one key, or on several at once, one after the other within this process. It spares optimistic writers of one
 * resource their retries; that nothing is lost is decided by the store, not here.
 */
export interface KeyedQueue {
  /**
   * Runs `work` when all earlier work on each of the keys has settled; returns its result. Work takes its place in all of its
   * queues at the same moment, so none can wait in a circle.
   */
  run<T>(keys: string | readonly string[], work: () => Promise<T>): Promise<T>;
  /** Keys with work waiting or running. */
  readonly size: number;
}

/** Returns an empty queue. */
export const makeKeyedQueue = (): KeyedQueue => {
  const tails = new Map<string, Promise<unknown>>();
  const run = <T>(keys: string | readonly string[], work: () => Promise<T>): Promise<T> => {
    const own = typeof keys === 'string' ? [keys] : keys;
    const before = new Set(own.map((key) => tails.get(key)).filter((tail) => tail !== undefined));
    const result = before.size === 0 ? work() : Promise.all(before).then(work);
    const tail = result.catch(() => undefined).finally(() => {
      for (const key of own) if (tails.get(key) === tail) tails.delete(key);
    });
    for (const key of own) tails.set(key, tail);
    return result;
  };
  return { run, get size() { return tails.size; } };
};
