/** The codes of each system, of what was stored before they were listed (https://hl7.org/fhir/R4/search.html#token). */
import type { Connection } from './connection.js';
import { rowsOf } from './index-row.js';
import { makeFileKeys } from './keys.js';
import { readLayout } from './schema.js';

/** Lists them once, in one transaction: one that was interrupted has not happened. */
export const listSystems = (database: Connection): void => {
  if (database.prepare("SELECT 1 FROM meta WHERE name = 'systems'").get() !== undefined) return;
  const keys = makeFileKeys(readLayout(database));
  const token = database.prepare('INSERT OR IGNORE INTO token_index (key, sys, rid) VALUES (?, ?, ?)');
  const system = database.prepare('INSERT OR IGNORE INTO system_index (key, value, sys) VALUES (?, ?, ?)');
  const page = database.prepare('SELECT rid, packed FROM resource WHERE rid > ? AND deleted = 0 AND packed IS NOT NULL ORDER BY rid LIMIT 1000').raw();
  database.transaction(() => {
    for (let last = -1; ;) {
      const found = page.all(last) as [number, Buffer][];
      for (const [rid, packed] of found) {
        const rows = rowsOf(packed, keys);
        for (const row of rows.token) token.run(...row, rid);
        for (const row of rows.system) system.run(...row);
      }
      const end = found.at(-1);
      if (end === undefined) break;
      [last] = end;
    }
    database.prepare("INSERT INTO meta (name, value) VALUES ('systems', 'listed')").run();
  }).immediate();
};
