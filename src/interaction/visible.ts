/** Whether a viewer may learn of a version, and the work it takes to say no: the same whether something is hidden or was never there. */
import { contextMark, contextOf } from '../access/binary.js';
import { maySee, rightTo, type Access } from '../access/restrict.js';
import { grantedRight } from '../access/right.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { ResourceKey, Version } from '../store/resource.js';
import type { Store } from '../store/store.js';
import type { Context } from './context.js';
import { readAccess, updateAccess } from './permission.js';

const noMarks: readonly IndexEntry[] = [];
const mark: readonly IndexEntry[] = [contextMark];

/** Resolves with whether the version may be shown; a delete is seen by those who could see the last version before it. */
export const isVisible = async (context: Context, access: Access, version: Version): Promise<boolean> => {
  const { service: { store }, viewer } = context;
  if (viewer.kind === 'open' || viewer.kind === 'system') return true;
  const right = rightTo(access, version.type);
  if (typeof right === 'string') return right === 'all';
  let told: Version | undefined = version;
  while (told !== undefined && told.body === undefined) told = told.version > 1 ? await store.read(told, told.version - 1) : undefined;
  if (told?.body === undefined) return false;
  const value = told.type === 'Binary' ? JSON.parse(told.body) as Readonly<Record<string, unknown>> : undefined;
  return maySee(access, told, value === undefined ? noMarks : await marksOf(context, access, value));
};

/** Resolves with what a Binary is held to have beside its entries. Changing it asks for the right to change what it belongs to, where that is everybody's to read. */
export const marksOf = async (context: Context, access: Access, value: Readonly<Record<string, unknown>>): Promise<readonly IndexEntry[]> => {
  const key = contextOf(value, context.service.options.baseUrl);
  const target = key === undefined ? undefined : await context.service.store.read(key);
  if (target?.body === undefined || !(await isVisible(context, readAccess(context), target))) return noMarks;
  const isRead = access.permissions.every((permission) => permission === 'r' || permission === 's');
  if (isRead || grantedRight(context.viewer, 'r', target.type, access) !== 'all') return mark;
  return await isVisible(context, updateAccess(context), target) ? mark : noMarks;
};

/** Of each type, resources that were judged lately: for the work of judging one where there is none. */
const examples = new WeakMap<Store, Map<string, string[]>>();
const kept = 64;

const examplesOf = (store: Store, type: string): string[] => {
  const known = examples.get(store) ?? new Map<string, string[]>();
  examples.set(store, known);
  const ids = known.get(type) ?? [];
  known.set(type, ids);
  return ids;
};

/** Any of them will do, as long as nobody can foresee which. */
const anyPlace = (length: number): number => Math.floor(performance.now() * 1000) % length;

/**
 * Resolves when a refusal has cost what any refusal costs: one look at a resource that is there and is judged, and one at a
 * resource that is not. `version`: what was looked at and judged already; `number`: what was looked for is this version, not the current one.
 */
export const balance = async (context: Context, access: Access, { key, version, number }: { readonly key: ResourceKey; readonly version: Version | undefined; readonly number?: number | undefined }): Promise<void> => {
  const { service: { store } } = context;
  const { type, id } = key;
  if (typeof rightTo(access, type) === 'string') return;
  const ids = examplesOf(store, type);
  if (version !== undefined) {
    ids[ids.length < kept ? ids.length : anyPlace(kept)] = id;
    await store.read({ type, id: `-${id.slice(1)}` }, number);
    return;
  }
  const example = ids[anyPlace(ids.length)] ?? (await store.search({ types: [type], count: 1 })).matches[0]?.id;
  const found = example === undefined ? undefined : await store.read({ type, id: example }, number === undefined ? undefined : 1);
  if (found === undefined) return;
  if (ids.length === 0) ids.push(found.id);
  await isVisible(context, access, found);
};
