/** Writes `generated/schemas/`: a module of the datatypes and one per resource type, once per change of their sources. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datatypes, resourceTypes } from '../../src/fhir/definitions.js';
import { schemaModule } from './emit.js';
import { schemaOf, withBackbones } from './schema.js';

const target = join('generated', 'schemas');
const scripts = join('scripts', 'schemas');

const stampOf = (): string => {
  const hash = createHash('sha256').update(readFileSync(join('generated', 'stamp')));
  for (const file of readdirSync(scripts).sort()) hash.update(readFileSync(join(scripts, file)));
  hash.update(readFileSync(join('src', 'validation', 'binding.ts')));
  return hash.update(readFileSync(join('node_modules', 'ajv', 'package.json'))).digest('hex');
};

const write = (file: string, types: readonly string[]): void => {
  const names = types.flatMap(withBackbones);
  writeFileSync(join(target, `${file}.cjs`), schemaModule(new Map(names.map((name) => [name, schemaOf(name)]))));
};

const build = (stamp: string): void => {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  write('datatypes', datatypes);
  for (const type of resourceTypes) write(type, [type]);
  writeFileSync(join(target, 'stamp'), stamp);
};

const stamp = stampOf();
const stampFile = join(target, 'stamp');
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) build(stamp);
