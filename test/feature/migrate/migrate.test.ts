/** Moving data between engines in one process: nothing is lost or changed, whenever it ends, and what differs is found. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { migrate, type Migrated, type Migration } from '../../../src/bulk/migrate/migrate.js';
import type { Side } from '../../../src/bulk/migrate/side.js';
import { systemClock } from '../../../src/core/clock.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeRegistry } from '../../../src/search/registry.js';
import type { Commit, Version } from '../../../src/store/resource.js';
import { makeSwitchableGrants, makeSwitchableStore, type Switchable } from '../../../src/store/switchable.js';
import type { GrantStore } from '../../../src/store/grant.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { makeMemoryGrants } from '../../fixture/memory-grants.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

interface Stage {
  readonly store: Switchable<Store>;
  readonly grants: Switchable<GrantStore>;
  readonly service: Service;
  readonly to: Side;
  /** What serves at the beginning. */
  readonly first: Store;
}

const openStage = async (from: Store, to: Store): Promise<Stage> => {
  const store = makeSwitchableStore(from);
  return { first: from, store, grants: makeSwitchableGrants(makeMemoryGrants(systemClock)), service: makeService(store.port), to: { store: to, grants: makeMemoryGrants(systemClock) } };
};

const move = ({ store, grants, to }: Stage, changed: Partial<Migration> = {}): Promise<Migrated> => migrate({
  from: { store: store.current(), grants: grants.current() }, to, names: { from: 'first', to: 'second' }, registry: makeRegistry(), signal: new AbortController().signal, clock: systemClock,
  grace: 0, switches: true, report: () => undefined,
  hold: async () => { await Promise.all([store.hold(), grants.hold()]); },
  release: (switched) => {
    store.release(switched ? to.store : undefined);
    grants.release(switched ? to.grants : undefined);
  },
  ...changed,
});

const put = (service: Service, id: string, body: object = {}) => call(service, { method: 'PUT', url: `Patient/${id}`, body: { resourceType: 'Patient', id, ...body } });
/** What is kept, in its order: places of the feed are each store's own. */
const contents = async (store: Store): Promise<Version[]> => (await all(store)).map((version) => ({ ...version, seq: 0 }));
const all = (store: Store): Promise<readonly Version[]> => store.changes(0, 100_000);

/** Patients with several versions, a deleted one, one that came back, an answer, journals. */
const fill = async ({ service, grants }: Stage): Promise<void> => {
  for (const id of ['a', 'b', 'c', 'd']) for (let version = 0; version < 3; version += 1) await put(service, id, { active: version === 1, name: [{ family: `Ünï ${String(version)}` }] });
  for (const id of ['b', 'c']) await call(service, { method: 'DELETE', url: `Patient/${id}` });
  await put(service, 'c', { gender: 'other' });
  await call(service, { method: 'POST', url: 'Basic', body: '{"resourceType":"Basic","code":{"text":"1.10"},"extension":[{"url":"http://x/y","valueDecimal":1.10}]}', key: 'once' });
  await service.store.commit({ writes: [], audit: [{ text: 'one' }, { text: 'two' }], outbox: [{ topic: 't', text: 'three' }] });
  await grants.port.put({ collection: 'Session', key: 's', value: 'v', owner: 'o', grant: 'g', alias: 'a' });
  await grants.port.consume({ collection: 'Session', key: 's' });
};

const others = engines.filter(({ name }) => name !== 'memory');

