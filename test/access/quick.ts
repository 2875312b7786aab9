/**
 * Runs cases without a test runner, in memory: `node dist/test/access/quick.js [ID...]`. It is what the sensitivity proof runs against
 * each weakened copy of the server. One line for each case that fails; exit code 1 when one did.
 */
import { systemClock } from '../../src/core/clock.js';
import { makeMemoryStore } from '../fixture/memory-store.js';
import { check, type AccessCase } from './case.js';
import { openClinic, type Clinic } from './clinic.js';
import { sections } from './sections.js';

const open = (): Promise<Clinic> => openClinic(makeMemoryStore(systemClock));

/** Returns what is wrong; undefined when nothing is. */
const faultOf = async (one: AccessCase, clinic: Clinic): Promise<string | undefined> => {
  try {
    await check(one, clinic);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
};

const wanted = new Set(process.argv.slice(2));
const cases = Object.values(sections).flat().filter(({ id }) => wanted.size === 0 || wanted.has(id));
const shared = await open();
let failed = 0;
for (const one of cases) {
  const clinic = one.writes === true ? await open() : shared;
  const fault = await faultOf(one, clinic);
  if (fault !== undefined) console.log(`${one.id} ${one.title}: ${fault}`);
  if (fault !== undefined) failed += 1;
  if (one.writes === true) await clinic.stop();
}
await shared.stop();
console.log(`${String(cases.length - failed)} passed, ${String(failed)} failed`);
process.exit(failed === 0 && cases.length > 0 ? 0 : 1);
