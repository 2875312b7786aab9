/** Which search parameters exist, and what each extracts (https://hl7.org/fhir/R4/searchparameter-registry.html). */
import { isResourceType, searchParameterDefs, type SearchParameterDef } from '../fhir/definitions.js';
import type { OwnParam } from '../store/resource.js';
import type { IndexEntry } from '../store/index-entry.js';
import { makeExtractor, type Extractor } from './extract.js';
import { membersOf } from './param/param-type.js';
import { basesOf, parametersFor, type Definitions } from './parameter.js';
import type { SearchParameter } from './search-parameter.js';

export type { SearchParameter, Source } from './search-parameter.js';

/** A search parameter that was stored as a resource. */
export interface CustomParameter {
  readonly definition: SearchParameterDef;
  /** While resources are still being indexed by it; what is in it may change. */
  readonly pending?: SearchParameter['pending'];
}

export interface Registry {
  /** Rises whenever there are other parameters than before. */
  readonly revision: number;
  /**
   * Replaces the parameters beside those of the specification. Each has entries of its own, from the next resource on that is stored;
   * a code that the type has already stays what it was.
   */
  adopt(custom: readonly CustomParameter[]): void;
  /** Parameters of a type, those of every resource (`_id`, `_lastUpdated`, ...) included; by code. `Resource`: only the latter. */
  parametersOf(type: string): ReadonlyMap<string, SearchParameter>;
  /** Reference parameters that were adopted: type and name of their entries. */
  readonly ownReferences: readonly OwnParam[];
  /** What is indexed of a resource: a plain value of `JSON.parse`. A misshapen element yields nothing. */
  extract(resource: Readonly<Record<string, unknown>>): IndexEntry[];
}

export interface RegistryOptions {
  /** Search parameters; those of R4 by default. */
  readonly definitions?: readonly SearchParameterDef[] | undefined;
  /** Base of this server, asked with every resource: absolute references to it are local ones. */
  readonly baseUrl?: (() => string) | undefined;
}

/** Returns a registry that compiles what a type needs when it is first asked for it. */
export const makeRegistry = ({ definitions, baseUrl = () => '' }: RegistryOptions = {}): Registry => {
  const extractors = new Map<string, Extractor>();
  const parameters = new Map<string, ReadonlyMap<string, SearchParameter>>();
  const standard = definitions ?? searchParameterDefs();
  const own: Definitions = { all: standard, byUrl: new Map() };
  let [added, revision]: [readonly CustomParameter[], number] = [[], 0];
  const adopt = (custom: readonly CustomParameter[]): void => {
    added = custom;
    revision += 1;
    own.byUrl.clear();
    for (const definition of [...custom.map((each) => each.definition), ...standard]) own.byUrl.set(definition.url, definition);
    extractors.clear();
    parameters.clear();
  };
  adopt([]);

  const parametersOf = (type: string): ReadonlyMap<string, SearchParameter> => {
    const known = parameters.get(type);
    if (known !== undefined) return known;
    const made = withAdded(parametersFor(type, own), type, { added, own });
    parameters.set(type, made);
    return made;
  };
  const extractorOf = (type: string): Extractor => {
    const known = extractors.get(type);
    if (known !== undefined) return known;
    const made = makeExtractor({ type, parameters: parametersOf(type), definitions: own });
    extractors.set(type, made);
    return made;
  };
  const extract = (resource: Readonly<Record<string, unknown>>): IndexEntry[] => {
    const type = resource['resourceType'];
    if (typeof type !== 'string' || !isResourceType(type)) return [];
    const base = baseUrl();
    const { contained } = resource;
    const own = extractorOf(type)(resource, base);
    return Array.isArray(contained) ? [...own, ...(contained as unknown[]).flatMap((one) => extractContained(one, base))] : own;
  };
  const extractContained = (value: unknown, base: string): IndexEntry[] => {
    const resource = membersOf(value);
    const { resourceType: type, id } = resource;
    if (typeof type !== 'string' || !isResourceType(type)) return [];
    return [{ kind: 'contained', param: 'contained', type, id: typeof id === 'string' ? id : '', entries: extractorOf(type)(resource, base) }];
  };
  return { parametersOf, extract, adopt, get revision() { return revision; }, get ownReferences() { return ownReferencesOf(added); } };
};

const ownReferencesOf = (added: readonly CustomParameter[]): OwnParam[] =>
  added.flatMap(({ definition }) => (definition.type === 'reference' ? basesOf(definition).map((type) => ({ type, param: definition.code })) : []));

interface Added {
  readonly added: readonly CustomParameter[];
  readonly own: Definitions;
}

/** Each is looked at alone: entries of the others, which are stored already, must stay where they are. */
const withAdded = (parameters: ReadonlyMap<string, SearchParameter>, type: string, { added, own }: Added): ReadonlyMap<string, SearchParameter> => {
  if (added.length === 0) return parameters;
  const all = new Map(parameters);
  for (const { definition, pending } of added) {
    const { code } = definition;
    const made = all.has(code) ? undefined : parametersFor(type, { all: [definition], byUrl: own.byUrl }).get(code);
    if (made !== undefined) all.set(code, pending === undefined ? made : { ...made, pending });
  }
  return all;
};
