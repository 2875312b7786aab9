/** Several servers on one database: what must not race does not, and what one writes the others see. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { SearchPlan } from '../../../src/store/plan.js';
import type { Commit, Version } from '../../../src/store/resource.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { put, rises } from '../../suite/store.suite.js';

const identified = (id: string, code: string): Commit['writes'][number] => put('Patient', id, 0, [{ kind: 'token', param: 'identifier', code }]);

/** What is told to come back comes back, as a client does. */
const insist = async (store: Store, commit: Commit): Promise<boolean> => {
  for (;;) {
    try {
      return (await store.commit(commit)).ok;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'store-unavailable') throw error;
    }
  }
};

describeMongo('several servers on one MongoDB', (server) => {
  afterAll(() => dropDatabases(server));
  const openSeveral = async (count: number): Promise<Store[]> => {
    const url = freshDatabase(server);
    return Promise.all(Array.from({ length: count }, () => openMongoStore({ url, clock: systemClock, observe: observeNothing })));
  };
  const closing = async (stores: readonly Store[]): Promise<void> => { await Promise.all(stores.map((store) => store.close())); };

  describe('several servers on one MongoDB', () => {
    it('open an empty database together, and one builds it', async () => {
      const stores = await openSeveral(4);
      expect((await stores[3]?.statistics())?.seq).toBe(0);
      await closing(stores);
    });

    it('make one resource for one condition, and one next version of each version', async () => {
      const stores = await openSeveral(3);
      const plan = (code: string): SearchPlan => ({ types: ['Patient'], where: { op: 'token', param: 'identifier', code }, count: 2 });
      const rounds = Array.from({ length: 8 }, (_, at) => `c${String(at)}`);
      const created = await Promise.all(rounds.flatMap((code) => stores.map((store, at) =>
        insist(store, { writes: [identified(`${code}-${String(at)}`, code)], guards: [{ kind: 'matches', claim: code, plan: plan(code), expected: [] }] }))));
      expect(created.filter(Boolean)).toHaveLength(rounds.length);
      const [first] = stores;
      for (const code of rounds) expect((await first?.search(plan(code)))?.matches).toHaveLength(1);
      await insist(stores[0] as Store, { writes: [put('Basic', 'contested')] });
      for (let base = 1; base <= 5; base += 1) {
        const won = await Promise.all(stores.map((store) => insist(store, { writes: [put('Basic', 'contested', base)] })));
        expect(won.filter(Boolean)).toHaveLength(1);
      }
      const feed = await stores[2]?.changes(0, 1_000);
      expect(feed).toHaveLength(rounds.length + 6);
      expect(rises(feed?.map(({ seq }) => seq) ?? [])).toBe(true);
      expect((await first?.maintain({ task: 'check-files' }))?.faults).toEqual([]);
      await closing(stores);
    });

    it('show readers of the feed every commit once, in one order for all, whoever made it', async () => {
      const stores = await openSeveral(4);
      let done = false;
      const follow = async (reader: Store): Promise<Version[]> => {
        const seen: Version[] = [];
        for (let last = false; !last;) {
          last = done;
          // What is counted and what can be read are of one moment: everything up to it was there, and nothing comes in between.
          const { versions, total } = await reader.history({ count: 1_000 });
          expect(versions).toHaveLength(total);
          expect(versions.slice(-seen.length).map(({ seq }) => seq)).toEqual(seen.length === 0 ? versions.map(({ seq }) => seq) : seen.map(({ seq }) => seq).reverse());
          seen.push(...await reader.changes(seen.at(-1)?.seq ?? 0, 100));
        }
        return seen;
      };
      const writing = stores.slice(0, 2).map(async (store, of) => {
        for (let at = 0; at < 15; at += 1) {
          await insist(store, { writes: [put('Slot', `${String(of)}-${String(at)}`), put('Group', `${String(of)}-${String(at)}`)] });
          // What was acknowledged can be read at once, by whomever.
          expect((await stores[3]?.history({ type: 'Slot', count: 40 }))?.versions.map(({ id }) => id)).toContain(`${String(of)}-${String(at)}`);
        }
      });
      const following = stores.slice(2).map(follow);
      await Promise.all(writing);
      done = true;
      const [one = [], other = []] = await Promise.all(following);
      expect(one).toHaveLength(60);
      expect(rises(one.map(({ seq }) => seq))).toBe(true);
      expect(other.map(({ seq }) => seq)).toEqual(one.map(({ seq }) => seq));
      expect(one.every(({ updated }, at) => updated >= (one[at - 1]?.updated ?? 0))).toBe(true);
      await closing(stores);
    });

    it('number the records of all without a gap, the same for every reader', async () => {
      const stores = await openSeveral(3);
      const writing = stores.slice(0, 2).map(async (store, of) => {
        for (let at = 0; at < 20; at += 1) await insist(store, { writes: [], audit: Array.from({ length: 1 + (at % 3) }, (_, part) => ({ text: `${String(of)} ${String(at)} ${String(part)}` })) });
      });
      const known: string[] = [];
      let left = writing.length;
      for (const each of writing) void each.finally(() => { left -= 1; });
      while (left > 0) {
        const records = await stores[2]?.records('audit', known.length, 7) ?? [];
        expect(records.map(({ number }) => number)).toEqual(records.map((_, at) => known.length + at + 1));
        known.push(...records.map(({ text }) => text));
      }
      for (const store of stores) expect((await store.records('audit', 0, known.length)).map(({ text }) => text)).toEqual(known);
      const all = (await stores[0]?.records('audit', 0, 1_000))?.map(({ text }) => text) ?? [];
      expect(new Set(all).size).toBe(all.length);
      expect(all).toHaveLength(2 * Array.from({ length: 20 }, (_, at) => 1 + (at % 3)).reduce((sum, each) => sum + each, 0));
      await closing(stores);
    });

    it('take what looks like an operator for the text it is', async () => {
      const [store] = await openSeveral(1);
      await store?.commit({ writes: [identified('a', 'x'), identified('b', '{"$gt":""}'), identified('$where', '$ne')] });
      const found = async (code: string): Promise<string[]> => (await store?.search({ types: ['Patient'], where: { op: 'token', param: 'identifier', code }, count: 5 }))?.matches.map(({ id }) => id) ?? [];
      expect(await found('{"$gt":""}')).toEqual(['b']);
      expect(await found('$ne')).toEqual(['$where']);
      expect((await store?.read({ type: 'Patient', id: '$where' }))?.id).toBe('$where');
      expect(await store?.read({ type: 'Patient', id: '{"$gt":""}' })).toBeUndefined();
      await closing(store === undefined ? [] : [store]);
    });

    it('refuse a commit that is larger than one of the database', async () => {
      const [store] = await openSeveral(1);
      const large = put('Basic', 'large', 0, [], `,"x":"${'y'.repeat(16 * 1024 ** 2)}"`);
      await expect(store?.commit({ writes: [large] })).rejects.toMatchObject({ code: 'body-too-large' });
      await closing(store === undefined ? [] : [store]);
    });
  });
});
