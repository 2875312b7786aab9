/** What the engine answers while the way to the database is stopped or cut. */
import { afterAll, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing, type Observe } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { openProxy, type Proxy } from '../../fixture/proxy.js';
import { put } from '../../suite/store.suite.js';

describeMongo('the MongoDB engine over a bad network', (server) => {
  afterAll(() => dropDatabases(server));
  const openThrough = async (observe: Observe = observeNothing): Promise<{ readonly proxy: Proxy; readonly store: Store }> => {
    // One of the hosts, where there are several.
    const url = new URL(freshDatabase(server).replace(/,[^/]+/, ''));
    const proxy = await openProxy(Number(url.port));
    url.port = String(proxy.port);
    // Otherwise the driver goes to where the server says it is.
    url.search = '?directConnection=true';
    return { proxy, store: await openMongoStore({ url: url.href, clock: systemClock, observe }) };
  };
  const close = async ({ proxy, store }: { readonly proxy: Proxy; readonly store: Store }): Promise<void> => {
    await store.close();
    await proxy.close();
  };

  it('answers 503 to reads and writes while nothing passes, stores nothing of them, and goes on afterwards', async () => {
    const through = await openThrough();
    const { proxy, store } = through;
    await store.commit({ writes: [put('Basic', 'a')] });
    proxy.stop();
    const unavailable = { code: 'store-unavailable', options: { retryAfter: 1 } };
    await Promise.all([
      expect(store.read({ type: 'Basic', id: 'a' })).rejects.toMatchObject(unavailable),
      expect(store.search({ types: ['Basic'], count: 1 })).rejects.toMatchObject(unavailable),
      expect(store.commit({ writes: [put('Basic', 'b')] })).rejects.toMatchObject(unavailable),
    ]);
    proxy.go();
    for (let isBack = false; !isBack;) isBack = await store.commit({ writes: [put('Basic', 'c')] }).then(({ ok }) => ok, () => false);
    expect((await store.changes(0, 10)).map(({ id }) => id)).toEqual(['a', 'c']);
    await close(through);
  });

  it('stores a commit once when its answer is lost', async () => {
    const through = await openThrough();
    const { proxy, store } = through;
    await store.commit({ writes: [put('Basic', 'a')] });
    proxy.cutAfter('commitTransaction');
    expect(await store.commit({ writes: [put('Basic', 'b')] })).toMatchObject({ ok: true });
    expect((await store.changes(0, 10)).map(({ id, version }) => [id, version])).toEqual([['a', 1], ['b', 1]]);
    await close(through);
  });

  it('is not in its own way when nothing passes any more in the middle of a transaction', async () => {
    const through = await openThrough();
    const { proxy, store } = through;
    await store.commit({ writes: [put('Basic', 'a')] });
    proxy.stopAfter('insert');
    await expect(store.commit({ writes: [put('Basic', 'b')] })).rejects.toMatchObject({ code: 'store-unavailable' });
    // Longer than the driver looks for a server to abort it on.
    await setTimeout(2_500);
    proxy.go();
    for (let isBack = false; !isBack;) isBack = await store.read({ type: 'Basic', id: 'a' }).then(() => true, () => false);
    // Reads abreast, so that the driver's own session of the next transaction would seldom be that of the last.
    await Promise.all(Array.from({ length: 16 }, () => store.read({ type: 'Basic', id: 'a' })));
    // What the database still holds for the transaction that nobody ended is let go by the next one.
    expect(await store.commit({ writes: [put('Basic', 'c')] })).toMatchObject({ ok: true });
    expect((await store.changes(0, 10)).map(({ id }) => id)).toEqual(['a', 'c']);
    await close(through);
  });

  it('closes while nothing passes, says once that its lane stays taken until it runs out, and keeps no connection', async () => {
    const seen: string[] = [];
    const { proxy, store } = await openThrough((event) => { if (event.kind === 'failure') seen.push(event.where); });
    await store.commit({ writes: [put('Basic', 'a')] });
    proxy.stop();
    await store.close();
    expect(seen).toEqual(['lane']);
    await expect(store.read({ type: 'Basic', id: 'a' })).rejects.toThrow();
    await proxy.close();
  });
});
