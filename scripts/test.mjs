// `npm test`: every check of this machine, one after the other: build, typed lint, the folder ladder, then jest over all tests.
// The last line is `N passed, N failed`: stages that are no test count as one each.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const report = 'dist/jest-result.json';
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' });

let passed = 0;
let failed = 0;
const lines = [];
const note = (line) => { lines.push(line); console.log(`\n== ${line}`); };

const stage = (name, run) => {
  console.log(`\n== ${name} ...`);
  const begun = Date.now();
  const { status, signal, error } = run();
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  const good = status === 0;
  if (good) passed += 1;
  else failed += 1;
  note(`${name}: ${good ? 'passed' : `FAILED (${error?.message ?? signal ?? `exit ${status}`})`}, ${seconds} s`);
  return good;
};

/** One that mongodb-memory-server has, finds or downloads; undefined, and why, when there is none. */
const memoryServer = async () => {
  try {
    const { MongoMemoryReplSet } = await import('mongodb-memory-server');
    const server = await MongoMemoryReplSet.create({ replSet: { count: 1, storageEngine: 'wiredTiger' } });
    process.env.MONGO_TEST_URL = server.getUri();
    return { stop: () => server.stop() };
  } catch (error) {
    return { why: error instanceof Error ? error.message.split('\n')[0] : String(error) };
  }
};

/** Every case of the security design must have passed on the embedded engine; a run of a part cannot say. */
const cases = async ({ testResults }) => {
  if (process.argv.length > 2) return;
  const { unheldOn } = await import('../dist/test/access/held.js');
  const unheld = unheldOn('sqlite', testResults.flatMap((file) => file.assertionResults.filter((test) => test.status === 'passed').map((test) => test.fullName)));
  failed += unheld.length;
  note(`cases of the security design on the embedded engine: ${unheld.length === 0 ? 'all held' : `NOT HELD: ${unheld.join(', ')}`}`);
};

const jest = async () => {
  console.log('\n== tests ...');
  mkdirSync('dist', { recursive: true });
  rmSync(report, { force: true });
  const begun = Date.now();
  const { status } = node('--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...process.argv.slice(2));
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  if (!existsSync(report)) {
    failed += 1;
    return note(`tests: FAILED, jest gave no result (exit ${status}), ${seconds} s`);
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot even be loaded has no failed test in it, and a run of nothing proves nothing.
  const broken = result.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length;
  const idle = result.numPendingTests + result.numTodoTests;
  const none = result.numPassedTests === 0 ? 1 : 0;
  passed += result.numPassedTests;
  failed += result.numFailedTests + broken + idle + none;
  if (status !== 0 && result.numFailedTests + broken === 0) failed += 1;
  note(`tests: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${idle} not run, in ${result.numTotalTestSuites} files (${broken} of them broken), ${seconds} s`);
  await cases(result);
};

// The build comes first: lint and tests look at what it makes.
if (stage('build', () => node('scripts/build.mjs'))) {
  stage('lint (typed)', () => node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'));
  stage('ladder', () => node('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'));
  const mongo = process.env.MONGO_TEST_URL === undefined ? await memoryServer() : {};
  await jest();
  await mongo.stop?.();
  if (mongo.why !== undefined) note(`MongoDB: NOT RUN, its suites and cases had no server (${mongo.why}). Set MONGO_TEST_URL, or run: npm run test:mongo`);
}

console.log('\n== summary');
for (const line of lines) console.log(`   ${line}`);
if (!existsSync('../shared/data')) console.log('   not there: ../shared/data; tests that would read it ran on generated data only');
console.log('   not part of this: all cases of the specification on MongoDB (npm run test:mongo); kill, power-cut, disk-full and stop tests (npm run test:fault); benchmarks (npm run bench)');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
