/**
 * The search parameters of one type, from their definitions (https://hl7.org/fhir/R4/searchparameter.html): which share
 * the entries of others, which systems their bare codes belong to, which can be searched at all.
 */
import { baseOf, codesOf, resourceTypes, type SearchParameterDef } from '../fhir/definitions.js';
import { compilePath, type PathNode } from '../fhir/path/compile.js';
import { branchesOf, parsePath, UnsupportedPath, type Path } from '../fhir/path/parse.js';
import type { SearchParameter, Source } from './search-parameter.js';
import type { Trait } from './param/param-type.js';
import { nearParams } from './param/near.js';
import { mainOf, type ComponentType } from './param/composite.js';
import { simpleType } from './param/types.js';

export interface Definitions {
  readonly all: readonly SearchParameterDef[];
  readonly byUrl: Map<string, SearchParameterDef>;
}

/** Returns the types that a definition is for. */
export const basesOf = ({ base }: SearchParameterDef): string[] =>
  resourceTypes.filter((type) => base.includes(type) || base.includes('Resource') || (base.includes('DomainResource') && baseOf(type) === 'DomainResource'));

const noSystems: ReadonlySet<string> = new Set();
const noFacets: Facets = { systems: noSystems, traits: new Set() };

/** Returns the parameters of a type by code. */
export const parametersFor = (type: string, definitions: Definitions): ReadonlyMap<string, SearchParameter> => {
  const bases = new Set([type, 'Resource', ...(baseOf(type) === 'DomainResource' ? ['DomainResource'] : [])]);
  const found = new Map<string, SearchParameterDef>();
  for (const definition of definitions.all) {
    if (definition.base.some((base) => bases.has(base)) && !found.has(definition.code)) found.set(definition.code, definition);
  }
  const shared = sharedEntries([...found.values()], type);
  const made = [...found.values()].map((definition): [string, SearchParameter] => [definition.code, parameterOf(definition, { type, definitions, shared })]);
  return new Map([...made, ['_list', listParameter]]);
};

const listParameter: SearchParameter = {
  code: '_list', url: 'http://hl7.org/fhir/SearchParameter/Resource-list', type: 'special', targets: [], searchable: true,
  kind: 'reference', sources: [], components: [], ...noFacets,
};

/** What the store knows by itself, what is read from the text, and what is put together of others; `near` has entries of its own. */
const withoutIndex = new Set(['_id', '_lastUpdated', '_text', '_content', '_filter', 'near']);

interface About {
  readonly type: string;
  readonly definitions: Definitions;
  readonly shared: ReadonlyMap<string, readonly Source[]>;
}

const parameterOf = (definition: SearchParameterDef, { type, definitions, shared }: About): SearchParameter => {
  const { code, url } = definition;
  const components = componentsOf(definition, definitions, type);
  const main = components[mainOf(components)];
  const kind = simpleType(main?.type ?? definition.type)?.kind ?? 'token';
  const sources = code === 'near' ? [{ param: nearParams.latitude }] : shared.get(code) ?? [{ param: code }];
  const only = sources.length === 1 ? sources[0]?.only : undefined;
  return {
    code, url, type: definition.type as SearchParameter['type'], kind, sources, components,
    targets: only === undefined ? definition.target : [only],
    searchable: withoutIndex.has(code) || isSearchable(definition, components),
    ...facetsOf(definition, type),
  };
};

const isSearchable = ({ type, expression = '' }: SearchParameterDef, components: readonly ComponentType[]): boolean => {
  if (expression === '') return false;
  // `Bundle.entry[0].resource` is the resource itself, not a reference to one.
  if (type === 'reference' && expression.endsWith('.resource') && expression.includes('[')) return false;
  return type === 'composite' ? components.length > 1 : simpleType(type) !== undefined;
};

const componentsOf = ({ components }: SearchParameterDef, { byUrl }: Definitions, type: string): ComponentType[] =>
  components.flatMap(({ definition }) => {
    const found = byUrl.get(definition);
    return found === undefined ? [] : [{ type: found.type, targets: found.target, ...facetsOf(found, type) }];
  });

/** Many types share an expression; there are as many as there are definitions. */
const parsed = new Map<string, readonly Path[]>();

/** Returns the branches of an expression that are about the type; undefined when it is beyond the compiler. */
export const branchesFor = (expression: string, type: string): Path[] | undefined => {
  try {
    const own = new Set([type, 'Resource', 'DomainResource']);
    let branches = parsed.get(expression);
    if (branches === undefined) parsed.set(expression, (branches = branchesOf(parsePath(expression))));
    return branches.filter((branch) => isAbout(branch, own));
  } catch (error) {
    if (error instanceof UnsupportedPath) return undefined;
    throw error;
  }
};

const isAbout = (path: Path, types: ReadonlySet<string>): boolean => {
  switch (path.kind) {
    case 'member':
      return path.of.kind === 'this' ? !/^[A-Z]/.test(path.name) || types.has(path.name) : isAbout(path.of, types);
    case 'call':
    case 'as':
    case 'is':
      return isAbout(path.of, types);
    case 'binary':
      return isAbout(path.left, types);
    case 'union':
      return path.of.some((branch) => isAbout(branch, types));
    default:
      return true;
  }
};

