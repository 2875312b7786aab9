/**
 * From a resource to its index entries (https://hl7.org/fhir/R4/searchparameter.html): one compiled walk per parameter,
 * made when a type is first met. What the compiler does not read is evaluated by the fhirpath library.
 */
import { evaluatePath, type Evaluate, type TypedValue } from '../fhir/fhirpath.js';
import { compilePath, type PathNode, type Visit } from '../fhir/path/compile.js';
import { UnsupportedPath } from '../fhir/path/parse.js';
import type { ValueEntry } from '../store/index-entry.js';
import { branchesFor, type Definitions } from './parameter.js';
import { addComposite, mainOf } from './param/composite.js';
import type { Index, Into } from './param/param-type.js';
import { indexPosition } from './param/near.js';
import { simpleType } from './param/types.js';
import type { SearchParameter } from './search-parameter.js';

export type Extractor = (resource: Readonly<Record<string, unknown>>, baseUrl: string) => ValueEntry[];

export interface ExtractorOptions {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, SearchParameter>;
  readonly definitions: Definitions;
}

interface Step {
  readonly param: string;
  readonly visit: Visit<Into>;
}

/** Returns the extractor of a type. */
export const makeExtractor = ({ type, parameters, definitions }: ExtractorOptions): Extractor => {
  const steps: Step[] = [];
  for (const parameter of parameters.values()) {
    const visit = hasOwnEntries(parameter) ? visitOf(parameter, type, definitions) : undefined;
    if (visit !== undefined) steps.push({ param: parameter.code, visit });
  }
  const absences = [...parameters.values()].flatMap((parameter) => absenceOf(parameter, type, definitions));
  return (resource, baseUrl) => {
    const into: Into = { resource, entries: [], param: '', baseUrl };
    for (const { param, visit } of steps) {
      const from = into.entries.length;
      into.param = param;
      visit(resource, into);
      if (into.entries.length - from > 1) dropRepeated(into.entries, from);
    }
    for (const absence of absences) absence(into);
    return into.entries;
  };
};

const hasOwnEntries = ({ code, searchable, sources }: SearchParameter): boolean =>
  code === 'near' || (searchable && code !== '_id' && code !== '_lastUpdated' && sources.some(({ param, only }) => param === code && only === undefined));

const visitOf = (parameter: SearchParameter, type: string, definitions: Definitions): Visit<Into> | undefined => {
  const definition = definitions.byUrl.get(parameter.url);
  const expression = definition?.expression ?? '';
  // `_text` and its kin say in words what they search.
  if (expression === '') return undefined;
  if (parameter.type === 'composite') return compileAll(expression, type, (node) => compositeIndex(definition?.components ?? [], { node, type, definitions }));
  if (parameter.code === 'near') return compileAll(expression, type, () => indexPosition);
  const paramType = simpleType(parameter.type);
  return paramType && compileAll(expression, type, paramType.indexer);
};

const compileAll = (expression: string, type: string, indexer: (node: PathNode) => Index | undefined, here: PathNode = { type }): Visit<Into> | undefined => {
  const branches = branchesFor(expression, type);
  const visits = branches === undefined ? [evaluated(expression, indexer)] : branches.map((branch) => {
    try {
      return compilePath(branch, { here, root: type }, indexer);
    } catch (error) {
      if (!(error instanceof UnsupportedPath)) throw error;
      return evaluated(expression, indexer);
    }
  });
  const used = visits.filter((visit) => visit !== undefined);
  if (used.length <= 1) return used[0];
  return (value, into) => { for (const visit of used) visit(value, into); };
};

/** The slow way: types are known only when values are there. */
const evaluated = (expression: string, indexer: (node: PathNode) => Index | undefined): Visit<Into> => {
  const evaluate = evaluatePath(expression);
  const known = new Map<string, Index | undefined>();
  return (value, into) => {
    for (const found of evaluateSafely(evaluate, value, into)) {
      if (!known.has(found.type)) known.set(found.type, indexer({ type: found.type }));
      known.get(found.type)?.(found.value, into);
    }
  };
};

