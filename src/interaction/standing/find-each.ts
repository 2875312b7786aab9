/** Goes through everything a search finds, page by page, and lets others have their turn in between. */
import { makeBreather } from '../../core/breathe.js';
import type { Position, SearchPlan } from '../../store/plan.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';

const pageSize = 500;

/** Resolves when `take` has been called with every current resource that the plan finds. */
export const findEach = async (store: Pick<Store, 'search'>, plan: Omit<SearchPlan, 'count' | 'after'>, take: (version: Version) => void): Promise<void> => {
  const breathe = makeBreather();
  let after: Position | undefined;
  do {
    const page = await store.search({ ...plan, count: pageSize, after });
    for (const version of page.matches) {
      take(version);
      await breathe();
    }
    after = page.next;
  } while (after !== undefined);
};
