/**
 * The sensitivity proof: each enforcement point is taken out of a copy of the compiled server, one at a time, and the cases that are about
 * it must fail. A guard whose absence nothing notices is not tested. `node dist/test/sensitivity/run.js [NAME]`; the last line is `N passed, N failed`.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { points, type Point } from './point.js';

/** Two copies are weakened side by side. */
const copies = 2;
/** A point must be found out, not waited for, in milliseconds. */
const patience = 120_000;

interface Copy {
  readonly root: string;
  readonly remove: () => void;
}

/** What the compiled server reads is linked; what is changed is copied. */
const makeCopy = (): Copy => {
  const root = mkdtempSync(join(tmpdir(), 'concierge-weak-'));
  for (const name of ['src', 'test']) cpSync(join(packageRoot, 'dist', name), join(root, 'dist', name), { recursive: true, filter: (file) => !file.endsWith('.map') });
  for (const name of ['node_modules', 'generated', 'profiles', 'capability', 'test', 'docs']) symlinkSync(join(packageRoot, name), join(root, name));
  cpSync(join(packageRoot, 'package.json'), join(root, 'package.json'));
  return { root, remove: () => { rmSync(root, { recursive: true, force: true }); } };
};

interface Outcome {
  readonly failed: readonly string[];
  readonly output: string;
}

/** Runs cases in a copy. */
const runCases = ({ root }: Copy, ids: readonly string[]): Promise<Outcome> => new Promise((resolve) => {
  execFile(process.execPath, [join('dist', 'test', 'access', 'quick.js'), ...ids], { cwd: root, timeout: patience, maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
    const failed = ids.filter((id) => stdout.split('\n').some((line) => line.startsWith(`${id} `)));
    resolve({ failed, output: error === null ? '' : `${stdout.slice(-600)}${stderr.slice(-600)}` });
  });
});

/** Returns what went wrong with a point; undefined when its absence turned a case red. */
const tryPoint = async (copy: Copy, { file, text, without, cases }: Point): Promise<{ readonly red: readonly string[]; readonly fault: string | undefined }> => {
  const path = join(copy.root, 'dist', 'src', file);
  const whole = readFileSync(path, 'utf8');
  if (!whole.includes(text)) return { red: [], fault: `its text is not in ${file} any more` };
  writeFileSync(path, whole.replace(text, () => without));
  try {
    const { failed, output } = await runCases(copy, cases);
    return { red: failed, fault: failed.length > 0 ? undefined : `no case noticed that it was gone (${cases.join(', ')})${output === '' ? '' : `: ${output}`}` };
  } finally {
    writeFileSync(path, whole);
  }
};

export interface Proof {
  readonly passed: number;
  readonly failed: number;
}

/** Takes out each of the points; `say` gets a line for each. The whole server must pass the same cases. */
export const prove = async (chosen: readonly Point[], say: (line: string) => void): Promise<Proof> => {
  const made = Array.from({ length: Math.min(copies, chosen.length) }, makeCopy);
  let [passed, failed] = [0, 0];
  try {
    const [first] = made;
    const all = [...new Set(chosen.flatMap(({ cases }) => cases))];
    const whole = first === undefined ? { failed: [], output: 'there is no point' } : await runCases(first, all);
    if (whole.output !== '') {
      say(`FAILED the server as it is: ${whole.output}`);
      return { passed, failed: 1 };
    }
    const queue = chosen[Symbol.iterator]();
    await Promise.all(made.map(async (copy) => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        const { red, fault } = await tryPoint(copy, next.value);
        if (fault === undefined) passed += 1;
        else failed += 1;
        say(fault === undefined ? `${next.value.name.padEnd(42)} -> ${red.join(', ')}` : `FAILED ${next.value.name}: ${fault}`);
      }
    }));
  } finally {
    for (const copy of made) copy.remove();
  }
  return { passed, failed };
};

if (process.argv[1]?.endsWith(join('sensitivity', 'run.js')) === true) {
  const [, , name] = process.argv;
  const { passed, failed } = await prove(points.filter((point) => name === undefined || point.name.includes(name)), console.log);
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
