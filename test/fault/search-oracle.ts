/** Thousands of random searches against plain loops over the JSON: the long form of a test that `npm test` runs with few. */
import { spawn } from 'node:child_process';
import { packageRoot } from '../../src/core/package-root.js';
import type { Scenario } from './scenario.js';

const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--silent', 'feature/search/oracle'];

export const searchOracle: Scenario = {
  name: 'search-oracle',
  times: { short: 500, large: 5_000 },
  missing: () => undefined,
  run: (times, say) => new Promise((resolve, reject) => {
    const child = spawn(process.execPath, jest, { cwd: packageRoot, env: { ...process.env, ORACLE_QUERIES: String(times) }, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => { text += part; });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(text.slice(0, 4_000)));
      else {
        say(`${String(times)} random searches on each set of records agree with plain loops`);
        resolve();
      }
    });
  }),
};
