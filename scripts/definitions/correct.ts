/**
 * The packaged definitions carry edits of their packager; corrections bring them back to FHIR 4.0.1 as published.
 * `corrections.json` holds whole slim types, parameters and value sets; a test compares with the pristine package.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Definitions } from './sources.js';
import type { SlimParameter, SlimType } from './slim.js';

export interface Corrections {
  /** Replace, or add, by name. */
  readonly types: readonly SlimType[];
  readonly withoutTypes: readonly string[];
  readonly parameters: readonly SlimParameter[];
  readonly withoutParameters: readonly string[];
  readonly compartments: Definitions['compartments'];
  readonly codes: Definitions['codes'];
}

/** The corrections, kept beside this script's source. */
export const correctionsFile = join('scripts', 'definitions', 'corrections.json');

/** Returns the corrections of the project. */
export const readCorrections = (root: string): Corrections => JSON.parse(readFileSync(join(root, correctionsFile), 'utf8')) as Corrections;

const replaced = <T>(before: readonly T[], after: readonly T[], without: readonly string[], keyOf: (item: T) => string): T[] => {
  const gone = new Set([...without, ...after.map(keyOf)]);
  return [...before.filter((item) => !gone.has(keyOf(item))), ...after].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
};

/** Returns the definitions with the corrections applied. */
export const correct = (definitions: Definitions, corrections: Corrections): Definitions => ({
  types: replaced(definitions.types, corrections.types, corrections.withoutTypes, ({ name }) => name),
  parameters: replaced(definitions.parameters, corrections.parameters, corrections.withoutParameters, ({ url }) => url),
  compartments: replaced(definitions.compartments, corrections.compartments, [], ({ code }) => code),
  codes: { ...definitions.codes, ...corrections.codes },
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const missing = <T>(from: readonly T[], to: readonly T[], keyOf: (item: T) => string): { changed: T[]; gone: string[] } => {
  const before = new Map(from.map((item) => [keyOf(item), item]));
  const after = new Map(to.map((item) => [keyOf(item), item]));
  return {
    changed: to.filter((item) => !same(before.get(keyOf(item)), item)),
    gone: [...before.keys()].filter((key) => !after.has(key)),
  };
};

/** Returns the corrections that turn `from` into `to`; all lists empty when they agree. */
export const compare = (from: Definitions, to: Definitions): Corrections => {
  const types = missing(from.types, to.types, ({ name }) => name);
  const parameters = missing(from.parameters, to.parameters, ({ url }) => url);
  const codes = Object.entries(to.codes).filter(([url, members]) => !same(from.codes[url], members));
  return {
    types: types.changed, withoutTypes: types.gone, parameters: parameters.changed, withoutParameters: parameters.gone,
    compartments: missing(from.compartments, to.compartments, ({ code }) => code).changed, codes: Object.fromEntries(codes),
  };
};