describe.each(others.map((engine) => [engine.name, engine] as const))('a migration to %s', (_, engine) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(makeMemoryStore(systemClock), await engine.open());
    await fill(stage);
  });
  afterEach(() => stage.to.store.close());

  it('brings every version with its number, time, place and exact text', async () => {
    const { types, versions, auditRecords, grants } = await move(stage);
    expect(await contents(stage.to.store)).toEqual(await contents(stage.first));
    expect({ versions, auditRecords, grants }).toEqual({ versions: 16, auditRecords: 2, grants: 1 });
    expect(types).toMatchObject([{ type: 'Basic', versions: 1, resources: 1 }, { type: 'Patient', versions: 15, resources: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it('is served from then on, searches, journals, answers and grants included', async () => {
    const first = stage.store.current();
    await move(stage);
    expect(stage.store.current()).toBe(stage.to.store);
    expect(JSON.parse((await call(stage.service, { method: 'GET', url: 'Patient?gender=other' })).body ?? '')).toMatchObject({ entry: [{ resource: { id: 'c' } }] });
    expect(await stage.store.port.records('audit', 0, 9)).toEqual(await first.records('audit', 0, 9));
    expect((await stage.store.port.records('outbox', 0, 9)).map(({ topic, text }) => [topic, text])).toEqual([['t', 'three']]);
    const again = await call(stage.service, { method: 'POST', url: 'Basic', body: '{"resourceType":"Basic","code":{"text":"1.10"},"extension":[{"url":"http://x/y","valueDecimal":1.10}]}', key: 'once' });
    expect((await all(stage.to.store)).length).toBe(16);
    expect(again.status).toBe(201);
    expect(await stage.grants.port.get({ collection: 'Session', key: 's' })).toMatchObject({ value: 'v', owner: 'o', grant: 'g', alias: 'a', revision: 2, consumed: expect.any(Number) });
    await put(stage.service, 'new');
    expect(await stage.to.store.read({ type: 'Patient', id: 'new' })).toMatchObject({ version: 1 });
  });

  it('leaves a store that takes nothing any more', async () => {
    const first = stage.store.current();
    await move(stage);
    await expect(call(makeService(first), { method: 'PUT', url: 'Patient/x', body: { resourceType: 'Patient', id: 'x' } })).rejects.toMatchObject({ code: 'store-moved' });
    expect(await first.head()).toMatchObject({ mark: { state: 'moved', text: 'moved to second' } });
    expect(await stage.to.store.head()).toMatchObject({ mark: { state: 'open' } });
  });

  it('loses nothing that is acknowledged while it runs', async () => {
    let running = true;
    const acknowledged: string[] = [];
    const client = async (name: string): Promise<void> => {
      for (let count = 0; (running && count < 200) || count < 5; count += 1) {
        const id = `${name}-${String(count)}`;
        const { status } = await put(stage.service, id);
        expect(status).toBe(201);
        acknowledged.push(id);
        await new Promise((resolve) => { setTimeout(resolve, 2); });
      }
    };
    const clients = ['x', 'y', 'z'].map(client);
    await move(stage);
    running = false;
    await Promise.all(clients);
    for (const id of acknowledged) expect(await stage.to.store.read({ type: 'Patient', id })).toMatchObject({ version: 1 });
    const versions = await all(stage.to.store);
    expect(new Set(versions.map(({ seq }) => seq)).size).toBe(versions.length);
  });

  it('goes on where it was ended, and comes to the same', async () => {
    for (let id = 0; id < 20; id += 1) await put(stage.service, `more-${String(id % 7)}`, { multipleBirthInteger: id });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (calls) => {
      // Killed at its nth word to either store.
      let left = calls;
      const dying = <T extends object>(port: T): T => new Proxy(port, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          return typeof value !== 'function' ? value : (...words: unknown[]): unknown => {
            left -= 1;
            if (left < 0) throw new Error('killed');
            return (value as (...all: unknown[]) => unknown).apply(target, words);
          };
        },
      });
      const { from, to } = { from: { store: stage.store.current(), grants: stage.grants.current() }, to: stage.to };
      const first = { from: { store: dying(from.store), grants: from.grants }, to: { store: dying(to.store), grants: to.grants } };
      await expect(move(stage, first)).rejects.toThrow('killed');
      expect(stage.store.current()).toBe(from.store);
      expect(await put(stage.service, 'a')).toMatchObject({ status: 200 });
    }), { numRuns: 8 });
    const { versions } = await move(stage);
    expect(versions).toBe((await all(stage.to.store)).length);
    expect(await contents(stage.to.store)).toEqual(await contents(stage.first));
    expect(await stage.to.store.records('audit', 0, 9)).toHaveLength(2);
  });

  it('copies first and switches later', async () => {
    expect(await move(stage, { switches: false })).toMatchObject({ versions: 16 });
    expect(await stage.to.store.head()).toMatchObject({ mark: { state: 'copying' } });
    await put(stage.service, 'a');
    await stage.grants.port.remove({ collection: 'Session', key: 's' });
    expect(await move(stage)).toMatchObject({ versions: 17, grants: 0 });
    expect(await stage.to.grants.get({ collection: 'Session', key: 's' })).toBeUndefined();
  });
});

