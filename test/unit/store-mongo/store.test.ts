import { afterAll } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { describeStore } from '../../suite/store.suite.js';

const urls = new WeakMap<Store, string>();
const openAt = async (url: string): Promise<Store> => {
  const store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
  urls.set(store, url);
  return store;
};

describeMongo('the store port on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));
  describeStore('mongo', {
    open: () => openAt(freshDatabase(server)),
    reopen: async (store) => {
      await store.close();
      return openAt(urls.get(store) ?? '');
    },
  });
});
