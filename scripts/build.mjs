// Builds everything: TypeScript first, then the slim FHIR definitions when their sources changed.
// `tsc` is started through node, so that no shell and no PATH entry is needed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';

const stamp = 'dist/.built';
const begun = new Date();

const run = (args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

rmSync(stamp, { force: true });
run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...process.argv.slice(2)]);
if (existsSync('dist/scripts/definitions/build.js')) run(['dist/scripts/definitions/build.js']);
if (existsSync('dist/scripts/schemas/build.js')) run(['dist/scripts/schemas/build.js']);
mkdirSync('dist', { recursive: true });
writeFileSync(stamp, '');
// What was changed while this ran is newer than what was built.
utimesSync(stamp, begun, begun);
