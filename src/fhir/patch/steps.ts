/**
 * The plain part of FHIRPath that most patches are written in (http://hl7.org/fhirpath/N1/#path-selection): members, indexes,
 * `where` with equality, `first`, `last`, `ofType`, `extension`. Its cost is bounded by the size of the resource.
 */
export type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'first' | 'last' }
  | { readonly kind: 'ofType'; readonly type: string }
  | { readonly kind: 'extension'; readonly url: string }
  | { readonly kind: 'where'; readonly conditions: readonly Condition[] };

export interface Condition {
  /** Names of elements from the item on. */
  readonly path: readonly string[];
  readonly equals: string | boolean;
}

const longest = 1_000;
const name = '[A-Za-z_][A-Za-z0-9_]*';
const condition = `${name}(?:\\.${name})*\\s*=\\s*(?:'[^'\\\\]*'|true|false)`;
const forms: readonly (readonly [RegExp, (groups: readonly string[]) => Step])[] = [
  [/\s*\[\s*([0-9]{1,9})\s*\]/y, ([index = '']) => ({ kind: 'index', index: Number(index) })],
  [/\s*\.\s*(first|last)\(\s*\)/y, ([kind]) => ({ kind: kind === 'last' ? 'last' : 'first' })],
  [new RegExp(`\\s*\\.\\s*ofType\\(\\s*(?:FHIR\\.)?(${name})\\s*\\)`, 'y'), ([type = '']) => ({ kind: 'ofType', type })],
  [/\s*\.\s*extension\(\s*'([^'\\]*)'\s*\)/y, ([url = '']) => ({ kind: 'extension', url })],
  [new RegExp(`\\s*\\.\\s*where\\(\\s*(${condition}(?:\\s+and\\s+${condition})*)\\s*\\)`, 'y'), ([text = '']) => ({ kind: 'where', conditions: conditionsOf(text) })],
  [new RegExp(`\\s*\\.\\s*(${name})(?!\\s*\\()`, 'y'), ([member = '']) => ({ kind: 'member', name: member })],
];

const conditionsOf = (text: string): Condition[] =>
  [...text.matchAll(new RegExp(`(${name}(?:\\.${name})*)\\s*=\\s*(?:'([^'\\\\]*)'|(true|false))`, 'g'))]
    .map(([, path = '', literal, word]) => ({ path: path.split('.'), equals: literal ?? word === 'true' }));

/** Words that mean something else between two expressions. */
const operators = /\s(?:and|or|xor|implies|is|as|in|contains|div|mod)\s/;

/** Returns the steps of a plain path, the first of them the name it begins with; undefined for any other FHIRPath. */
export const parseSteps = (text: string): readonly Step[] | undefined => {
  if (text.length > longest || operators.test(text.replace(/'[^']*'/g, '').replace(/\([^)]*\)/g, ''))) return undefined;
  const path = `.${text.trim()}`;
  const steps: Step[] = [];
  for (let position = 0; position < path.length;) {
    const found = stepAt(path, position);
    if (found === undefined) return undefined;
    steps.push(found.step);
    position = found.end;
  }
  return steps;
};

const stepAt = (path: string, position: number): { readonly step: Step; readonly end: number } | undefined => {
  for (const [form, make] of forms) {
    form.lastIndex = position;
    const match = form.exec(path);
    if (match !== null) return { step: make(match.slice(1)), end: form.lastIndex };
  }
  return undefined;
};

const place = /([A-Za-z_][A-Za-z0-9_]*)(?:\[([0-9]+)\])?/g;

export interface PlaceStep {
  readonly name: string;
  readonly index: number | undefined;
}

/** Returns the steps of a place as the library names it: `Patient.name[0].given[1]`. */
export const placeSteps = (path: string): readonly PlaceStep[] =>
  [...path.matchAll(place)].map(([, member = '', index]) => ({ name: member, index: index === undefined ? undefined : Number(index) }));
