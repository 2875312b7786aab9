/** The wake port: learns at once of what other processes store. It only wakes: what is to be known is read from the store, also without it. */

export interface Wake {
  /** Calls `wake` soon after a version of one of the types was stored, by whatever process, and whenever one may have been missed. */
  on(types: readonly string[], wake: () => void): void;
  close(): Promise<void>;
}
