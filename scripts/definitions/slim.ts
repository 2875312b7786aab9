/**
 * Reduces the published FHIR definitions to what a server needs at run time
 * (https://hl7.org/fhir/R4/structuredefinition.html). Everything here is pure: JSON in, slim JSON out.
 */
export interface SlimElement {
  readonly path: string;
  readonly min: number;
  /** -1 for `*`. */
  readonly max: number;
  /** Type code and, for references and canonicals, the resource types allowed; none listed means any. */
  readonly types: readonly (readonly [code: string, ...targets: string[]])[];
  readonly content?: string;
  readonly binding?: readonly [strength: string, valueSet: string];
  readonly summary?: true;
  readonly modifier?: true;
}

export interface SlimInvariant {
  readonly key: string;
  readonly severity: string;
  readonly human: string;
  readonly expression: string;
  readonly path: string;
}

export interface SlimType {
  readonly name: string;
  readonly kind: string;
  readonly abstract: boolean;
  readonly base: string;
  readonly elements: readonly SlimElement[];
  readonly invariants: readonly SlimInvariant[];
  /** Regular expression of a primitive's value. */
  readonly pattern?: string;
}

export interface SlimParameter {
  readonly code: string;
  readonly url: string;
  readonly type: string;
  readonly base: readonly string[];
  readonly target: readonly string[];
  readonly expression?: string;
  readonly components: readonly { readonly definition: string; readonly expression: string }[];
}

interface Extension { url: string; valueString?: string; valueUrl?: string }
interface TypeRef { code?: string; targetProfile?: string[]; profile?: string[]; extension?: Extension[]; _code?: { extension?: Extension[] } }
export interface SourceElement {
  path: string; min?: number; max?: string; type?: TypeRef[]; contentReference?: string; isSummary?: boolean; isModifier?: boolean;
  binding?: { strength: string; valueSet?: string };
  constraint?: { key: string; severity: string; human: string; expression?: string; source?: string }[];
}
export interface SourceStructure {
  resourceType: string; url: string; name: string; type: string; kind: string; abstract?: boolean; derivation?: string; baseDefinition?: string;
  snapshot?: { element: SourceElement[] };
}
export interface SourceParameter {
  resourceType: string; code: string; url: string; type: string; base?: string[]; target?: string[]; expression?: string;
  component?: { definition: string; expression: string }[];
}

const typeExtension = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';
const regexExtension = 'http://hl7.org/fhir/StructureDefinition/regex';
const last = (url: string): string => url.slice(url.lastIndexOf('/') + 1);
const anyResource = new Set(['Resource', 'DomainResource']);

const slimType = (path: string, isRoot: boolean, ref: TypeRef): [string, ...string[]] => {
  const code = ref.code?.startsWith('http://hl7.org/fhirpath/') === true ? systemType(path, isRoot, ref) : ref.code ?? '';
  const targets = [...new Set((ref.targetProfile ?? []).map(last))].filter((name) => !anyResource.has(name)).sort();
  return [code, ...targets];
};

/** The published definitions type every id as a FHIRPath string; that of a resource is an `id`. */
const systemType = (path: string, isRoot: boolean, ref: TypeRef): string => {
  if (isRoot && /^[A-Za-z]+\.id$/.test(path)) return 'id';
  const named = ref.extension?.find(({ url }) => url === typeExtension);
  return named?.valueUrl ?? 'string';
};

const slimElement = (isResource: boolean, element: SourceElement): SlimElement => {
  const { path, min = 0, max = '1', type = [], contentReference, binding, isSummary, isModifier } = element;
  return {
    path, min, max: max === '*' ? -1 : Number(max),
    types: type.map((ref) => slimType(path, isResource, ref)),
    ...(contentReference === undefined ? {} : { content: contentReference.slice(contentReference.indexOf('#') + 1) }),
    ...(binding?.valueSet === undefined ? {} : { binding: [binding.strength, binding.valueSet.split('|')[0] ?? ''] as const }),
    ...(isSummary === true ? { summary: true as const } : {}),
    ...(isModifier === true ? { modifier: true as const } : {}),
  };
};

/** The one profile that the base definitions use as a type; its constraint is told at each element that has it. */
const simpleQuantity = { key: 'sqt-1', severity: 'error', human: 'The comparator is not used on a SimpleQuantity', expression: 'comparator.empty()' };
const isSimple = ({ type = [] }: SourceElement): boolean => type.some(({ profile = [] }) => profile.some((url) => url.endsWith('/SimpleQuantity')));

const slimInvariants = (name: string, elements: readonly SourceElement[]): SlimInvariant[] =>
  elements.flatMap((element) => [...ownInvariants(name, element), ...(isSimple(element) ? [{ ...simpleQuantity, path: element.path }] : [])]);

const ownInvariants = (name: string, { path, constraint = [] }: SourceElement): SlimInvariant[] =>
  constraint
    .filter(({ expression, source }) => expression !== undefined && (source === undefined || last(source) === name || path !== name))
    .map(({ key, severity, human, expression = '' }) => ({ key, severity, human, expression, path }));

/** Returns the slim form of a StructureDefinition with a snapshot. */
export const slimStructure = (source: SourceStructure): SlimType => {
  const elements = source.snapshot?.element ?? [];
  const pattern = elements.find(({ path }) => path === `${source.type}.value`)?.type?.[0]?.extension?.find(({ url }) => url === regexExtension)?.valueString;
  return {
    name: source.type, kind: source.kind, abstract: source.abstract ?? false, base: last(source.baseDefinition ?? ''),
    elements: elements.slice(1).map((element) => slimElement(source.kind === 'resource', element)),
    invariants: slimInvariants(source.type, elements),
    ...(source.kind === 'primitive-type' && pattern !== undefined ? { pattern } : {}),
  };
};

/** Returns the slim form of a SearchParameter. */
export const slimParameter = ({ code, url, type, base = [], target = [], expression, component = [] }: SourceParameter): SlimParameter => ({
  code, url, type, base: [...base].sort(), target: [...target].sort(), ...(expression === undefined ? {} : { expression }),
  components: component.map(({ definition, expression: part }) => ({ definition, expression: part })),
});
