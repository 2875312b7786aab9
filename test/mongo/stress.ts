/** `node dist/test/mongo/stress.js --url URL [--processes 8] [--changes 2000] [--kill]`: the large run of processes that compete on one MongoDB. */
import { freshDatabase } from '../fixture/mongo-address.js';
import { runContest } from './contest/run.js';

const valueOf = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1] ?? fallback;
};

const server = valueOf('url', process.env['MONGO_TEST_URL'] ?? '');
if (server === '') {
  console.error('No MongoDB: give --url or set MONGO_TEST_URL.');
  process.exit(2);
}
const [processes, changes] = [Number(valueOf('processes', '8')), Number(valueOf('changes', '2000'))];
const { faults, told, versions, seconds } = await runContest({ url: freshDatabase(server), processes, changes, kill: process.argv.includes('--kill') });
for (const fault of faults.slice(0, 20)) console.log(fault);
console.log(`${String(processes)} processes x ${String(changes)} changes in ${String(seconds)} s: ${String(told)} acknowledged, ${String(versions)} versions, ${String(faults.length)} faults`);
process.exit(faults.length === 0 ? 0 : 1);
