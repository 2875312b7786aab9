// Keeps `capability/` true: what the built server says of itself, as golden files that show in a review what a change promises or takes back.
//   node scripts/capability.mjs            writes them anew
//   node scripts/capability.mjs --check    changes nothing; exit code 1 when the server says something else
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const base = 'http://127.0.0.1:8080';

/** One line per resource type, so that a difference is readable. */
const toText = (document) => {
  const lines = [];
  const text = JSON.stringify(document, (name, value) => {
    if (name !== 'resource' || !Array.isArray(value)) return value;
    return value.map((each) => `@${lines.push(JSON.stringify(each)) - 1}@`);
  }, 2);
  return `${text.replace(/"@(\d+)@"/g, (_, at) => lines[Number(at)])}\n`;
};

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capability-'));
  const child = spawn(process.execPath, ['bin/concierge.js', 'serve'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', BASE_URL: base, DATA_DIR: folder, LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const address = await new Promise((resolve, reject) => {
    const look = (part) => {
      printed += part;
      // The address it listens on is in the log; what it prints for people is BASE_URL.
      const found = /"address":"(http:\/\/127\.0\.0\.1:\d+)/.exec(printed);
      if (found) resolve(found[1]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
  const stop = async () => {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
    await new Promise((resolve) => { child.on('exit', resolve); });
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, stop };
};

const documents = { 'capability-statement.json': '/fhir/metadata', 'terminology-capabilities.json': '/fhir/metadata?mode=terminology', 'smart-configuration.json': '/fhir/.well-known/smart-configuration' };
const { address, stop } = await start();
try {
  for (const [file, path] of Object.entries(documents)) {
    const answer = await fetch(`${address}${path}`, { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    const text = toText(await answer.json());
    const place = join('capability', file);
    if (!process.argv.includes('--check')) writeFileSync(place, text);
    else if (readFileSync(place, 'utf8') !== text) {
      console.error(`${place} differs from what the server says of itself: run "npm run build && node scripts/capability.mjs" and read the difference.`);
      process.exitCode = 1;
    }
  }
} finally {
  await stop();
}
