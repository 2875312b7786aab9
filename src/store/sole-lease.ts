/** The lease port where one process has the store to itself: whatever it asks for is its own. */
import type { Clock } from '../core/clock.js';
import type { LeaseStore } from './lease.js';

/** Returns the leases of a process that is alone. */
export const makeSoleLeases = (clock: Clock): LeaseStore => {
  const notes = new Map<string, string>();
  const claims = new Map<string, number>();
  const forget = (now: number): void => {
    for (const [name, expires] of claims) if (expires <= now) claims.delete(name);
  };
  return {
    take: async (name) => ({ name, token: 1, note: notes.get(name) ?? '' }),
    note: async ({ name }, text) => {
      notes.set(name, text);
      return true;
    },
    read: async (name) => notes.get(name),
    claim: async (name, expires) => {
      forget(clock.now());
      if (claims.has(name)) return false;
      claims.set(name, expires);
      return true;
    },
    release: async () => undefined,
    close: async () => undefined,
  };
};
