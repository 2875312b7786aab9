/** A cache bounded by the weight of what it holds; what was used longest ago goes first. */
export interface WeightedCache<T> {
  get(key: string): T | undefined;
  /** What is heavier than the whole cache is not kept. */
  set(key: string, value: T, weight: number): void;
  clear(): void;
}

/** Returns an empty cache for `capacity` units of weight. */
export const makeWeightedCache = <T>(capacity: number): WeightedCache<T> => {
  const kept = new Map<string, { readonly value: T; readonly weight: number }>();
  let total = 0;
  let last: string | undefined;
  const drop = (key: string): void => {
    total -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  };
  return {
    get: (key) => {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      // One key asked for again and again need not be moved each time.
      if (key !== last) {
        kept.delete(key);
        kept.set(key, found);
        last = key;
      }
      return found.value;
    },
    set: (key, value, weight) => {
      drop(key);
      if (weight > capacity) return;
      kept.set(key, { value, weight });
      last = key;
      total += weight;
      for (const oldest of kept.keys()) {
        if (total <= capacity) break;
        drop(oldest);
      }
    },
    clear: () => {
      kept.clear();
      total = 0;
      last = undefined;
    },
  };
};
