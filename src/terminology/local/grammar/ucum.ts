/**
 * Units by the grammar of UCUM (https://ucum.org/ucum, section 2): case-sensitive atoms, prefixes on metric atoms only,
 * exponents, products, annotations. The atoms and prefixes are those of the UCUM tables of @lhncbc/ucum-lhc.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Table {
  readonly config: readonly (string | readonly string[])[];
  readonly data: readonly (readonly unknown[])[];
}

interface Atoms {
  /** All atoms; the value says whether it takes prefixes. */
  readonly units: ReadonlyMap<string, boolean>;
  readonly prefixes: readonly string[];
  readonly names: ReadonlyMap<string, string>;
}

let loaded: Atoms | undefined;
const atoms = (): Atoms => (loaded ??= load());

const load = (): Atoms => {
  const file = createRequire(import.meta.url).resolve('@lhncbc/ucum-lhc/data/ucumDefs.min.json');
  const { units, prefixes } = JSON.parse(readFileSync(file, 'utf8')) as { units: Table; prefixes: Table };
  const column = ({ config }: Table, name: string): number => config.findIndex((each) => each === name);
  const [code, isMetric, isBase, name, source] = ['csCode_', 'isMetric_', 'isBase_', 'name_', 'source_'].map((each) => column(units, each));
  const rows = units.data.filter((row) => row[source ?? -1] === 'UCUM');
  return {
    units: new Map(rows.map((row) => [String(row[code ?? -1]), row[isMetric ?? -1] === true || row[isBase ?? -1] === true])),
    names: new Map(rows.map((row) => [String(row[code ?? -1]), String(row[name ?? -1])])),
    prefixes: prefixes.data.map((row) => String(row[column(prefixes, 'code_')])),
  };
};

const longest = 200;
/** Printable ASCII without braces. */
const annotation = /^\{[\x21-\x7a\x7c\x7e]*\}/;
const exponent = /^[+-]?\d+/;
const factor = /^\d+/;
/** An atom ends where an operator, a bracket, an annotation or an exponent begins; square brackets belong to it. */
const atomText = /^(?:\[[^\][]*\]|[^[\]{}()./+\-\d\s]|10[*^])+(?:\d*(?:\[[^\][]*\]|_[A-Za-z]+))?/;

const isAtom = (text: string): boolean => {
  const { units, prefixes } = atoms();
  if (units.has(text)) return true;
  return prefixes.some((prefix) => text.startsWith(prefix) && units.get(text.slice(prefix.length)) === true);
};

/** Returns what is left after the longest atom at the beginning that is one; undefined when there is none. */
const afterAtom = (text: string): string | undefined => {
  const [longestAtom] = atomText.exec(text) ?? [];
  for (let end = longestAtom?.length ?? 0; end > 0; end -= 1) {
    if (isAtom(text.slice(0, end))) return text.slice(end);
  }
  return undefined;
};

const afterComponent = (text: string, depth: number): string | undefined => {
  if (text.startsWith('(')) {
    const rest = depth < 10 ? afterTerm(text.slice(1), depth + 1) : undefined;
    return rest?.startsWith(')') === true ? rest.slice(1) : undefined;
  }
  const note = annotation.exec(text)?.[0];
  if (note !== undefined) return text.slice(note.length);
  const atom = afterAtom(text);
  if (atom !== undefined) {
    const rest = atom.slice(exponent.exec(atom)?.[0].length ?? 0);
    return rest.slice(annotation.exec(rest)?.[0].length ?? 0);
  }
  // The grammar has no annotation on a bare number; LOINC's own units do, as in `/100{WBCs}`.
  const number = factor.exec(text)?.[0];
  const rest = number === undefined ? undefined : text.slice(number.length);
  return rest?.slice(annotation.exec(rest)?.[0].length ?? 0);
};

const afterTerm = (text: string, depth: number): string | undefined => {
  let rest = afterComponent(text.startsWith('/') ? text.slice(1) : text, depth);
  while (rest !== undefined && (rest.startsWith('.') || rest.startsWith('/'))) rest = afterComponent(rest.slice(1), depth);
  return rest;
};

const capacity = 4096;
const known = new Map<string, boolean>();

/** Returns whether the text is a unit of UCUM. */
export const isUcum = (unit: string): boolean => {
  const before = known.get(unit);
  if (before !== undefined) return before;
  const good = unit !== '' && unit.length <= longest && afterTerm(unit, 0) === '';
  if (known.size >= capacity) known.clear();
  known.set(unit, good);
  return good;
};

/** Returns the name of a unit that is a single atom. */
export const ucumName = (unit: string): string | undefined => atoms().names.get(unit);
