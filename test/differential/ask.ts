/**
 * Holds our validation against HL7's own validator (test/differential/judge, Java): over HL7's examples, corrupted resources of
 * every type and Synthea resources. Prints each disagreement about whether R4 is broken, and whether it is a decided one.
 * `node dist/test/differential/ask.js [examples] [corruptions] [synthea]`; CONTRIBUTING.md says what it needs.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/core/package-root.js';
import { resourceTypes } from '../../src/fhir/definitions.js';
import { makeValidator } from '../../src/validation/validator.js';
import { minimalResource, type Json } from '../fixture/generate-resource.js';
import { jsonOf, sharedData, unpack } from '../fixture/shared-files.js';
import { corruptions } from '../unit/validation/mutation/corruptions.js';
import { harmless } from '../unit/validation/mutation/harmless.js';
import { placesOf } from '../unit/validation/mutation/elements.js';
import { decided, type Decision } from './decisions.js';

interface Asked {
  readonly name: string;
  readonly text: string;
}

interface Answer {
  readonly name: string;
  readonly errors: readonly { readonly at: string; readonly says: string; readonly id: string }[];
  readonly failed?: string;
}

const folder = join(packageRoot, 'test', 'differential', 'judge');
const every = Number(process.env['EVERY'] ?? '1');
const some = <T>(all: readonly T[]): T[] => all.filter((_one, index) => index % every === 0);

const examples = (): Asked[] => some((jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz') ?? []).filter(({ text }) => text.includes('"resourceType"') && text.length < 200_000));

const changes: readonly (readonly [name: string, apply: (resource: Json, type: string) => boolean])[] = [
  ...Object.entries(corruptions).flatMap(([name, { at, whole }]) => (at === undefined && whole === undefined ? [] : [[name, (resource: Json, type: string): boolean => (whole?.(resource, type) ?? placesOf(resource).map((place) => at?.(place)).find((found) => found !== undefined)) !== undefined] as const])),
  ...Object.entries(harmless).flatMap(([name, { at, whole }]) => (at === undefined && whole === undefined ? [] : [[name, (resource: Json, type: string): boolean => whole?.(resource, type) === true || placesOf(resource).some((place) => at?.(place) === true)] as const])),
];

/** Each change on a few types, other ones for each. */
const corrupted = (): Asked[] => changes.flatMap(([name, apply], index) =>
  resourceTypes.filter((_type, at) => (at + index) % (12 * every) === 0).flatMap((type) => {
    const resource = minimalResource(type);
    return apply(resource, type) ? [{ name: `${type} with ${name}`, text: JSON.stringify(resource) }] : [];
  }));

/** Of 92,114 resources some 3,000, out of every patient: it judges 60 a second. */
const syntheaStep = 30;

const synthea = (): Asked[] => {
  const data = sharedData('synthea');
  if (data === undefined) return [];
  return readdirSync(data).filter((name) => name.endsWith('.bz2')).flatMap((name) => {
    const bundle = JSON.parse(unpack(join(data, name)).toString('utf8')) as { entry: { resource: Json }[] };
    return bundle.entry.filter((_entry, index) => index % (syntheaStep * every) === 0).map(({ resource }, index) => ({ name: `${name.slice(0, 8)} ${String(index)} ${String(resource['resourceType'])}`, text: JSON.stringify(resource) }));
  });
};

const sets: Readonly<Record<string, () => Asked[]>> = { examples, corruptions: corrupted, synthea };

/** A home with the core package in its cache, without which it makes no snapshots. */
const homeOf = (): string => {
  const home = join(folder, 'target', 'home');
  const [cache, file] = [join(home, '.fhir', 'packages', 'hl7.fhir.r4.core#4.0.1'), sharedData('r4-core/hl7.fhir.r4.core-4.0.1.tgz')];
  mkdirSync(cache, { recursive: true });
  if (file !== undefined && readdirSync(cache).length === 0) spawnSync('tar', ['-xzf', file, '-C', cache]);
  return home;
};

async function* judged(asked: readonly Asked[]): AsyncGenerator<Answer> {
  const classpath = `${join(folder, 'target', 'classes')}:${readFileSync(join(folder, 'target', 'classpath.txt'), 'utf8').trim()}`;
  const judge = spawn('java', [`-Duser.home=${homeOf()}`, '-Xmx2g', '-cp', classpath, 'concierge.Judge'], { stdio: ['pipe', 'pipe', 'inherit'] });
  judge.stdin.on('error', () => undefined);
  for (const one of asked) judge.stdin.write(`${JSON.stringify(one)}\n`);
  judge.stdin.end();
  for await (const line of createInterface({ input: judge.stdout })) yield JSON.parse(line) as Answer;
}

const validate = makeValidator();
const ours = (text: string): readonly string[] => validate(JSON.parse(text) as Json).filter(({ severity }) => severity === 'error').map(({ diagnostics }) => diagnostics);

/** What HL7's validator says that is about R4 itself: publishing rules, terminology outside of required bindings and its own limits are not. */
const isDecided = ({ at, says }: Pick<Answer['errors'][number], 'at' | 'says'>, { theirs, at: place }: Decision): boolean => theirs?.test(says) === true && place?.test(at) !== false;

const compare = async (asked: readonly Asked[]): Promise<{ readonly agreed: number; readonly open: readonly string[]; readonly counts: ReadonlyMap<string, number> }> => {
  const texts = new Map(asked.map(({ name, text }) => [name, text]));
  const counts = new Map<string, number>();
  const open: string[] = [];
  let agreed = 0;
  const note = (reason: string): void => { counts.set(reason, (counts.get(reason) ?? 0) + 1); };
  for await (const { name, errors, failed } of judged(asked)) {
    const mine = ours(texts.get(name) ?? '');
    const theirs = failed === undefined ? errors.filter((error) => !decided.some((decision) => isDecided(error, decision))) : [];
    const rule = decided.find((decision) => (mine.length > 0 ? decision.ours?.test(mine.join('\n')) === true : false));
    if (failed !== undefined) note(`the judge failed: ${failed.slice(0, 80)}`);
    else if (mine.length > 0 === theirs.length > 0) agreed += 1;
    else if (mine.length === 0) open.push(`${name}: only they refuse: ${theirs[0]?.at ?? ''}: ${theirs[0]?.says ?? ''}`);
    else if (rule !== undefined) note(rule.reason);
    else open.push(`${name}: only we refuse: ${mine[0] ?? ''}`);
    for (const error of errors) {
      const because = decided.find((decision) => isDecided(error, decision));
      if (because !== undefined && theirs.length === 0 && mine.length === 0) note(because.reason);
    }
  }
  return { agreed, open, counts };
};

const wanted = process.argv.slice(2).filter((name) => name in sets);
for (const name of wanted.length > 0 ? wanted : Object.keys(sets)) {
  const asked = sets[name]?.() ?? [];
  const { agreed, open, counts } = await compare(asked);
  process.stdout.write(`\n${name}: ${String(asked.length)} asked, ${String(agreed)} agreed, ${String(open.length)} disagreements that are not decided\n`);
  for (const [reason, count] of [...counts].sort((a, b) => b[1] - a[1])) process.stdout.write(`  decided, ${String(count)} times: ${reason}\n`);
  for (const one of open) process.stdout.write(`  OPEN ${one.slice(0, 400)}\n`);
  if (open.length > 0) process.exitCode = 1;
}
