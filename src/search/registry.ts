/** Which search parameters exist, and what each extracts (https://hl7.org/fhir/R4/searchparameter-registry.html). */
import { isResourceType, searchParameterDefs, type SearchParameterDef } from '../fhir/definitions.js';
import type { IndexEntry } from '../store/index-entry.js';
import { makeExtractor, type Extractor } from './extract.js';
import { parametersFor, type Definitions } from './parameter.js';
import type { SearchParameter } from './search-parameter.js';

export type { SearchParameter, Source } from './search-parameter.js';

export interface Registry {
  /** Parameters of a type, those of every resource (`_id`, `_lastUpdated`, ...) included; by code. `Resource`: only the latter. */
  parametersOf(type: string): ReadonlyMap<string, SearchParameter>;
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
  const own: Definitions = { all: definitions ?? searchParameterDefs(), byUrl: new Map() };
  for (const definition of own.all) own.byUrl.set(definition.url, definition);

  const parametersOf = (type: string): ReadonlyMap<string, SearchParameter> => {
    const known = parameters.get(type);
    if (known !== undefined) return known;
    const made = parametersFor(type, own);
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
    return typeof type === 'string' && isResourceType(type) ? extractorOf(type)(resource, baseUrl()) : [];
  };
  return { parametersOf, extract };
};