/** The library throws on misshapen values; such a resource yields nothing here, and validation tells why. */
const evaluateSafely = (evaluate: Evaluate, value: unknown, { resource }: Into): readonly TypedValue[] => {
  try {
    return evaluate(value, resource);
  } catch {
    return [];
  }
};

interface CompositeAbout {
  readonly node: PathNode;
  readonly type: string;
  readonly definitions: Definitions;
}

const compositeIndex = (components: readonly { readonly definition: string; readonly expression: string }[], { node, type, definitions }: CompositeAbout): Index | undefined => {
  const types = components.map(({ definition }) => simpleType(definitions.byUrl.get(definition)?.type ?? ''));
  const visits = components.map(({ expression }, at) => compileAll(expression, type, types[at]?.indexer ?? (() => undefined), node));
  const main = mainOf(components.map(({ definition }) => ({ type: definitions.byUrl.get(definition)?.type ?? '' })));
  if (visits.includes(undefined)) return undefined;
  const kind = types[main]?.kind;
  return (value, into) => {
    const found: ValueEntry[][] = [];
    for (const [at, visit] of visits.entries()) {
      const part: Into = { ...into, entries: [] };
      visit?.(value, part);
      if (part.entries.length === 0) return;
      found.push(at === main ? part.entries.filter((entry) => entry.kind === kind && !/:(?:of-type|below)$/.test(entry.param)) : part.entries);
    }
    addComposite(found, main, into);
  };
};

/**
 * `patient` has no entries of its own: a subject that is no patient leaves a mark, which `patient:missing` asks for. The
 * usual resource needs none.
 */
const absenceOf = ({ code, url, sources }: SearchParameter, type: string, definitions: Definitions): ((into: Into) => void)[] => {
  const [source] = sources;
  if (source?.only === undefined) return [];
  let present = false;
  const look = compileAll(definitions.byUrl.get(url)?.expression ?? '', type, () => () => { present = true; });
  return [(into) => {
    if (!into.entries.some(({ kind, param }) => kind === 'reference' && param === source.param)) return;
    present = false;
    look?.(into.resource, into);
    if (!present) into.entries.push({ kind: 'token', param: `${code}:absent`, system: undefined, code: 'true' });
  }];
};

const few = 12;

const dropRepeated = (entries: ValueEntry[], from: number): void => {
  const seen = entries.length - from > few ? new Set<string>() : undefined;
  let kept = from;
  for (let at = from; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry === undefined) continue;
    if (seen === undefined ? isAmong(entries, from, kept, entry) : isSeen(seen, entry)) continue;
    entries[kept] = entry;
    kept += 1;
  }
  entries.length = kept;
};

const isSeen = (seen: Set<string>, entry: ValueEntry): boolean => {
  const key = JSON.stringify(entry);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
};

const isAmong = (entries: readonly ValueEntry[], from: number, to: number, entry: ValueEntry): boolean => {
  for (let at = from; at < to; at += 1) {
    const other = entries[at];
    if (other !== undefined && isEqual(other, entry)) return true;
  }
  return false;
};

const isEqual = (a: ValueEntry, b: ValueEntry): boolean => {
  if (a.kind !== b.kind || a.param !== b.param || a.within !== b.within) return false;
  switch (a.kind) {
    case 'token':
      return b.kind === 'token' && a.code === b.code && a.system === b.system;
    case 'string':
      return b.kind === 'string' && a.text === b.text;
    case 'reference':
      return b.kind === 'reference' && a.target === b.target;
    case 'uri':
      return b.kind === 'uri' && a.uri === b.uri;
    case 'quantity':
      return b.kind === 'quantity' && a.low === b.low && a.high === b.high && a.unit === b.unit;
    default:
      return (b.kind === 'date' || b.kind === 'number') && a.low === b.low && a.high === b.high;
  }
};
