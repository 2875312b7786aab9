// Keeps the generated parts of README.md true. Between `<!-- name -->` and `<!-- /name -->` stands what this writes.
//   node scripts/readme.mjs            writes settings, errors and commands anew from the built program
//   node scripts/readme.mjs --check    changes nothing; exit code 1 when one of them has drifted
//   node scripts/readme.mjs --record   also runs the demo and the first session and records what they print
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const program = ['bin/concierge.js'];
const concierge = (...words) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`concierge ${words.join(' ')}: exit ${status}\n${stderr}`);
  return stdout.trimEnd();
};

const place = (text, name, content) => {
  const pattern = new RegExp(`<!-- ${name} -->\\n(?:[^]*?<!-- /${name} -->\\n)?`);
  if (!pattern.test(text)) throw new Error(`README.md has no place <!-- ${name} -->`);
  return text.replace(pattern, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->\n`);
};

const fence = (text) => `\`\`\`\n${text}\n\`\`\``;
const withoutPort = (text, port) => text.replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8080');

/** What a reader types first; each shows one thing. The token is the one that the demo prints. */
const helper = "fhir() { curl -s -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/fhir+json' \"$@\"; }";
const session = (base) => [
  `fhir -i ${base}/Patient \\\n  -d '{"resourceType":"Patient","name":[{"family":"Okafor","given":["Ada"]}],"birthDate":"1987-04-12"}' | grep -iE '^(HTTP|etag|location)'`,
  `fhir ${base}/Observation \\\n  -d '{"resourceType":"Observation","status":"final","code":{"text":"weight"},"valueQuantity":{"value":71.10,"unit":"kg"}}' | grep -o '"value":[0-9.]*'`,
  `fhir '${base}/Patient?family=okafor&_summary=count' | grep -o '"total":[0-9]*'`,
  `fhir '${base}/Patient?famly=okafor' | sed 's/.*"diagnostics"://'`,
  `fhir ${base}/Patient -d '{"resourceType":"Patient","birthdate":"1987-04-12"}' | sed 's/.*"diagnostics"://'`,
  `curl -s ${base}/Patient | sed 's/.*"diagnostics"://'`,
];

const runDemo = async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'readme-'));
  const child = spawn(process.execPath, [...program, 'serve', '--demo'], { env: { ...process.env, PORT: '0', DATA_DIR: dataDir }, stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  try {
    await new Promise((resolve, reject) => {
      child.stderr.on('data', (part) => {
        printed += part;
        if (printed.includes('Ctrl-C')) resolve();
      });
      child.on('exit', (code) => reject(new Error(`the demo ended with ${code}: ${printed}`)));
    });
    const [origin, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(printed);
    const token = /TOKEN=(\S+)/.exec(printed)?.[1] ?? '';
    const password = /with the password (\S+)/.exec(printed)?.[1] ?? '';
    const hide = (text) => text.replaceAll(token || '\0', '...').replaceAll(password || '\0', '...');
    const show = (text) => hide(withoutPort(text, port)).replaceAll(dataDir, './data').trimEnd();
    const lines = session(`${origin}/fhir`).map((command) => {
      const { stdout } = spawnSync('sh', ['-c', `${helper}\n${command}`], { encoding: 'utf8', env: { ...process.env, TOKEN: token } });
      return show(`$ ${command}\n${stdout.replaceAll('\r', '')}`);
    });
    const greeting = printed.slice(printed.indexOf('Concierge FHIR'));
    return { 'demo-output': fence(show(greeting)), session: fence([`$ export TOKEN=...   # as the demo prints it\n$ ${helper}`, ...lines].join('\n\n')) };
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
    await new Promise((resolve) => { child.on('exit', resolve); });
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** What the profiles say; needs a build, as all of this. */
const dataModel = async () => {
  const { dictionary, diagram } = await import('../dist/scripts/profiles/page.js');
  return `${dictionary()}\n\n${diagram()}`;
};

const before = readFileSync('README.md', 'utf8');
const parts = {
  data: await dataModel(), commands: concierge('help', '--markdown'), settings: concierge('settings', '--markdown'), errors: concierge('errors', '--markdown'),
  ...(process.argv.includes('--record') ? await runDemo() : {}),
};
const after = Object.entries(parts).reduce((text, [name, content]) => place(text, name, content), before);
if (!process.argv.includes('--check')) writeFileSync('README.md', after);
else if (after !== before) {
  console.error('README.md differs from what the program says about commands, settings or errors: run "npm run build && node scripts/readme.mjs".');
  process.exitCode = 1;
}
