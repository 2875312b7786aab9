/** What a client was told: every acknowledged write, kept outside of the server, so that nothing the server loses is forgotten. */

/** What one acknowledged version must say. */
export interface Acknowledged {
  readonly version: number;
  /** A text that is in no other version; undefined for a delete. */
  readonly mark: string | undefined;
}

export interface Ledger {
  /** By `Type/id`. */
  readonly resources: ReadonlyMap<string, readonly Acknowledged[]>;
  /** Marks of transactions that were acknowledged, and of those of which no answer came. */
  readonly whole: ReadonlySet<string>;
  readonly unknown: ReadonlySet<string>;
  acknowledge(name: string, what: Acknowledged): void;
  begin(mark: string): void;
  acknowledgeWhole(mark: string): void;
  refuse(mark: string): void;
  readonly size: number;
}

/** Returns an empty ledger. */
export const makeLedger = (): Ledger => {
  const resources = new Map<string, Acknowledged[]>();
  const whole = new Set<string>();
  const unknown = new Set<string>();
  let size = 0;
  return {
    resources, whole, unknown,
    acknowledge: (name, what) => {
      size += 1;
      const own = resources.get(name) ?? [];
      own.push(what);
      resources.set(name, own);
    },
    begin: (mark) => { unknown.add(mark); },
    acknowledgeWhole: (mark) => {
      unknown.delete(mark);
      whole.add(mark);
    },
    refuse: (mark) => { unknown.delete(mark); },
    get size() { return size; },
  };
};
