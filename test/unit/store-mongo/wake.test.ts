/** What wakes the processes that share a MongoDB: changes of the types they wait for, each kind alone, also after a break of the way to the database. */
import { afterAll, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { openMongoWake } from '../../../src/store-mongo/wake.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { openProxy } from '../../fixture/proxy.js';
import { put } from '../../suite/store.suite.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

describeMongo('the wake port on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));

  it('wakes for changes of the types that are waited for, and goes on where it was after a break', async () => {
    const url = freshDatabase(server);
    const direct = new URL(url.replace(/,[^/]+/, ''));
    const proxy = await openProxy(Number(direct.port));
    direct.port = String(proxy.port);
    direct.search = '?directConnection=true';
    const store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
    const wake = await openMongoWake({ url: direct.href, types: ['ValueSet', 'CodeSystem'], observe: observeNothing });
    const woken = { values: 0, codes: 0 };
    wake.on(['ValueSet'], () => { woken.values += 1; });
    wake.on(['CodeSystem'], () => { woken.codes += 1; });
    // Once it listens, and not before, a change wakes.
    for (let at = 0; woken.values === 0 || woken.codes === 0; at += 1) {
      await store.commit({ writes: [put('ValueSet', `first-${String(at)}`), put('CodeSystem', `first-${String(at)}`)] });
      await pause(200);
    }
    await pause(1_500);
    const before = { ...woken };
    await store.commit({ writes: [put('Patient', 'p')] });
    await store.commit({ writes: [put('ValueSet', 'second')] });
    while (woken.values === before.values) await pause(20);
    expect(woken).toEqual({ values: before.values + 1, codes: before.codes });
    proxy.stop();
    await store.commit({ writes: [put('CodeSystem', 'third')] });
    // Long enough that the driver gives the stream up.
    await pause(9_000);
    proxy.go();
    while (woken.codes === before.codes) await pause(20);
    await pause(1_500);
    expect(woken).toEqual({ values: before.values + 1, codes: before.codes + 1 });
    await wake.close();
    await store.close();
    await proxy.close();
  });
});
