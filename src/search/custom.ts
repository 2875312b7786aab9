/** From a SearchParameter resource to a definition that this server can index (https://hl7.org/fhir/R4/searchparameter.html). */
import { isResourceType, searchParameterDefs, type SearchParameterDef } from '../fhir/definitions.js';
import { compilePath } from '../fhir/path/compile.js';
import { UnsupportedPath } from '../fhir/path/parse.js';
import { basesOf, branchesFor } from './parameter.js';
import { simpleType } from './param/types.js';

type Json = Readonly<Record<string, unknown>>;

export type ReadDefinition =
  | { readonly definition: SearchParameterDef }
  /** Why it is not used. */
  | { readonly unusable: string };

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsIn = (value: unknown): string[] => (Array.isArray(value) ? (value as unknown[]).filter((one): one is string => typeof one === 'string') : []);

/** Returns the definition, or why there is none. */
export const readSearchParameter = (resource: Json): ReadDefinition => {
  const definition: SearchParameterDef = {
    code: textIn(resource['code']), url: textIn(resource['url']), type: textIn(resource['type']), base: textsIn(resource['base']), target: textsIn(resource['target']).filter(isResourceType),
    expression: textIn(resource['expression']), components: [],
  };
  const unusable = faultOf(definition, resource);
  return unusable === undefined ? { definition } : { unusable };
};

const faultOf = (definition: SearchParameterDef, { status }: Json): string | undefined => {
  const { code, url, type, expression = '' } = definition;
  if (status !== 'active' && status !== 'draft') return 'its status is neither active nor draft';
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(code)) return 'its code must begin with a letter and have letters, digits and - only';
  if (url === '' || searchParameterDefs().some((own) => own.url === url)) return 'its url must be one of its own';
  if (type === 'composite' || simpleType(type) === undefined) return `parameters of type ${type === '' ? 'none' : type} are not indexed`;
  const types = basesOf(definition);
  if (types.length === 0) return 'its base names no resource type';
  return types.some((each) => canIndex(expression, each, type)) ? undefined : 'its expression finds nothing that this server can index by its type';
};

/** Expressions of users are compiled, never handed to a library: they run with every write. */
const canIndex = (expression: string, type: string, kind: string): boolean => {
  const branches = branchesFor(expression, type);
  const paramType = simpleType(kind);
  if (branches === undefined || paramType === undefined) return false;
  try {
    return branches.some((branch) => compilePath(branch, { here: { type }, root: type }, paramType.indexer) !== undefined);
  } catch (error) {
    if (error instanceof UnsupportedPath) return false;
    throw error;
  }
};
