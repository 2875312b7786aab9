// Runs a command with a MongoDB to test against: `node scripts/mongo-server.mjs COMMAND...` sets MONGO_TEST_URL for it.
// Where MONGO_TEST_URL is set already that server is used. Else SecantusDB is installed from PyPI into .cache/secantus and started:
// MongoDB's wire protocol on WiredTiger, a test tool in a process of its own (a beta, so the exact version), never a dependency.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const version = '0.7.0b3';
const folder = join('.cache', 'secantus');
const program = join(folder, 'bin', 'secantusd-py');

const install = () => {
  if (existsSync(program)) return undefined;
  for (const [name, ...args] of [['python3', '-m', 'venv', folder], [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', `SecantusDB==${version}`]]) {
    const { status, error } = spawnSync(name, args, { stdio: 'inherit', timeout: 300_000 });
    if (status !== 0) return `${name} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}`;
  }
  return undefined;
};

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const start = async () => {
  const port = await freePort();
  const storage = mkdtempSync(join(tmpdir(), 'concierge-mongo-'));
  const server = spawn(program, ['--host', '127.0.0.1', '--port', String(port), '--storage-path', storage, '--sync-on-commit', '--enable-test-commands'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = () => new Promise((resolve) => {
    server.once('exit', () => {
      rmSync(storage, { recursive: true, force: true });
      resolve();
    });
    server.kill('SIGKILL');
  });
  process.once('exit', () => server.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`SecantusDB does not listen after 30 s: ${said}`)), 30_000);
    server.stderr.on('data', (part) => {
      said = (said + part).slice(-2_000);
      if (!said.includes('listening on')) return;
      clearTimeout(timer);
      resolve();
    });
    server.once('exit', (code) => reject(new Error(`SecantusDB ended with ${code}: ${said}`)));
  });
  return { url: `mongodb://127.0.0.1:${port}/?replicaSet=secantus`, stop };
};

const run = (command, env) => new Promise((resolve) => {
  const [name, ...args] = command;
  const child = spawn(name, args, { stdio: 'inherit', env });
  child.once('error', (error) => { console.error(error.message); resolve(127); });
  child.once('exit', (code) => resolve(code ?? 1));
});

const main = async (command) => {
  if (process.env.MONGO_TEST_URL !== undefined) return run(command, process.env);
  const why = install();
  if (why !== undefined) {
    console.error(`MongoDB: none to test against, SecantusDB could not be installed (${why})`);
    return run(command, process.env);
  }
  const { url, stop } = await start();
  console.log(`MongoDB: SecantusDB ${version} (a test server: what it does not check is in docs/scaling.md)`);
  try {
    // Tests need not drop what they made: it goes with the server.
    return await run(command, { ...process.env, MONGO_TEST_URL: url, MONGO_TEST_OWN: 'yes' });
  } finally {
    await stop();
  }
};

process.exit(await main(process.argv.slice(2)));
