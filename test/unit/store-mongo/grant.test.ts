/** The grant port on MongoDB. */
import { afterAll } from '@jest/globals';
import { openMongoGrants } from '../../../src/store-mongo/grant/open.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { grantSuite } from '../../suite/grant.suite.js';

describeMongo('the grant port on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));
  let url = '';
  grantSuite('MongoDB', {
    open: async (clock) => {
      url = freshDatabase(server);
      return openMongoGrants({ url, clock });
    },
    again: async (clock) => openMongoGrants({ url, clock }),
  });
});