interface Facets {
  readonly systems: ReadonlySet<string>;
  readonly traits: ReadonlySet<Trait>;
}

const mediaTypes = 'http://hl7.org/fhir/ValueSet/mimetypes';
const urls: ReadonlySet<string> = new Set(['canonical', 'uri', 'url']);
const traitOf: Readonly<Record<string, Trait>> = { canonical: 'canonical', string: 'caseless', ContactPoint: 'caseless' };

/** Returns the systems of the codes a parameter indexes, those its elements are bound to and that of booleans, and what its elements are. */
const facetsOf = ({ type: kind, expression = '' }: SearchParameterDef, type: string): Facets => {
  if (kind !== 'token' && kind !== 'reference') return noFacets;
  const systems = new Set<string>();
  const traits = new Set<Trait>();
  const types = new Set<string>();
  const note = ({ type: own, element }: PathNode): undefined => {
    types.add(own);
    const trait = traitOf[own];
    if (trait !== undefined && (trait === 'canonical') === (kind === 'reference')) traits.add(trait);
    if (own === 'boolean') systems.add('http://hl7.org/fhir/special-values');
    if (own !== 'code' || element?.binding === undefined) return;
    if (element.binding.valueSet.split('|')[0] === mediaTypes) traits.add('media-type');
    for (const code of codesOf(element.binding.valueSet) ?? []) if (code.includes('|')) systems.add(code.slice(0, code.lastIndexOf('|')));
  };
  for (const branch of branchesFor(expression, type) ?? []) {
    try {
      compilePath(branch, { here: { type }, root: type }, note);
    } catch (error) {
      if (!(error instanceof UnsupportedPath)) throw error;
      types.add('unknown');
    }
  }
  if (kind === 'reference' && types.size > 0 && [...types].every((own) => urls.has(own))) traits.add('by-url');
  return { systems: systems.size === 0 ? noSystems : systems, traits };
};

interface Shape {
  readonly code: string;
  readonly type: string;
  /** Texts of the branches, components included. */
  readonly branches: readonly string[];
  /** The branches without `.where(resolve() is X)`, and X, when all have it. */
  readonly bare?: { readonly branches: readonly string[]; readonly only: string } | undefined;
}

/**
 * Returns where parameters find their entries that need none of their own. Each entry is a row to write; so `patient`
 * reads those of `subject`, and `combo-code` those of `code` and `component-code`.
 */
const sharedEntries = (definitions: readonly SearchParameterDef[], type: string): ReadonlyMap<string, readonly Source[]> => {
  const shapes = definitions.flatMap((definition) => shapeOf(definition, type) ?? []).sort((a, b) => a.branches.length - b.branches.length || (a.code < b.code ? -1 : 1));
  const shared = new Map<string, readonly Source[]>();
  const own: Shape[] = [];
  const narrowed = shapes.filter(({ bare }) => bare !== undefined);
  for (const shape of shapes.filter(({ bare }) => bare === undefined)) {
    const sources = coveredBy(shape, own);
    if (sources === undefined) own.push(shape);
    else shared.set(shape.code, sources);
  }
  for (const { code, bare } of narrowed) {
    const base = own.find((shape) => shape.type === 'reference' && isSame(shape.branches, bare?.branches ?? []));
    if (base !== undefined && bare !== undefined) shared.set(code, [{ param: base.code, only: bare.only }]);
  }
  return shared;
};

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((each) => b.includes(each));

const coveredBy = (shape: Shape, own: readonly Shape[]): Source[] | undefined => {
  const parts = own.filter(({ type, branches }) => type === shape.type && branches.every((branch) => shape.branches.includes(branch)));
  const whole = parts.find(({ branches }) => isSame(branches, shape.branches));
  if (whole !== undefined) return [{ param: whole.code }];
  const covered = new Set(parts.flatMap(({ branches }) => branches));
  return shape.branches.length > 0 && shape.branches.every((branch) => covered.has(branch)) ? parts.map(({ code }) => ({ param: code })) : undefined;
};

const shapeOf = (definition: SearchParameterDef, type: string): Shape | undefined => {
  const { code, expression = '', components } = definition;
  const paths = code.startsWith('_') ? undefined : branchesFor(expression, type);
  if (paths === undefined || paths.length === 0) return undefined;
  const suffix = components.map((component) => `$${printed(component.expression)}`).join('');
  const branches = paths.map((path) => JSON.stringify(path) + suffix);
  return { code, type: definition.type, branches, bare: definition.type === 'reference' ? bareOf(paths) : undefined };
};

const printed = (expression: string): string => JSON.stringify(branchesFor(expression, '') ?? expression);

const bareOf = (paths: readonly Path[]): Shape['bare'] => {
  const filters = paths.map(narrowOf);
  const [first] = filters;
  if (first === undefined || filters.some((filter) => filter?.only !== first.only)) return undefined;
  return { branches: filters.flatMap((filter) => (filter === undefined ? [] : [JSON.stringify(filter.of)])), only: first.only };
};

const narrowOf = (path: Path): { readonly of: Path; readonly only: string } | undefined => {
  if (path.kind !== 'call' || path.name !== 'where') return undefined;
  const [test] = path.args;
  return test?.kind === 'is' && test.of.kind === 'call' && test.of.name === 'resolve' ? { of: path.of, only: test.type } : undefined;
};
