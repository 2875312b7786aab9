/** Numbers of the audit: two who number at once give each record one number, and none is left out. */
import { afterAll, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openConnection } from '../../../src/store-mongo/connection.js';
import { makeFeed } from '../../../src/store-mongo/feed.js';
import { readRecords } from '../../../src/store-mongo/journal.js';
import { makeModels, type Models } from '../../../src/store-mongo/model.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';

/** The models of a process that is held up just before it makes a block longer. */
const heldUp = (models: Models, meanwhile: () => Promise<unknown>): Models => ({
  ...models,
  block: new Proxy(models.block, {
    get: (block, name) => (name !== 'updateOne' ? Reflect.get(block, name) as unknown : async (...given: Parameters<typeof block.updateOne>) => {
      await meanwhile();
      return block.updateOne(...given);
    }),
  }),
});

describeMongo('the numbers of the audit on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));

  it('stay as they are when one who numbers comes too late, a block having been filled meanwhile', async () => {
    const url = freshDatabase(server);
    const store: Store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
    const connection = await openConnection({ url });
    const models = makeModels(connection);
    const feed = makeFeed(connection, models, systemClock);
    const add = (from: number, to: number) => store.commit({ writes: [], audit: Array.from({ length: to - from + 1 }, (_, at) => ({ text: `record ${String(from + at)}` })) });
    try {
      // A block has a thousand.
      for (let from = 1; from < 990; from += 330) await add(from, from + 329);
      expect(await store.records('audit', 989, 2)).toHaveLength(1);
      await add(991, 995);
      const late = heldUp(models, async () => {
        await add(996, 1_015);
        expect((await store.records('audit', 989, 100)).map(({ number }) => number)).toHaveLength(26);
      });
      await readRecords(late, feed, { journal: 'audit', after: 989, limit: 100 });
      const found = await store.records('audit', 980, 100);
      expect(found.map(({ number, text }) => `${String(number)}: ${text}`)).toEqual(Array.from({ length: 35 }, (_, at) => `${String(981 + at)}: record ${String(981 + at)}`));
    } finally {
      await connection.close();
      await store.close();
    }
  });
});
