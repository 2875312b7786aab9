/** Writes `generated/`: the slim definitions, once per change of their sources. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { correct, correctionsFile, readCorrections } from './correct.js';
import { slimProfile } from '../../src/fhir/profile/slim.js';
import { packagedFiles, profileFiles, readPackaged, readProfiles, slimDefinitions } from './sources.js';
import { layTerminology, slimTerminology, terminologyCorrections } from './terminology.js';

const target = 'generated';
const scripts = [...['slim', 'sources', 'value-set', 'correct', 'terminology', 'build'].map((name) => join('scripts', 'definitions', `${name}.ts`)), join('src', 'fhir', 'profile', 'slim.ts')];

const stampOf = (): string => {
  const hash = createHash('sha256');
  for (const file of [...packagedFiles(), ...profileFiles()]) hash.update(`${file.slice(file.lastIndexOf('/'))} ${String(statSync(file).size)}\n`);
  for (const file of [...scripts, correctionsFile, terminologyCorrections]) hash.update(readFileSync(file));
  return hash.digest('hex');
};

const write = (name: string, value: unknown): void => {
  writeFileSync(join(target, name), JSON.stringify(value));
};

const build = (stamp: string): void => {
  const packaged = readPackaged();
  const { types, parameters, compartments, codes } = correct(slimDefinitions(packaged), readCorrections('.'));
  mkdirSync(target, { recursive: true });
  write('elements.json', types.map(({ invariants, ...type }) => ({ ...type, invariants: invariants.length })));
  write('invariants.json', Object.fromEntries(types.map(({ name, invariants }) => [name, invariants])));
  write('search-parameters.json', parameters);
  write('compartments.json', compartments);
  write('codes.json', codes);
  const { content, rows } = layTerminology(slimTerminology(packaged));
  writeFileSync(join(target, 'terminology.ndjson'), content);
  write('terminology-index.json', rows);
  write('profiles.json', readProfiles().flatMap((source) => slimProfile(source) ?? []));
  writeFileSync(join(target, 'stamp'), stamp);
};

const stamp = stampOf();
const stampFile = join(target, 'stamp');
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) build(stamp);
