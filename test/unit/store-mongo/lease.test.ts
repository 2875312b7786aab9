import { afterAll } from '@jest/globals';
import { openMongoLeases } from '../../../src/store-mongo/lease.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { describeLeases } from '../../suite/lease.suite.js';

describeMongo('the lease port on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));
  describeLeases('MongoDB', {
    shared: true,
    open: async (clock, processes) => {
      const url = freshDatabase(server);
      return Promise.all(Array.from({ length: processes }, () => openMongoLeases({ url, clock })));
    },
  });
});
