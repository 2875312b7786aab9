/**
 * Slows guessing down without telling whether an account exists: failures are counted per account and address together,
 * so that nobody can lock another person out, and per address alone (RFC 6819, 4.4.3.11).
 */
import type { Clock } from '../../core/clock.js';

export interface Throttle {
  /** Returns how many seconds to wait; 0: go on. */
  wait(address: string, name: string): number;
  fail(address: string, name: string): void;
  /** Forgets the failures of this name from this address. */
  succeed(address: string, name: string): void;
}

export interface ThrottleOptions {
  readonly clock: Clock;
  readonly windowMs: number;
  /** Failures of one name from one address. */
  readonly perName: number;
  /** Failures from one address. */
  readonly perAddress: number;
  /** Keys remembered at most; the oldest go first. */
  readonly most?: number | undefined;
}

interface Count {
  readonly since: number;
  readonly failures: number;
}

export const makeThrottle = ({ clock, windowMs, perName, perAddress, most = 100_000 }: ThrottleOptions): Throttle => {
  const counts = new Map<string, Count>();
  const live = (key: string): Count | undefined => {
    const count = counts.get(key);
    return count !== undefined && count.since + windowMs > clock.now() ? count : undefined;
  };
  const add = (key: string): void => {
    const { since, failures } = live(key) ?? { since: clock.now(), failures: 0 };
    counts.delete(key);
    counts.set(key, { since, failures: failures + 1 });
    const [oldest] = counts.size > most ? counts.keys() : [];
    if (oldest !== undefined) counts.delete(oldest);
  };
  const keys = (address: string, name: string): readonly (readonly [key: string, limit: number])[] => [[JSON.stringify([address, name]), perName], [JSON.stringify([address]), perAddress]];
  return {
    wait: (address, name) => {
      const ends = keys(address, name).flatMap(([key, limit]) => {
        const count = live(key);
        return count !== undefined && count.failures >= limit ? [count.since + windowMs - clock.now()] : [];
      });
      return ends.length === 0 ? 0 : Math.ceil(Math.max(...ends) / 1000);
    },
    fail: (address, name) => { for (const [key] of keys(address, name)) add(key); },
    succeed: (address, name) => { counts.delete(JSON.stringify([address, name])); },
  };
};
