/** `npm run test:fault [-- --short] [-- --only NAME]`: every fault test this machine can run; what it cannot is named. */
import { parseArgs } from 'node:util';
import { auditComplete } from './audit-complete.js';
import { auditHandover } from './audit-handover.js';
import { auditTamper } from './audit-tamper.js';
import { databaseKilled, databasePaused } from './database-away.js';
import { diskFull } from './disk-full.js';
import { kill } from './kill.js';
import { lostUpdate } from './lost-update.js';
import { migrateKilled } from './migrate-killed.js';
import { powerCut } from './power-cut.js';
import { searchOracle } from './search-oracle.js';
import type { Scenario } from './scenario.js';
import { sensitivity } from './sensitivity.js';
import { stop } from './stop.js';
import { timing } from './timing.js';
import { twoWorld } from './two-world.js';

const scenarios: readonly Scenario[] = [kill, stop, powerCut, diskFull, auditComplete, auditTamper, lostUpdate, timing, searchOracle, twoWorld, databasePaused, databaseKilled, migrateKilled, auditHandover, sensitivity];
const { values: { short, only } } = parseArgs({ options: { short: { type: 'boolean', default: false }, only: { type: 'string' } } });

let passed = 0;
let failed = 0;
for (const { name, times, missing, run } of scenarios.filter((one) => only === undefined || one.name.includes(only))) {
  const reason = missing();
  if (reason !== undefined) {
    console.log(`NOT RUN ${name}: ${reason}`);
    // On a machine that is there to test, what is not run is a failure.
    if (process.env['CI'] === 'true') failed += 1;
    continue;
  }
  const begun = performance.now();
  try {
    await run(short ? times.short : times.large, (line) => { console.log(`ok ${name}: ${line}`); });
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.log(`   ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
console.log(`fault: ${String(passed)} passed, ${String(failed)} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
