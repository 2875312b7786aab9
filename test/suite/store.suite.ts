/** The contract of the store port (src/store/store.ts) as tests: an engine's own test only says how to open it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../src/core/clock.js';
import type { IndexEntry } from '../../src/store/index-entry.js';
import type { Position, Predicate, SearchPlan } from '../../src/store/plan.js';
import type { Commit, CommitResult, Guard, ResourceKey, Version, Write } from '../../src/store/resource.js';
import type { Store } from '../../src/store/store.js';
import { makeMemoryStore } from '../fixture/memory-store.js';
import { anyEntry, anyPlan } from './store-arbitrary.js';

export interface StoreUnderTest {
  readonly open: () => Promise<Store>;
  /** Closes the store and opens what it left; undefined for an engine that keeps nothing. */
  readonly reopen?: ((store: Store) => Promise<Store>) | undefined;
}

const stamp = '1970-01-01T00:00:00.000Z';
const bodyOf = (type: string, id: string, rest = ''): Write['body'] => {
  const head = `{"resourceType":"${type}","id":"${id}","meta":{"lastUpdated":"`;
  return { text: `${head}${stamp}"}${rest}}`, stampAt: head.length };
};

export const put = (type: string, id: string, base = 0, index: readonly IndexEntry[] = [], rest = ''): Write => ({ type, id, method: 'PUT', base, body: bodyOf(type, id, rest), index });
export const drop = (type: string, id: string, base: number): Write => ({ type, id, method: 'DELETE', base, index: [] });
const token = (param: string, code: string, system?: string): IndexEntry => ({ kind: 'token', param, system, code });
const byToken = (param: string, code: string): Predicate => ({ op: 'token', param, code });
const names = (versions: readonly ResourceKey[]): string[] => versions.map(({ type, id }) => `${type}/${id}`);

/** Positions need not follow each other without gaps; they rise. */
export const rises = (positions: readonly number[]): boolean => positions.every((position, at) => at === 0 || position > (positions[at - 1] ?? 0));

let unique = 0;
const fresh = (): string => { unique += 1; return `r${String(unique)}`; };

/** Returns all pages of a plan, read `count` at a time. */
export const allPages = async (store: Store, plan: SearchPlan, count: number): Promise<Version[]> => {
  const found: Version[] = [];
  let after: Position | undefined;
  for (let page = 0; page < 1_000; page += 1) {
    const { matches, next } = await store.search({ ...plan, count, after });
    found.push(...matches);
    if (next === undefined) return found;
    // A link travels as JSON.
    after = JSON.parse(JSON.stringify(next)) as Position;
  }
  throw new Error('the pages never end');
};

const stored = async (store: Store, commit: Commit): Promise<Extract<CommitResult, { ok: true }>> => {
  const result = await store.commit(commit);
  if (!result.ok) throw new Error(`not stored: ${JSON.stringify(result)}`);
  return result;
};

const anyChanges = fc.array(fc.tuple(fc.nat(1), fc.nat(30), fc.array(anyEntry, { maxLength: 8 }), fc.nat(9)), { minLength: 1, maxLength: 60 });

interface Comparison {
  readonly changes: readonly (readonly [type: number, id: number, index: readonly IndexEntry[], chance: number])[];
  readonly plans: readonly SearchPlan[];
  readonly count: number;
}

/** Makes the same changes on the store and on one of plain loops, then asks both the same. */
const compareWithLoops = async (own: Store, { changes, plans, count }: Comparison): Promise<void> => {
  let time = 0;
  const loops = makeMemoryStore({ ...systemClock, now: () => time });
  const bases = new Map<string, number>();
  for (const [at, number, index, chance] of changes) {
    const type = at === 0 ? 'Patient' : 'Observation';
    const id = `x${String(number)}`;
    const base = bases.get(type + id) ?? 0;
    const write = chance === 0 && base > 0 ? drop(type, id, base) : put(type, id, base, index);
    time = (await stored(own, { writes: [write] })).updated;
    await stored(loops, { writes: [write] });
    bases.set(type + id, base + 1);
  }
  for (const plan of plans) {
    const expected = names((await loops.search({ ...plan, count: 1_000 })).matches);
    expect({ plan, found: names((await own.search({ ...plan, count: 1_000 })).matches) }).toEqual({ plan, found: expected });
    expect({ plan, found: names(await allPages(own, plan, count)) }).toEqual({ plan, found: expected });
    expect({ plan, count: await own.count(plan) }).toEqual({ plan, count: expected.length });
  }
};

