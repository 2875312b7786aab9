/** Two houses with worlds that look the same to a token, asked the same: every answer must be the same, and nothing unseen may change. */
import type { Clock } from '../../src/core/clock.js';
import type { Ids } from '../../src/core/id.js';
import { toInstant } from '../../src/core/clock.js';
import { stampResource } from '../../src/core/json/stamp.js';
import type { Store } from '../../src/store/store.js';
import type { Write } from '../../src/store/resource.js';
import { makeRegistry } from '../../src/search/registry.js';
import { houseBase, openHouse, type House } from '../access/house.js';
import { firstDifference, tellOf } from './compare.js';
import type { Wish } from './request.js';
import type { Token } from './token.js';
import { isGranted, type Json, type View } from './visible.js';
import { isKnown, makeWorld, twinOf, type Life, type Variant, type World } from './world.js';

export interface Pair {
  readonly token: Token;
  readonly world: World;
  readonly here: House;
  readonly there: House;
  /** Returns a difference between what both answer; undefined when there is none. */
  readonly ask: (wish: Wish) => Promise<string | undefined>;
  /** Returns what of the hidden part of the first world is not as it was. */
  readonly harm: () => Promise<string | undefined>;
  readonly stop: () => Promise<void>;
}

export interface PairOptions {
  readonly token: Token;
  readonly seed: number;
  readonly variant: Variant;
  readonly open: (clock: Clock) => Promise<Store>;
  readonly audit: boolean;
  readonly enforcing: boolean;
}

const begin = Date.parse('2026-01-01T08:00:00Z');
const day = 86_400_000;

const registry = makeRegistry({ baseUrl: () => houseBase });

const writeOf = ({ type, id }: Life, version: number, content: Json | null): Write => {
  if (content === null) return { type, id, method: 'DELETE', base: version - 1, index: [] };
  const stamped = { id, versionId: String(version), lastUpdated: toInstant(0) };
  return { type, id, method: 'PUT', base: version - 1, body: stampResource(JSON.stringify(content), stamped), index: registry.extract(content) };
};

/** Stores first versions on the first day, second ones on the second, and so on. */
const settle = async (store: Store, world: World, setDay: (day: number) => void): Promise<void> => {
  for (let step = 0; step < 3; step += 1) {
    setDay(step);
    const writes = world.flatMap((life) => { const content = life.versions[step]; return content === undefined ? [] : [writeOf(life, step + 1, content)]; });
    if (writes.length === 0) continue;
    const result = await store.commit({ writes });
    if (!result.ok) throw new Error('a world could not be stored');
  }
};

/** A UUID of version 4 in form. */
const idOf = (number: number): string => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

const openWorld = async (world: World, { open, audit, enforcing }: PairOptions): Promise<{ readonly house: House; readonly setTime: (time: number) => void }> => {
  let now = begin;
  // Ids are random in truth; here both worlds must give the same, since results can be sorted by them.
  let given = 0;
  const ids: Ids = { resource: () => idOf(given += 1), request: () => idOf(given += 1) };
  const clock: Clock = { now: () => now, monotonic: () => performance.now() };
  const store = await open(clock);
  await settle(store, world, (step) => { now = begin + step * day; });
  const setTime = (time: number): void => {
    now = time;
    given = time % day;
  };
  return { house: await openHouse(store, { clock, ids, audit, options: enforcing ? { referentialIntegrity: 'enforce', conditionalDelete: 'multiple' } : {} }), setTime };
};

/** Opens both houses. */
export const openPair = async (options: PairOptions): Promise<Pair> => {
  const { token, seed, variant } = options;
  const world = makeWorld(seed);
  const view = token.view(world);
  const first = await openWorld(world, options);
  const second = await openWorld(twinOf(world, view, { variant, seed }), options);
  const [here, there] = [first.house, second.house];
  let asked = 0;
  const askBoth = async (wish: Wish, more: readonly [string, string] | undefined): Promise<readonly [Awaited<ReturnType<House['ask']>>, Awaited<ReturnType<House['ask']>>]> => {
    asked += 1;
    for (const { setTime } of [first, second]) setTime(begin + 3 * day + asked * 1000);
    const { method, path, headers = {}, body } = wish;
    const send = (house: House, at: string) => house.ask(token.viewer, method, at, { headers, ...(body === undefined ? {} : { body }) });
    return [await send(here, more?.[0] ?? path), await send(there, more?.[1] ?? path)];
  };
  const ask: Pair['ask'] = async (wish) => {
    let [one, other] = await askBoth(wish, undefined);
    for (let page = 0; ; page += 1) {
      if (one.status >= 500) return `${wish.method} ${wish.path} (page ${String(page)}): ${String(one.status)} ${one.text.slice(0, 300)}`;
      const [a, b] = [tellOf(one), tellOf(other)];
      if (a !== b) return `${wish.method} ${wish.path} (page ${String(page)}): ${firstDifference(a, b)}`;
      const next = [nextOf(one.text), nextOf(other.text)];
      if (page >= (wish.follow ?? 0) || next[0] === undefined || next[1] === undefined) return undefined;
      [one, other] = await askBoth({ method: 'GET', path: '' }, [next[0], next[1]]);
    }
  };
  const settled = (await here.service.store.statistics()).seq;
  const harm = () => harmTo(here.service.store, { view, world, settled });
  const stop = async (): Promise<void> => { await here.stop(); await there.stop(); };
  return { token, world, here, there, ask, harm, stop };
};

const nextOf = (text: string): string | undefined => /"relation":"next","url":"http:\/\/clinic\.example\/fhir([^"]+)"/.exec(text)?.[1]?.replaceAll('\\u0026', '&');

/** An administrator's view: only what the token sees may have changed, and only into something that it sees. */
const harmTo = async (store: Store, { view, world, settled }: { readonly view: View; readonly world: World; readonly settled: number }): Promise<string | undefined> => {
  const hidden = new Set(world.filter((life) => !isKnown(view, life)).map(({ type, id }) => `${type}/${id}`));
  for (const version of await store.changes(settled, 10_000)) {
    const name = `${version.type}/${version.id}`;
    if (version.type === 'AuditEvent') continue;
    if (hidden.has(name)) return `${name}, which the token does not see, has a new version ${String(version.version)}`;
    if (version.body !== undefined && !isGranted(view, JSON.parse(version.body) as Json)) return `${name} was stored as something that the token does not see: ${version.body.slice(0, 200)}`;
  }
  return undefined;
};
