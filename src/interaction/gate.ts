/**
 * The only door from interactions to stored resources: each look is restricted to what the viewer may see,
 * so that something hidden is exactly as absent as something that never was (design rules 2 and 4).
 */
import { maySee, restrictPlan } from '../access/restrict.js';
import type { SearchPlan } from '../store/plan.js';
import type { HistoryPage, HistoryQuery, ResourceKey, SearchPage, Version } from '../store/resource.js';
import type { Context } from './context.js';

const visible = ({ viewer }: Context, version: Version | undefined): Version | undefined =>
  version !== undefined && maySee(viewer, version) ? version : undefined;

/** Returns the current version, deletes included, or undefined when there is none for this viewer. */
export const lookUp = async (context: Context, key: ResourceKey): Promise<Version | undefined> =>
  visible(context, await context.service.store.read(key));

/** Returns one version, or undefined when there is none for this viewer. */
export const lookUpVersion = async (context: Context, key: ResourceKey, version: number): Promise<Version | undefined> =>
  visible(context, await context.service.store.read(key, version));

/** Returns one page of what the viewer may find. */
export const find = (context: Context, plan: SearchPlan): Promise<SearchPage> =>
  context.service.store.search(restrictPlan(context.viewer, plan));

/** Returns how many resources the viewer may find. */
export const countFound = (context: Context, plan: SearchPlan): Promise<number> =>
  context.service.store.count(restrictPlan(context.viewer, plan));

/** Returns one page of history, newest first. */
export const lookBack = (context: Context, query: HistoryQuery): Promise<HistoryPage> =>
  context.service.store.history(query);
