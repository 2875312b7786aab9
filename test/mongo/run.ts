/**
 * Everything that runs on a MongoDB, all cases of the specification among it: `npm run test:mongo -- --url mongodb://...`, or
 * on the server that MONGO_TEST_URL names (https://www.mongodb.com/docs/manual/replication/). The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { unheldOn } from '../access/held.js';

const report = join(packageRoot, 'dist', 'mongo-result.json');
/** What no single run takes, even on a slow machine: one that never ends is named and counted, and the others still run. */
const longestRun = 15 * 60_000;

interface Result {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

interface Run {
  readonly passed: number;
  readonly failed: number;
  /** Of the tests that passed. */
  readonly names: readonly string[];
}

const urlOf = (args: readonly string[]): string | undefined => {
  const at = args.indexOf('--url');
  return at < 0 ? process.env['MONGO_TEST_URL'] : args[at + 1];
};

/** Runs jest; what it finds stands in the report. */
const jest = (url: string, args: readonly string[]): Run => {
  rmSync(report, { force: true });
  const begun = Date.now();
  const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join('node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${report}`, '--testTimeout=180000', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'], cwd: packageRoot, env: { ...process.env, MONGO_TEST_URL: url, SPEC_MONGO: 'all', CLINIC_ENGINE: 'mongo' },
    timeout: longestRun, killSignal: 'SIGKILL',
  });
  console.log(`${args.join(' ')}: ${String(Math.round((Date.now() - begun) / 1000))} s, exit ${String(status)}`);
  if (!existsSync(report)) return { passed: 0, failed: 1, names: [] };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Result;
  // A file that cannot be loaded has no failed test in it.
  const broken = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length;
  const failed = numFailedTests + broken;
  const names = testResults.flatMap(({ assertionResults }) => assertionResults.filter((test) => test.status === 'passed').map(({ fullName }) => fullName));
  return { names, passed: numPassedTests, failed: failed === 0 && (status !== 0 || numPassedTests === 0) ? 1 : failed };
};

const url = urlOf(process.argv);
if (url === undefined) {
  console.error('No MongoDB: give --url or set MONGO_TEST_URL.');
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const runs = [jest(url, ['feature/access', '-t', 'mongo|MongoDB']), jest(url, ['unit/store-mongo']), jest(url, ['feature/spec.test', '-t', 'on the engine mongo']), jest(url, ['feature/authorization', 'unit/authorization']), jest(url, ['feature/audit'])];
const unheld = unheldOn('mongo', runs.flatMap(({ names }) => names));
if (unheld.length > 0) console.log(`cases of the security design that no test has held on MongoDB: ${unheld.join(', ')}`);
const sum = (name: 'passed' | 'failed'): number => runs.reduce((total, run) => total + run[name], 0);
const failed = sum('failed') + unheld.length;
console.log(`${String(sum('passed'))} passed, ${String(failed)} failed`);
process.exit(failed === 0 ? 0 : 1);
