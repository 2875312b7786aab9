/** Learns from the change feed when terminology resources were written, so that what was made of them is made anew. */
import type { Version } from '../../store/resource.js';

export interface Feed {
  /** Versions after a position, oldest first. */
  readonly changes: (after: number, limit: number) => Promise<readonly Version[]>;
  /** Position of the newest version. */
  readonly position: () => Promise<number>;
}

const types = new Set(['CodeSystem', 'ValueSet', 'ConceptMap']);
const pageSize = 100;
/** When more was written than this many pages, reading it all costs more than starting anew. */
const mostPages = 10;

/** Returns a function that resolves when `forget` has been called for everything written before it was called. */
export const makeFollower = (feed: Feed, forget: () => void): (() => Promise<void>) => {
  let seen: number | undefined;
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const catchUp = async (): Promise<void> => {
    if (seen === undefined) {
      seen = await feed.position();
      forget();
      return;
    }
    for (let page = 0; page < mostPages; page += 1) {
      const versions = await feed.changes(seen, pageSize);
      if (versions.some(({ type }) => types.has(type))) forget();
      seen = versions.at(-1)?.seq ?? seen;
      if (versions.length < pageSize) return;
    }
    seen = await feed.position();
    forget();
  };
  const run = (): Promise<void> => {
    running = catchUp().finally(() => { running = undefined; });
    return running;
  };
  return () => {
    if (running === undefined) return run();
    // What runs may have looked before the write the caller means: one more run serves all who wait.
    again ??= running.catch(() => undefined).then(() => {
      again = undefined;
      return run();
    });
    return again;
  };
};
