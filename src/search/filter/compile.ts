/** `_filter` as a predicate (https://hl7.org/fhir/R4/search_filter.html): each test is what an ordinary search parameter asks for. */
import { FhirError } from '../../core/error.js';
import { searchText } from '../../core/fold.js';
import type { Predicate } from '../../store/plan.js';
import { parseDateValue } from '../param/date.js';
import { badValue } from '../param/value-text.js';
import type { SearchParameter } from '../search-parameter.js';
import { FilterFault, parseFilter, type Filter, type FilterOp } from './parse.js';

/** The rest of search as a filter on one type needs it. */
export interface FilterScope {
  /** The whole name, for messages. */
  readonly name: string;
  readonly type: string;
  /** Returns a parameter of the type; throws for one that there is not. */
  readonly parameter: (code: string) => SearchParameter;
  /** Returns what `code[:modifier]=value` asks for. */
  readonly leaf: (code: string, value: string) => Predicate;
  /** Returns what a chain asks for: `where` of each type that the reference leads to. */
  readonly chain: (code: string, where: (inner: FilterScope) => Predicate) => Predicate;
}

/** Returns what the filter asks for. Throws `invalid-parameter` and whatever its parameters deserve. */
export const compileFilter = (text: string, scope: FilterScope): Predicate => {
  try {
    return compile(parseFilter(text), scope);
  } catch (error) {
    if (error instanceof FilterFault) throw badValue(scope.name, text, error.message);
    throw error;
  }
};

const compile = (filter: Filter, scope: FilterScope): Predicate => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { op: filter.kind, of: [compile(filter.left, scope), compile(filter.right, scope)] };
    case 'not':
      return { op: 'not', of: compile(filter.of, scope) };
    case 'test':
      return compileTest(filter, scope);
  }
};

const compileTest = ({ path, op, value }: Extract<Filter, { kind: 'test' }>, scope: FilterScope): Predicate => {
  const [first, ...rest] = path;
  if (first === undefined) throw new Error('a path has at least one name');
  if (rest.length > 0) {
    return scope.chain(first.name, (inner) => {
      const where = compileTest({ kind: 'test', path: rest, op, value }, inner);
      return first.filter === undefined ? where : { op: 'and', of: [compile(first.filter, inner), where] };
    });
  }
  if (first.filter !== undefined) throw new FilterFault(`[ ] after ${first.name} must be followed by a dot and a name`);
  return compileLeaf({ code: first.name, op, value }, scope);
};

interface Leaf {
  readonly code: string;
  readonly op: FilterOp;
  readonly value: string;
}

/** Commas and dollars of a filter's value are its own; bars stand between system and code. */
const escaped = (value: string): string => value.replace(/[\\,$]/g, '\\$&');

const namespaces: Readonly<Record<string, string>> = { loinc: 'http://loinc.org', snomed: 'http://snomed.info/sct', rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm', ucum: 'http://unitsofmeasure.org' };

/** "For convenience, the codes loinc, snomed, rxnorm and ucum are predefined": before the bar of a code, between those of a quantity. */
const withNamespace = (value: string): string => value.replace(/(^|\|)(loinc|snomed|rxnorm|ucum)\|/, (_, before: string, name: string) => `${before}${namespaces[name] ?? name}|`);

const compileLeaf = (given: Leaf, scope: FilterScope): Predicate => {
  const leaf = { ...given, value: withNamespace(given.value) };
  const { code, op, value } = leaf;
  const parameter = scope.parameter(code);
  const { leaf: ask } = scope;
  if (op === 'pr') {
    if (value !== 'true' && value !== 'false') throw new FilterFault(`${code} pr takes true or false`);
    return ask(`${code}:missing`, value === 'true' ? 'false' : 'true');
  }
  if (code === '_id' || code === '_list') return op === 'eq' ? ask(code, escaped(value)) : refused(leaf, parameter, ['eq', 'pr']);
  switch (parameter.type) {
    case 'number':
    case 'quantity':
      return ordered.includes(op) ? ask(code, `${op}${escaped(value)}`) : refused(leaf, parameter, [...ordered, 'pr']);
    case 'date':
      if (op === 'po') return overlapping(given, parameter);
      return ordered.includes(op) ? ask(code, `${op}${escaped(value)}`) : refused(leaf, parameter, [...ordered, 'po', 'pr']);
    case 'string':
      return compileString(given, parameter, scope);
    case 'token':
      return withModifier(leaf, parameter, scope, { eq: '', in: ':in', ni: ':not-in', ss: ':below', sb: ':above' });
    case 'reference':
      return withModifier(leaf, parameter, scope, { eq: '', re: '' });
    case 'uri':
      return withModifier(leaf, parameter, scope, { eq: '', ss: ':below', sb: ':above' });
    default:
      return refused(leaf, parameter, []);
  }
};

const ordered: readonly FilterOp[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb'];

const refused = ({ code, op }: Leaf, { type }: SearchParameter, takes: readonly string[]): never => {
  const hint = op === 'ne' ? ' Say not (... eq ...) for what has no such value.' : '';
  throw new FhirError('invalid-parameter', `_filter: ${op} is not an operator of ${code}, a ${type}${takes.length === 0 ? ', which _filter cannot test' : `; it takes ${takes.join(', ')}`}.${hint}`, { location: 'http._filter' });
};

const withModifier = (leaf: Leaf, parameter: SearchParameter, { leaf: ask }: FilterScope, modifiers: Partial<Record<FilterOp, string>>): Predicate => {
  const modifier = modifiers[leaf.op];
  return modifier === undefined ? refused(leaf, parameter, [...Object.keys(modifiers), 'pr']) : ask(`${leaf.code}${modifier}`, escaped(leaf.value));
};

/** "Values are never case sensitive." */
const compileString = (leaf: Leaf, parameter: SearchParameter, { name }: FilterScope): Predicate => {
  const match = ({ eq: 'equals', co: 'contains', sw: 'prefix', ew: 'ends' } as const)[leaf.op as 'eq'] as 'equals' | 'contains' | 'prefix' | 'ends' | undefined;
  if (match === undefined || parameter.sources.length === 0) return refused(leaf, parameter, ['eq', 'co', 'sw', 'ew', 'pr']);
  const text = searchText(leaf.value);
  if (text === '') throw badValue(name, leaf.value, 'it must have at least one character that is not a blank');
  const of = parameter.sources.map(({ param }): Predicate => ({ op: 'string', param, match, text }));
  return of.length === 1 && of[0] !== undefined ? of[0] : { op: 'or', of };
};

/** The value as a period, and a period of the resource, have a moment in common. */
const overlapping = ({ value }: Leaf, { code, sources }: SearchParameter): Predicate => {
  const [prefix, { low, high }] = parseDateValue(value, '_filter');
  if (prefix !== 'eq') throw badValue('_filter', value, 'po takes a date without a prefix');
  if (code === '_lastUpdated') return { op: 'updated', low, high };
  const of = sources.map(({ param }): Predicate => ({ op: 'range', kind: 'date', param, compare: 'overlaps', low, high }));
  return of.length === 1 && of[0] !== undefined ? of[0] : { op: 'or', of };
};
