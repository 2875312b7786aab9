/**
 * Breaks, in copies of the compiled code, what keeps competing processes from each other, one thing at a time: each must be noticed by the
 * contest. `npm run test:mutants`; the last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';

interface Mutant {
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mutants: readonly Mutant[] = [
  { breaks: 'the unique index of versions', file: 'migrate.js', from: "['version', 'version', { key: 1, version: -1 }, { unique: true }]", to: "['version', 'version', { key: 1, version: -1 }]" },
  { breaks: 'the comparison of a write with what is current', file: 'writer.js', from: '(group.state(nameOf(one))?.version ?? 0) !== one.base', to: 'false' },
  { breaks: 'the session of one write', file: 'pending.js', from: 'models.version.bulkWrite(part, { session, maxTimeMS })', to: 'models.version.bulkWrite(part, { maxTimeMS })' },
  { breaks: 'the watermark of the feed', file: 'feed.js', from: 'Math.min(...lanes', to: 'Math.max(...lanes' },
  { breaks: 'positions above all that is seen', file: 'group.js', from: 'placeAfter(latest(lanes)', to: 'placeAfter(0' },
  { breaks: 'the gates of identifiers', file: 'gate.js', from: '% gates', to: '% gates + Math.floor(Math.random() * 1e9)' },
  { breaks: 'numbering only what is complete', file: 'journal.js', from: "await numberUpTo(models, await feed.settled('records'))", to: 'await numberUpTo(models, 9e15)' },
];

const folder = join(packageRoot, 'dist', 'mutant');

/** What the contest cannot see, and the test that does. */
const tested: readonly (Mutant & { readonly test: string })[] = [
  { breaks: 'the resume token of the change stream', file: 'wake.js', from: '{ resumeAfter: token }', to: '{}', test: 'unit/store-mongo/wake' },
  { breaks: 'the lease\'s comparison with its owner', file: 'lease.js', from: 'updateOne({ _id: name, owner, token }, { $set: { note } }', to: 'updateOne({ _id: name }, { $set: { note } }', test: 'unit/store-mongo/lease' },
  { breaks: 'the comparison of a block of audit numbers with what was read', file: 'journal.js', from: 'block.updateOne({ _id: last._id, to: last.to }', to: 'block.updateOne({ _id: last._id }', test: 'unit/store-mongo/journal' },
  { breaks: 'the use of a session again', file: 'session.js', from: 'giveBack: (session) => { idle.push(session); }', to: 'giveBack: (session) => { void session.endSession(); }', test: 'unit/store-mongo/session' },
  { breaks: 'the touch of what is relied on', file: 'pending.js', from: 'touched.add(name)', to: 'void name', test: 'unit/store-mongo/touch' },
  { breaks: 'the look whether one query was enough', file: 'search/fetch.js', from: 'documents.length === enough', to: 'false', test: 'unit/store-mongo/page' },
  { breaks: 'the place among resources of one date', file: 'order.js', from: 'first.toString(16)', to: "''", test: 'unit/store-mongo/order' },
];

const copy = (): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['src', 'test/mongo', 'test/fixture/mongo-address.js']) cpSync(join(packageRoot, 'dist', part), join(folder, part), { recursive: true });
};

/** Whether the contest finds nothing wrong in the copy. One that never ends has something wrong. */
const isWell = (): boolean => {
  const { status, error } = spawnSync(process.execPath, [join(folder, 'test', 'mongo', 'stress.js'), '--processes', '4', '--changes', '60'], { stdio: 'ignore', timeout: 120_000 });
  if (status !== 0 && status !== 1 && error === undefined) throw new Error(`the contest could not be run: ${String(status)}`);
  return status === 0;
};

const change = ({ file, from, to }: Mutant, root: string): (() => void) => {
  const path = join(root, 'src', 'store-mongo', file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no longer ${from}`);
  writeFileSync(path, text.replace(from, to));
  return () => { writeFileSync(path, text); };
};

/** Whether a test passes on the compiled code as it is now. */
const passes = (test: string): boolean =>
  spawnSync(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join('node_modules', 'jest', 'bin', 'jest.js'), test], { stdio: 'ignore', cwd: packageRoot, timeout: 120_000 }).status === 0;

copy();
if (!isWell()) throw new Error('the contest finds faults where nothing is broken');
let passed = 0;
const tell = ({ breaks }: Mutant, noticed: boolean): void => {
  if (noticed) passed += 1;
  console.log(`${noticed ? 'noticed' : 'NOT NOTICED'}: ${breaks}`);
};
for (const mutant of mutants) {
  copy();
  change(mutant, folder);
  tell(mutant, !isWell());
}
rmSync(folder, { recursive: true, force: true });
for (const mutant of tested) {
  if (!passes(mutant.test)) throw new Error(`${mutant.test} fails where nothing is broken`);
  const restore = change(mutant, join(packageRoot, 'dist'));
  try {
    tell(mutant, !passes(mutant.test));
  } finally {
    restore();
  }
}
const all = mutants.length + tested.length;
console.log(`${String(passed)} passed, ${String(all - passed)} failed`);
process.exit(passed === all ? 0 : 1);
