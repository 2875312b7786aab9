/**
 * What one of several processes does at a time: it holds a lease, which is renewed while it lives and taken over some seconds after its death.
 * A process that was paused for longer learns it by the signal, and what it notes too late is refused.
 */
import type { Clock } from '../core/clock.js';
import type { Lease, LeaseStore } from '../store/lease.js';

export interface Hold {
  /** Whether this process has it; takes it where it is free. */
  mine(): Promise<boolean>;
  /** Aborted when it has been lost or let go. */
  readonly signal: AbortSignal;
  /** What was noted last, by whichever process. */
  read(): Promise<string | undefined>;
  /** Notes a text with it. Rejects with LeaseLost when another process has it now. */
  note(text: string): Promise<void>;
  /** Lets it go, so that another takes it at once. */
  close(): Promise<void>;
}

export interface HoldOptions {
  readonly name: string;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  /** Told of renewals that failed; while one is not renewed it runs out. */
  readonly onFailure: (error: unknown) => void;
  readonly leaseMs?: number | undefined;
}

/** Another process does this now. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`another process does "${name}" now`);
    this.name = 'LeaseLost';
  }
}

const usualMs = 5_000;

interface Held {
  readonly lease: Lease;
  readonly abort: AbortController;
  readonly renewing: NodeJS.Timeout;
  /** On the monotonic clock. */
  until: number;
}

/** Returns a hold that has nothing yet. */
export const makeHold = ({ name, leases, clock, onFailure, leaseMs = usualMs }: HoldOptions): Hold => {
  let held: Held | undefined;
  let last = new AbortController();
  const lose = (): void => {
    if (held === undefined) return;
    clearInterval(held.renewing);
    held.abort.abort(new LeaseLost(name));
    held = undefined;
  };
  const renew = async (): Promise<void> => {
    const begun = clock.monotonic();
    const now = await leases.take(name, leaseMs);
    if (held === undefined) return;
    if (now?.token !== held.lease.token) lose();
    else held.until = begun + leaseMs;
  };
  const renewInTime = (): void => {
    renew().catch((error: unknown) => {
      if (held !== undefined && clock.monotonic() >= held.until) lose();
      onFailure(error);
    });
  };
  const begin = (lease: Lease, begun: number): void => {
    last = new AbortController();
    const renewing = setInterval(renewInTime, leaseMs / 3);
    renewing.unref();
    held = { lease, abort: last, renewing, until: begun + leaseMs };
  };
  return {
    get signal() { return last.signal; },
    mine: async () => {
      if (held !== undefined && clock.monotonic() < held.until) return true;
      lose();
      const begun = clock.monotonic();
      const lease = await leases.take(name, leaseMs);
      if (lease !== undefined) begin(lease, begun);
      return lease !== undefined;
    },
    read: () => leases.read(name),
    note: async (text) => {
      if (held === undefined || !(await leases.note(held.lease, text))) {
        lose();
        throw new LeaseLost(name);
      }
    },
    close: async () => {
      const lease = held?.lease;
      lose();
      if (lease !== undefined) await leases.release(lease);
    },
  };
};
