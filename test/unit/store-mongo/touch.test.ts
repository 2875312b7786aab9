/** What a commit relies on without changing it is held: who changes it meanwhile makes the commit decide again. */
import { afterAll, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { makeKeys } from '../../../src/store-index/keys.js';
import { openConnection } from '../../../src/store-mongo/connection.js';
import { openLane } from '../../../src/store-mongo/lane.js';
import { makeLeases } from '../../../src/store-mongo/lease.js';
import { beginLife } from '../../../src/store-mongo/life.js';
import { migrate } from '../../../src/store-mongo/migrate.js';
import { makeModels, type Models } from '../../../src/store-mongo/model.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { watchReach } from '../../../src/store-mongo/reach.js';
import { writeGroup } from '../../../src/store-mongo/writer.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { put } from '../../suite/store.suite.js';

/** The models of a process that is held up, once, when all is decided and nothing but its lane is written. */
const heldUp = (models: Models, meanwhile: () => Promise<unknown>): Models => {
  let isOver = false;
  return {
    ...models,
    version: new Proxy(models.version, {
      get: (version, name) => (name !== 'bulkWrite' ? Reflect.get(version, name) as unknown : async (...given: Parameters<typeof version.bulkWrite>) => {
        if (!isOver) await meanwhile();
        isOver = true;
        return version.bulkWrite(...given);
      }),
    }),
  };
};

describeMongo('a commit that relies on a resource', (server) => {
  afterAll(() => dropDatabases(server));

  it('is decided again when the resource is deleted meanwhile by another process', async () => {
    const url = freshDatabase(server);
    const other = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
    const connection = await openConnection({ url });
    const models = makeModels(connection);
    const leases = makeLeases(models.lease, { clock: systemClock, reach: watchReach(connection), close: async () => undefined });
    const patience = { forMs: 10_000, now: () => systemClock.monotonic(), random: () => 0.5 };
    const lane = await openLane({ models, leases, life: await beginLife({ connection, leases, observe: observeNothing }), patience, clock: systemClock, observe: observeNothing });
    try {
      await other.commit({ writes: [put('Device', 'd')] });
      const late = heldUp(models, () => other.commit({ writes: [{ type: 'Device', id: 'd', method: 'DELETE', base: 1, index: [] }] }));
      const [result] = await writeGroup(
        { connection, models: late, keys: makeKeys(await migrate(connection, systemClock)), patience, lane },
        { commits: [{ writes: [put('Observation', 'o')], guards: [{ kind: 'exists', key: { type: 'Device', id: 'd' } }] }], now: systemClock.now(), stage: { isCommitting: false, isGivenUp: false } },
      );
      expect(result).toEqual({ ok: false, failed: 'guard', index: 0 });
      expect((await other.changes(0, 10)).map(({ type, body }) => [type, body === undefined])).toEqual([['Device', false], ['Device', true]]);
    } finally {
      await lane.close();
      await connection.close();
      await other.close();
    }
  });
});
