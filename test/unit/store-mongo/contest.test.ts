/** Processes that compete on one database, one of them killed: nothing told is lost, nothing happens twice, every reader sees one order (the large run: npm run test:contest). */
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { runContest } from '../../mongo/contest/run.js';

describeMongo('processes that compete on one MongoDB', (server) => {
  afterAll(() => dropDatabases(server));

  describe('processes that compete on one MongoDB', () => {
    it('lose nothing and do nothing twice, though one is killed on the way', async () => {
      const { faults, told } = await runContest({ url: freshDatabase(server), processes: 4, changes: 30, kill: true });
      expect(faults).toEqual([]);
      expect(told).toBeGreaterThan(20);
    }, 180_000);
  });
});
