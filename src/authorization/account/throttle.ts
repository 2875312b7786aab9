/**
 * Slows guessing down without telling whether an account exists: attempts are counted per account and address together, so
 * that nobody can lock another person out, and per address alone (RFC 6819, 4.4.3.11). The counts are in the store: all
 * processes share them, a restart forgets none, and without the store nobody gets through.
 */
import type { Clock } from '../../core/clock.js';
import { keepNewest } from '../../core/keep-newest.js';
import { oneOf } from '../../core/id.js';
import type { GrantStore } from '../../store/grant.js';

/** One attempt that was counted before it was made, so that many at once are as many as one after the other. */
export interface Attempt {
  /** Seconds to wait; 0: go on. Only one that goes on counts. */
  readonly seconds: number;
  /** It was no failure: it counts no more. */
  readonly release: () => Promise<void>;
  /** It succeeded: neither it nor those of this name from this address before it count any more. */
  readonly clear: () => Promise<void>;
}

export interface Throttle {
  /** Counts an attempt; `name` is what is guessed at, undefined when it is anything. Rejects when the store cannot answer. */
  attempt(address: string, name?: string): Promise<Attempt>;
}

export interface ThrottleOptions {
  readonly grants: GrantStore;
  readonly clock: Clock;
  /** Keeps the counts of different throttles apart. */
  readonly kind: string;
  readonly windowMs: number;
  /** Attempts on one name from one address within the time. */
  readonly perName: number;
  /** Attempts from one address within the time. */
  readonly perAddress: number;
}

const collection = 'throttle';
/** For this long a refusal is repeated without asking the store: who floods costs nothing more. */
const rememberMs = 5_000;
const most = 10_000;

/** What is counted, and up to how many. */
interface Counted {
  readonly owner: string;
  readonly limit: number;
}

type Taken = { readonly key: string } | { readonly until: number };

/** Returns the throttle. */
export const makeThrottle = ({ grants, clock, kind, windowMs, perName, perAddress }: ThrottleOptions): Throttle => {
  const refused = new Map<string, { readonly until: number; readonly remembered: number }>();

  const remember = (owner: string, until: number): void => {
    keepNewest(refused, { key: owner, value: { until, remembered: Math.min(until, clock.now() + rememberMs) }, most });
  };

  /** Takes one of as many places as there are attempts: each is taken by one, of however many processes. */
  const take = async ({ owner, limit }: Counted): Promise<Taken> => {
    for (;;) {
      const live = await grants.list({ collection, owner, limit });
      const taken = new Set(live.map(({ value }) => value));
      const free = Array.from({ length: limit }, (_, place) => String(place)).filter((place) => !taken.has(place));
      const place = oneOf(free);
      if (place === undefined) return { until: Math.min(...live.map(({ expires = 0 }) => expires)) };
      const key = JSON.stringify([owner, place]);
      if (await grants.insertOnce({ collection, key, owner, value: place, expires: clock.now() + windowMs })) return { key };
    }
  };

  const give = (key: string): Promise<unknown> => grants.remove({ collection, key });
  const wait = (until: number): Attempt => ({ seconds: Math.max(1, Math.ceil((until - clock.now()) / 1000)), release: async () => undefined, clear: async () => undefined });

  return {
    attempt: async (address, name) => {
      const ofName = name === undefined ? [] : [{ owner: JSON.stringify([kind, address, name]), limit: perName }];
      const counted: readonly Counted[] = [...ofName, { owner: JSON.stringify([kind, address]), limit: perAddress }];
      const known = counted.map(({ owner }) => refused.get(owner)).find((each) => each !== undefined && each.remembered > clock.now());
      if (known !== undefined) return wait(known.until);
      const keys: string[] = [];
      const release = async (): Promise<void> => { await Promise.all(keys.map(give)); };
      // One after the other: who is refused for the name takes no place of the address.
      for (const each of counted) {
        const taken = await take(each);
        if ('until' in taken) {
          remember(each.owner, taken.until);
          await release();
          return wait(taken.until);
        }
        keys.push(taken.key);
      }
      const clear = async (): Promise<void> => {
        for (const { owner } of ofName) await Promise.all((await grants.list({ collection, owner, limit: perName })).map(({ key }) => give(key)));
        await release();
      };
      return { seconds: 0, release, clear };
    },
  };
};
