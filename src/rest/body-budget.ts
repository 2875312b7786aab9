/** How much of request bodies is held at once: many large uploads must not take all memory (design rules F14 to F17). */
/** Bytes of request bodies in memory, over all connections. */
export interface BodyBudget {
  /** Counts bytes in; returns false, counting nothing, when there is no room. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly held: number;
}

/** Returns a budget of `most` bytes. */
export const makeBodyBudget = (most: number): BodyBudget => {
  let held = 0;
  return {
    take: (bytes) => {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    give: (bytes) => { held -= bytes; },
    get held() { return held; },
  };
};
