/** The grant port on the engines there are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import { makeMemoryGrants } from '../../fixture/memory-grants.js';
import { grantSuite } from '../../suite/grant.suite.js';

grantSuite('plain maps', { open: async (clock) => makeMemoryGrants(clock) });

let folder = '';
grantSuite('SQLite', {
  open: async (clock) => {
    folder = mkdtempSync(join(tmpdir(), 'grants-'));
    return openSqliteGrants({ file: join(folder, 'authorization.db'), clock });
  },
  again: async (clock) => openSqliteGrants({ file: join(folder, 'authorization.db'), clock }),
  clean: async () => rmSync(folder, { recursive: true, force: true }),
});