export const describeStore = (name: string, { open, reopen }: StoreUnderTest): void => {
  describe(`the store port on ${name}`, () => {
    let store: Store;
    beforeAll(async () => { store = await open(); });
    afterAll(async () => { await store.close(); });

    describe('versions', () => {
      it('keeps the exact text, stamped with the time of the commit', async () => {
        const id = fresh();
        const { updated } = await stored(store, { writes: [put('Patient', id, 0, [], ',"x":1.10,"y":1E-22,"z":"ü\\u00e9😀"')] });
        const read = await store.read({ type: 'Patient', id });
        expect(read?.body).toBe(`{"resourceType":"Patient","id":"${id}","meta":{"lastUpdated":"${new Date(updated).toISOString()}"},"x":1.10,"y":1E-22,"z":"ü\\u00e9😀"}`);
        expect(read).toMatchObject({ version: 1, updated, method: 'PUT' });
      });

      it('are dense, a delete is one of them, and each can be read again', async () => {
        const id = fresh();
        await stored(store, { writes: [put('Patient', id)] });
        await stored(store, { writes: [put('Patient', id, 1, [], ',"v":2')] });
        await stored(store, { writes: [drop('Patient', id, 2)] });
        await stored(store, { writes: [put('Patient', id, 3, [], ',"v":4')] });
        const versions = await Promise.all([1, 2, 3, 4].map((version) => store.read({ type: 'Patient', id }, version)));
        expect(versions.map((version) => [version?.version, version?.method, version?.body?.includes('"v"')])).toEqual([[1, 'PUT', false], [2, 'PUT', true], [3, 'DELETE', undefined], [4, 'PUT', true]]);
        expect((await store.read({ type: 'Patient', id }))?.version).toBe(4);
        expect(await store.read({ type: 'Patient', id }, 5)).toBeUndefined();
        expect(await store.read({ type: 'Observation', id })).toBeUndefined();
      });

      it('of another type or of an id that differs in case are others', async () => {
        const id = fresh();
        await stored(store, { writes: [put('Patient', id), put('Patient', id.toUpperCase()), put('Group', id)] });
        expect((await store.read({ type: 'Patient', id: id.toUpperCase() }))?.body).toContain(id.toUpperCase());
        expect((await store.read({ type: 'Group', id }))?.body).toContain('Group');
      });
    });

    describe('a commit', () => {
      it('is refused when a write is not based on what is current, and stores nothing', async () => {
        const [one, other] = [fresh(), fresh()];
        await stored(store, { writes: [put('Patient', one)] });
        expect(await store.commit({ writes: [put('Patient', other), put('Patient', one)] })).toEqual({ ok: false, failed: 'write', index: 1 });
        expect(await store.commit({ writes: [put('Patient', other, 1)] })).toMatchObject({ ok: false, failed: 'write', index: 0 });
        expect(await store.read({ type: 'Patient', id: other })).toBeUndefined();
      });

      it('makes one of many writers win each version', async () => {
        const id = fresh();
        await stored(store, { writes: [put('Patient', id)] });
        const results = await Promise.all(Array.from({ length: 40 }, (_, at) => store.commit({ writes: [put('Patient', id, 1 + (at % 2))] })));
        expect(results.filter(({ ok }) => ok).length).toBe(2);
        expect((await store.read({ type: 'Patient', id }))?.version).toBe(3);
      });

      it('lets one of many commits with the same condition happen', async () => {
        const code = fresh();
        const plan: SearchPlan = { types: ['Patient'], where: byToken('identifier', code), count: 2 };
        const guard: Guard = { kind: 'matches', claim: code, plan, expected: [] };
        const results = await Promise.all(Array.from({ length: 50 }, () => store.commit({ writes: [put('Patient', fresh(), 0, [token('identifier', code)])], guards: [guard] })));
        expect(results.filter(({ ok }) => ok).length).toBe(1);
        expect(results.filter((result) => !result.ok && result.failed === 'guard').length).toBe(49);
        expect((await store.search(plan)).matches.length).toBe(1);
      });

      it('holds its guards', async () => {
        const [target, source] = [fresh(), fresh()];
        const key = { type: 'Patient', id: target };
        const isRefused = async (guard: Guard, writes: readonly Write[] = []): Promise<boolean> => !(await store.commit({ writes, guards: [guard] })).ok;
        expect(await isRefused({ kind: 'exists', key })).toBe(true);
        expect(await isRefused({ kind: 'version', key, version: 0 })).toBe(false);
        await stored(store, { writes: [put('Patient', target), put('Observation', source, 0, [{ kind: 'reference', param: 'subject', target: `Patient/${target}` }])] });
        expect(await isRefused({ kind: 'exists', key })).toBe(false);
        expect(await isRefused({ kind: 'version', key, version: 1 })).toBe(false);
        expect(await isRefused({ kind: 'version', key, version: 2 })).toBe(true);
        expect(await isRefused({ kind: 'unreferenced', key })).toBe(true);
        expect(await isRefused({ kind: 'unreferenced', key, except: ['Observation/other'] })).toBe(true);
        expect(await isRefused({ kind: 'unreferenced', key, except: [`Observation/${source}`] })).toBe(false);
        expect(await store.isReferenced(key)).toBe(true);
        expect(await isRefused({ kind: 'unreferenced', key }, [drop('Observation', source, 1), drop('Patient', target, 1)])).toBe(false);
        expect(await isRefused({ kind: 'exists', key })).toBe(true);
        expect(await store.isReferenced(key)).toBe(false);
      });

      it('that is only tried says what it would come to and stores nothing', async () => {
        const id = fresh();
        const before = await store.statistics();
        const tried = await store.commit({ writes: [put('Patient', id)], audit: [{ text: 'no' }], dryRun: true });
        expect(tried).toMatchObject({ ok: true, seq: before.seq });
        expect(await store.commit({ writes: [put('Patient', id, 1)], dryRun: true })).toMatchObject({ ok: false, failed: 'write' });
        expect(await store.statistics()).toMatchObject({ seq: before.seq, versions: before.versions });
        expect(await store.read({ type: 'Patient', id })).toBeUndefined();
      });

      it('keeps an answer under a key once, until it expires', async () => {
        const [key, id] = [fresh(), fresh()];
        const answer = { key, fingerprint: 'f', expires: Date.now() + 60_000, answer: '{"a":1}' };
        await stored(store, { writes: [put('Patient', id)], answer });
        expect(await store.answers({ key }, Date.now())).toEqual([answer]);
        expect(await store.answers({ key }, answer.expires)).toEqual([]);
        expect(await store.commit({ writes: [put('Patient', fresh())], answer })).toMatchObject({ ok: false, failed: 'answer' });
        await stored(store, { writes: [], answer: { ...answer, key: fresh(), expires: 1 } });
      });

      it('gives the answers it keeps page by page, in the order of their keys', async () => {
        const keys = [fresh(), fresh(), fresh()].map((key) => `page-${key}`);
        const expires = Date.now() + 60_000;
        for (const key of keys) await stored(store, { writes: [], answer: { key, fingerprint: 'f', expires, answer: key } });
        const first = await store.answers({ after: 'page-', limit: 2 }, Date.now());
        const rest = await store.answers({ after: first.at(-1)?.key ?? '', limit: 9 }, Date.now());
        expect([...first, ...rest].map(({ answer }) => answer).filter((text) => text.startsWith('page-'))).toEqual([...keys].sort());
        expect(await store.answers({ after: 'page-', limit: 2 }, expires)).toEqual([]);
      });

      it('takes the copy of a version with its time and its text', async () => {
        const id = fresh();
        const [then, later] = [Date.parse('2001-02-03T04:05:06.789Z'), Date.parse('2002-02-03T04:05:06.789Z')];
        const copyOf = (base: number, updated: number): Write => {
          const { text, stampAt } = bodyOf('Patient', id) ?? { text: '', stampAt: 0 };
          return { type: 'Patient', id, method: 'PUT', base, updated, index: [token('gender', 'other')], body: { text: text.replace(stamp, new Date(updated).toISOString()), stampAt } };
        };
        const copy = await open();
        const { seq } = await stored(copy, { writes: [copyOf(0, then)] });
        await stored(copy, { writes: [copyOf(1, later)] });
        expect((await copy.changes(0, 1)).map((version) => version.seq)).toEqual([seq]);
        expect(await copy.read({ type: 'Patient', id }, 1)).toMatchObject({ updated: then, seq, body: copyOf(0, then).body?.text });
        expect(await copy.read({ type: 'Patient', id })).toMatchObject({ version: 2, updated: later, body: copyOf(1, later).body?.text });
        const { versions } = await copy.history({ type: 'Patient', id, at: { low: then, high: later - 1 }, count: 9 });
        expect(versions.map(({ version }) => version)).toEqual([1]);
        await copy.close();
      });

      it('takes the copy of a record with its number, and goes on after it', async () => {
        const copy = await open();
        await stored(copy, { writes: [], audit: [{ text: 'a', number: 7 }, { text: 'b', number: 8 }] });
        await stored(copy, { writes: [], audit: [{ text: 'd' }] });
        expect((await copy.records('audit', 0, 9)).map(({ number, text }) => [number, text])).toEqual([[7, 'a'], [8, 'b'], [9, 'd']]);
        await copy.close();
      });

      it('that is marked as moved takes nothing but another mark', async () => {
        expect((await store.head()).mark.state).toBe('open');
        await stored(store, { writes: [], mark: { state: 'moved', text: 'elsewhere' } });
        expect((await store.head()).mark).toEqual({ state: 'moved', text: 'elsewhere' });
        await expect(store.commit({ writes: [put('Patient', fresh())] })).rejects.toMatchObject({ code: 'store-moved' });
        await expect(store.commit({ writes: [], audit: [{ text: 'lost' }] })).rejects.toMatchObject({ code: 'store-moved' });
        await expect(store.commit({ writes: [], dryRun: true })).rejects.toMatchObject({ code: 'store-moved' });
        await stored(store, { writes: [], mark: { state: 'open', text: '' } });
        await stored(store, { writes: [put('Patient', fresh())] });
      });

      it('writes its audit and outbox records, in order', async () => {
        const [last] = (await store.records('audit', 0, 1_000)).slice(-1);
        await stored(store, { writes: [], audit: [{ text: 'one' }, { text: 'two' }], outbox: [{ topic: 't', text: 'three' }] });
        const records = await store.records('audit', last?.number ?? 0, 10);
        expect(records.map(({ text }) => text)).toEqual(['one', 'two']);
        expect(await store.records('audit', records.at(-1)?.number ?? 0, 10)).toEqual([]);
        expect((await store.records('outbox', 0, 10)).at(-1)).toMatchObject({ topic: 't', text: 'three' });
      });
    });

    describe('history and change feed', () => {
      it('give versions newest first and oldest first, with pages and totals', async () => {
        const id = fresh();
        const { seq: before } = await store.statistics();
        for (let base = 0; base < 5; base += 1) await stored(store, { writes: [put('Basic', id, base), put('Group', fresh())] });
        const all = await store.history({ type: 'Basic', id, count: 10 });
        expect(all.versions.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1]);
        expect(all).toMatchObject({ more: false, total: 5 });
        const page = await store.history({ type: 'Basic', id, count: 2 });
        expect(page).toMatchObject({ more: true, total: 5 });
        const next = await store.history({ type: 'Basic', id, count: 2, before: page.versions.at(-1)?.seq });
        expect(next.versions.map(({ version }) => version)).toEqual([3, 2]);
        const type = await store.history({ type: 'Basic', count: 3 });
        expect(type.versions.map(({ version, id: own }) => [own, version])).toEqual([[id, 5], [id, 4], [id, 3]]);
        const system = await store.history({ count: 3 });
        expect(system.versions.map(({ type: own }) => own)).toEqual(['Group', 'Basic', 'Group']);
        expect(system.total).toBe((await store.statistics()).versions);
        expect((await store.history({ type: 'Basic', id, count: 0 })).versions).toEqual([]);
        const changes = await store.changes(before, 100);
        expect(changes).toHaveLength(10);
        expect(rises([before, ...changes.map(({ seq }) => seq)])).toBe(true);
        expect(names(changes.filter(({ type: own }) => own === 'Basic'))).toEqual(Array.from({ length: 5 }, () => `Basic/${id}`));
        expect(await store.changes(changes[7]?.seq ?? 0, 1)).toEqual([changes[8]]);
        expect((await store.statistics()).seq).toBe(changes[9]?.seq);
      });

      it('are there as soon as a commit is acknowledged, also after nothing was there', async () => {
        const id = fresh();
        let { seq } = await store.statistics();
        for (let base = 0; base < 20; base += 1) {
          expect(await store.changes(seq, 10)).toEqual([]);
          const pending = stored(store, { writes: [put('Basic', id, base)] });
          // A look while it is being committed may see it or not, and must not hide it from the next.
          await store.changes(seq, 10);
          await pending;
          const [change, ...more] = await store.changes(seq, 10);
          expect([change?.version, more]).toEqual([base + 1, []]);
          seq = change?.seq ?? 0;
        }
      });

      it('are asked by time', async () => {
        const id = fresh();
        const times: number[] = [];
        for (let base = 0; base < 3; base += 1) {
          times.push((await stored(store, { writes: [put('Basic', id, base)] })).updated);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const [first = 0, second = 0, third = 0] = times;
        const versionsOf = async (query: object): Promise<number[]> => (await store.history({ type: 'Basic', id, count: 10, ...query })).versions.map(({ version }) => version);
        expect(await versionsOf({ since: second })).toEqual([3, 2]);
        expect(await versionsOf({ since: third + 1 })).toEqual([]);
        expect(await versionsOf({ at: { low: first, high: first } })).toEqual([1]);
        expect(await versionsOf({ at: { low: first, high: second } })).toEqual([2, 1]);
        expect(await versionsOf({ at: { low: third, high: third + 1e9 } })).toEqual([3]);
        expect((await store.history({ type: 'Basic', count: 1, at: { low: second, high: second } })).total).toBeGreaterThan(0);
        expect((await store.history({ count: 100, since: third })).versions.map(({ version }) => version)).toContain(3);
      });

      it('never go back in time', async () => {
        const all = await store.changes(0, 100_000);
        expect(all).toHaveLength((await store.statistics()).versions);
        expect(rises(all.map(({ seq }) => seq))).toBe(true);
        expect(all.every(({ updated }, at) => updated >= (all[at - 1]?.updated ?? 0))).toBe(true);
      });
    });

    describe('search', () => {
      it('finds what is current, each once, and nothing deleted or changed', async () => {
        const [code, id] = [fresh(), fresh()];
        const plan: SearchPlan = { types: ['Patient'], where: byToken('identifier', code), count: 10 };
        await stored(store, { writes: [put('Patient', id, 0, [token('identifier', code, 'a'), token('identifier', code, 'b')]), put('Group', fresh(), 0, [token('identifier', code)])] });
        expect(names((await store.search(plan)).matches)).toEqual([`Patient/${id}`]);
        await stored(store, { writes: [put('Patient', id, 1, [token('identifier', 'other')])] });
        expect((await store.search(plan)).matches).toEqual([]);
        await stored(store, { writes: [put('Patient', id, 2, [token('identifier', code)])] });
        expect(await store.count(plan)).toBe(1);
        await stored(store, { writes: [drop('Patient', id, 3)] });
        expect(await store.count(plan)).toBe(0);
      });

      it('ends when its signal ends it, and is refused beyond its budget', async () => {
        await stored(store, { writes: Array.from({ length: 50 }, () => put('Slot', fresh())) });
        const plan: SearchPlan = { types: ['Slot'], where: { op: 'missing', param: 'identifier', kind: 'token' }, count: 5 };
        await expect(store.search(plan, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
        await expect(store.search({ ...plan, count: 1_000 }, { budget: 5 })).rejects.toMatchObject({ code: 'too-costly' });
      });
    });

    it('finds a contained resource by its own type', async () => {
      const own = await open();
      try {
        await stored(own, { writes: [put('Patient', 'x0', 0, [{ kind: 'contained', param: 'contained', type: 'Observation', id: 'c1', entries: [] }])] });
        const found = async (type: string): Promise<number> => own.count({ types: ['Patient'], where: { op: 'contained', type: 'Observation', where: { op: 'type', types: [type] } }, count: 1 });
        expect([await found('Observation'), await found('Patient')]).toEqual([1, 0]);
      } finally {
        await own.close();
      }
    });

    it('agrees with plain loops on random resources and plans, whole and page by page', async () => {
      await fc.assert(fc.asyncProperty(anyChanges, fc.array(anyPlan, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4 }), async (changes, plans, count) => {
        const own = await open();
        try {
          await compareWithLoops(own, { changes, plans, count });
          expect((await own.maintain({ task: 'check-files' })).faults).toEqual([]);
        } finally {
          await own.close();
        }
      }), { numRuns: Number(process.env['STORE_RUNS'] ?? 10) });
    }, 300_000);

    if (reopen !== undefined) {
      it('has everything again after it was closed', async () => {
        const [code, id] = [fresh(), fresh()];
        await stored(store, { writes: [put('Patient', id, 0, [token('identifier', code)])] });
        const before = await store.statistics();
        store = await reopen(store);
        expect(await store.statistics()).toMatchObject({ versions: before.versions, seq: before.seq, resources: before.resources });
        expect(names((await store.search({ types: ['Patient'], where: byToken('identifier', code), count: 2 })).matches)).toEqual([`Patient/${id}`]);
        await stored(store, { writes: [put('Patient', id, 1), put('Patient', fresh())] });
        expect((await store.statistics()).versions).toBe(before.versions + 2);
        expect((await store.changes(before.seq, 10)).map((version) => version.version)).toEqual([2, 1]);
      });
    }
  });
};
