/** Records that were opened by break-glass, by who opened them: remembered, and read anew when one was written (access/emergency). */
import { breakGlassCode, readEmergency, type Emergency } from '../../access/emergency.js';
import type { Clock } from '../../core/clock.js';
import { keepNewest } from '../../core/keep-newest.js';
import type { Store } from '../../store/store.js';
import type { Follower } from './feed.js';
import { findEach } from './find-each.js';

export interface EmergencyParts {
  readonly store: Pick<Store, 'search'>;
  readonly clock: Clock;
}

export interface EmergencyMemory extends Follower {
  /** Resolves with what someone has opened and is not over: the same list as long as none was written. */
  openedBy(fhirUser: string): Promise<readonly Emergency[]>;
}

/** People remembered; the ones read longest ago are forgotten. */
const most = 20_000;
const day = 86_400_000;

/** Returns the memory; the store is only read by it. */
export const makeEmergencyMemory = (parts: () => EmergencyParts): EmergencyMemory => {
  const known = new Map<string, Promise<readonly Emergency[]>>();
  const read = async (fhirUser: string): Promise<readonly Emergency[]> => {
    const { store, clock } = parts();
    const now = clock.now();
    const found: Emergency[] = [];
    await findEach(store, { types: ['Basic'], where: { op: 'and', of: [
      { op: 'reference', param: 'author', targets: [fhirUser] }, { op: 'token', param: 'code', ...breakGlassCode },
      // None lasts longer than an hour, whichever day it began on.
      { op: 'range', kind: 'date', param: 'created', compare: 'overlaps', low: now - 2 * day, high: Number.MAX_SAFE_INTEGER },
    ] } }, ({ body = '{}' }) => {
      const one = readEmergency(JSON.parse(body) as Readonly<Record<string, unknown>>);
      if (one !== undefined && one.until > now) found.push(one);
    });
    return found;
  };
  return {
    openedBy: (fhirUser) => {
      const opened = known.get(fhirUser) ?? read(fhirUser);
      keepNewest(known, { key: fhirUser, value: opened, most });
      opened.catch(() => { if (known.get(fhirUser) === opened) known.delete(fhirUser); });
      return opened;
    },
    changed: (versions) => {
      if (versions.some(({ type, body }) => type === 'Basic' && (body === undefined || body.includes(breakGlassCode.code)))) known.clear();
    },
    forget: () => { known.clear(); },
  };
};
