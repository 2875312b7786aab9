// `npm start` and `npm run demo`: builds when something has changed since the last build, then runs the server in this very process,
// so that signals reach it and nothing is started twice.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const stamp = 'dist/.built';
const sources = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'];

const changedAt = (path) => {
  const about = statSync(path, { throwIfNoEntry: false });
  if (about === undefined) return 0;
  if (!about.isDirectory()) return about.mtimeMs;
  // A folder changes when a file comes or goes.
  return readdirSync(path).reduce((latest, name) => Math.max(latest, changedAt(join(path, name))), about.mtimeMs);
};

process.chdir(join(import.meta.dirname, '..'));
const builtAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (sources.some((path) => changedAt(path) > builtAt)) {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import('../bin/concierge.js');