describe('a migration', () => {
  const memory = (): Store => makeMemoryStore(systemClock);

  it('refuses a store that holds other data, and one that is served', async () => {
    const stage = await openStage(memory(), memory());
    await fill(stage);
    await put(makeService(stage.to.store), 'foreign');
    await expect(move(stage)).rejects.toThrow('second holds data that is served. Name an empty store.');
    await stage.to.store.commit({ writes: [], mark: { state: 'copying', text: '' } });
    await expect(move(stage)).rejects.toThrow(/^The store to copy to holds Patient\/foreign version 1, which the other one has not/);
    expect(stage.store.current()).not.toBe(stage.to.store);
    expect(await put(stage.service, 'a')).toMatchObject({ status: 200 });
  });

  const changed: readonly (readonly [string, (version: Version) => Version | undefined])[] = [
    ['another text', (version) => ({ ...version, body: version.body?.replace('Ünï', 'Uni') })],
    ['another time', (version) => ({ ...version, updated: version.updated + 1 })],
    ['another method', (version) => ({ ...version, method: 'PATCH' })],
    ['another version', (version) => ({ ...version, version: version.version + 1 })],
    ['a delete', (version) => ({ ...version, body: undefined })],
  ];

  it.each(changed)('finds %s in the copy, names it and does not switch', async (_, change) => {
    const stage = await openStage(memory(), memory());
    await fill(stage);
    const { store } = stage.to;
    const changes: Store['changes'] = async (after, limit) => (await store.changes(after, limit)).map((version) => (version.seq === 5 ? change(version) ?? version : version));
    await expect(move({ ...stage, to: { ...stage.to, store: { ...store, changes } } })).rejects.toThrow(/^The copy is not the same: it has Patient\/b version [23] where the store has Patient\/b version 2/);
    expect(await stage.store.current().head()).toMatchObject({ mark: { state: 'open' } });
    expect(await put(stage.service, 'a')).toMatchObject({ status: 200 });
  });

  it('finds a record of the audit that is not the same', async () => {
    const stage = await openStage(memory(), memory());
    await fill(stage);
    const { store } = stage.to;
    const records: Store['records'] = async (journal, after, limit) => (await store.records(journal, after, limit)).map((record) => (record.number === 2 ? { ...record, text: 'other' } : record));
    await expect(move({ ...stage, to: { ...stage.to, store: { ...store, records } } })).rejects.toThrow('Record 2 of the audit is not the same in both stores.');
  });

  it('waits for a store that cannot answer for a moment', async () => {
    const stage = await openStage(memory(), memory());
    await fill(stage);
    const { store } = stage.to;
    let failures = 1;
    const { FhirError } = await import('../../../src/core/error.js');
    const commit = async (one: Commit) => {
      const result = await store.commit(one);
      // Stored, and nobody told: the worst of all failures.
      if (one.writes.length > 0 && failures-- > 0) throw new FhirError('store-unavailable', 'gone for a moment');
      return result;
    };
    expect(await move({ ...stage, to: { ...stage.to, store: { ...store, commit } } })).toMatchObject({ versions: 16 });
  });

  it('brings back only what is new to the store it came from', async () => {
    const stage = await openStage(memory(), memory());
    await fill(stage);
    const first = stage.store.current();
    await move(stage);
    await put(stage.service, 'later');
    const back: Stage = { ...stage, to: { store: first, grants: makeMemoryGrants(systemClock) } };
    expect(await move(back)).toMatchObject({ versions: 17 });
    expect(stage.store.current()).toBe(first);
    expect(await first.read({ type: 'Patient', id: 'later' })).toMatchObject({ version: 1, seq: 17 });
  });
});
