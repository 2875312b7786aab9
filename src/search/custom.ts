/** From a SearchParameter resource to a definition that this server can index (https://hl7.org/fhir/R4/searchparameter.html). */
import { isResourceType, searchParameterDefs, type SearchParameterDef } from '../fhir/definitions.js';
import { compilePath, type PathNode } from '../fhir/path/compile.js';
import { UnsupportedPath } from '../fhir/path/parse.js';
import { basesOf, branchesFor } from './parameter.js';
import { itemsOf, membersOf, type Index } from './param/param-type.js';
import { simpleType } from './param/types.js';

type Json = Readonly<Record<string, unknown>>;

export type ReadDefinition =
  | { readonly definition: SearchParameterDef }
  /** Why it is not used. */
  | { readonly unusable: string };

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsIn = (value: unknown): string[] => (Array.isArray(value) ? (value as unknown[]).filter((one): one is string => typeof one === 'string') : []);

/** Definitions by URL that a composite may be made of: those of R4 and those stored. */
export type KnownDefinitions = ReadonlyMap<string, SearchParameterDef>;

let r4: KnownDefinitions | undefined;
/** Returns the definitions of R4 by URL. */
export const standardDefinitions = (): KnownDefinitions => (r4 ??= new Map(searchParameterDefs().map((definition) => [definition.url, definition])));

const componentsIn = (value: unknown): SearchParameterDef['components'] =>
  itemsOf(value).map(membersOf).map(({ definition, expression }) => ({ definition: textIn(definition), expression: textIn(expression) }));

/** Returns the definition, or why there is none; `known` are those it may be made of. */
export const readSearchParameter = (resource: Json, known: KnownDefinitions = standardDefinitions()): ReadDefinition => {
  const definition: SearchParameterDef = {
    code: textIn(resource['code']), url: textIn(resource['url']), type: textIn(resource['type']), base: textsIn(resource['base']), target: textsIn(resource['target']).filter(isResourceType),
    expression: textIn(resource['expression']), components: componentsIn(resource['component']),
  };
  const unusable = faultOf(definition, resource, known);
  return unusable === undefined ? { definition } : { unusable };
};

const faultOf = (definition: SearchParameterDef, { status }: Json, known: KnownDefinitions): string | undefined => {
  const { code, url, type, expression = '' } = definition;
  if (status !== 'active' && status !== 'draft') return 'its status is neither active nor draft';
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(code)) return 'its code must begin with a letter and have letters, digits and - only';
  if (url === '' || standardDefinitions().has(url)) return 'its url must be one of its own';
  if (type !== 'composite' && simpleType(type) === undefined) return `parameters of type ${type === '' ? 'none' : type} are not indexed`;
  const types = basesOf(definition);
  if (types.length === 0) return 'its base names no resource type';
  const fault = type === 'composite' ? componentsFault(definition, known) : undefined;
  if (fault !== undefined) return fault;
  return types.some((each) => (type === 'composite' ? canCompose(definition, each, known) : canIndex(expression, each, type))) ? undefined : 'its expression finds nothing that this server can index by its type';
};

const componentsFault = ({ components }: SearchParameterDef, known: KnownDefinitions): string | undefined => {
  if (components.length < 2) return 'a composite needs two components or more';
  const unknown = components.find(({ definition, expression }) => expression === '' || simpleType(known.get(definition)?.type ?? '') === undefined);
  return unknown === undefined ? undefined : `its component ${unknown.definition} is no search parameter that this server indexes, or has no expression`;
};

/** Each component is found from where the expression of the composite leads. */
const canCompose = ({ expression = '', components }: SearchParameterDef, type: string, known: KnownDefinitions): boolean => {
  const isIndexed = (here: PathNode): boolean => components.every((component) => {
    const paramType = simpleType(known.get(component.definition)?.type ?? '');
    return paramType !== undefined && compiles(component.expression, { here, root: type }, paramType.indexer);
  });
  return compiles(expression, { here: { type }, root: type }, (node) => (isIndexed(node) ? () => undefined : undefined));
};

const compiles = (expression: string, scope: { readonly here: PathNode; readonly root: string }, indexer: (node: PathNode) => Index | undefined): boolean => {
  try {
    return branchesFor(expression, scope.root)?.some((branch) => compilePath(branch, scope, indexer) !== undefined) ?? false;
  } catch (error) {
    if (error instanceof UnsupportedPath) return false;
    throw error;
  }
};

/** Expressions of users are compiled, never handed to a library: they run with every write. */
const canIndex = (expression: string, type: string, kind: string): boolean => {
  const paramType = simpleType(kind);
  return paramType !== undefined && compiles(expression, { here: { type }, root: type }, paramType.indexer);
};
