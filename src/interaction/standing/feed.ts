/**
 * Follows the change feed for what is remembered of the record: whoever asks is told everything that was stored before, by this
 * process or another, so that nothing remembered is ever older than the request it serves (design rule 10).
 */
import { sharing } from '../../core/sharing.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';

export interface Follower {
  /** Versions stored since the last call, in the order of commits. */
  readonly changed: (versions: readonly Version[]) => void;
  /** Too much was stored to be told one by one: nothing remembered may be used. */
  readonly forget: () => void;
}

/** Versions fetched at once, and how often before all is forgotten instead. */
const step = 500;
const steps = 10;

/** Returns a function that resolves when the followers know everything stored before it was called. */
export const followFeed = (store: () => Pick<Store, 'changes' | 'history'>, followers: readonly Follower[]): (() => Promise<void>) => {
  let position: number | undefined;
  const jump = async (): Promise<void> => {
    const { versions } = await store().history({ count: 1 });
    position = versions[0]?.seq ?? 0;
    for (const follower of followers) follower.forget();
  };
  const catchUp = async (): Promise<void> => {
    if (position === undefined) return jump();
    for (let tried = 0; tried < steps; tried += 1) {
      const versions = await store().changes(position, step);
      if (versions.length > 0) for (const follower of followers) follower.changed(versions);
      position = versions.at(-1)?.seq ?? position;
      if (versions.length < step) return;
    }
    return jump();
  };
  return sharing(catchUp);
};
