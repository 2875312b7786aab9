/**
 * Reduces published code systems, value sets and concept maps to what terminology needs at run time, and lays them into one
 * file with an index, so that each is read alone when it is first asked for (https://hl7.org/fhir/R4/terminologies.html).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;
export interface SourceResource extends Json { readonly resourceType: string }

interface Corrections {
  /** Canonical URLs that FHIR 4.0.1 does not have. */
  readonly without: readonly string[];
  /** Codes that a published code system does not have. */
  readonly withoutConcepts: Readonly<Record<string, readonly string[]>>;
  /** Properties of concepts that the packager dropped, by system and code. */
  readonly properties: Readonly<Record<string, Readonly<Record<string, readonly Json[]>>>>;
}

/** The corrections, kept beside this script's source. */
export const terminologyCorrections = join('scripts', 'definitions', 'terminology-corrections.json');

/** One line of the index: where in the file a resource stands. */
export type TerminologyRow = readonly [type: string, url: string, version: string, offset: number, length: number, content?: string, supplements?: string];

const kept: Readonly<Record<string, readonly string[]>> = {
  CodeSystem: ['url', 'version', 'name', 'title', 'status', 'caseSensitive', 'hierarchyMeaning', 'valueSet', 'content', 'supplements', 'property', 'concept'],
  ValueSet: ['url', 'version', 'name', 'title', 'status', 'compose'],
  ConceptMap: ['url', 'version', 'name', 'title', 'status', 'sourceUri', 'sourceCanonical', 'targetUri', 'targetCanonical', 'group'],
};
const dropped = new Set(['id', 'extension', 'modifierExtension', 'description']);

/** Returns the value without ids, extensions, descriptions and the companions of primitives. */
const slim = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(slim);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !dropped.has(name) && !name.startsWith('_')).map(([name, inner]) => [name, slim(inner)]));
};

/** Returns a resource with the members that matter; a value set without compose keeps its expansion. */
export const slimTerminologyResource = (resource: SourceResource): SourceResource => {
  const names = [...(kept[resource.resourceType] ?? []), ...(resource['compose'] === undefined ? ['expansion'] : [])];
  return { resourceType: resource.resourceType, ...Object.fromEntries(names.flatMap((name) => (resource[name] === undefined ? [] : [[name, slim(resource[name])]]))) };
};

interface Concept extends Json { readonly code: string; readonly property?: readonly Json[]; readonly concept?: readonly Concept[] }

const correctConcepts = (concepts: readonly Concept[], without: readonly string[], properties: Readonly<Record<string, readonly Json[]>>): Concept[] =>
  concepts.filter(({ code }) => !without.includes(code)).map((concept) => ({
    ...concept,
    ...(properties[concept.code] === undefined ? {} : { property: properties[concept.code] }),
    ...(concept.concept === undefined ? {} : { concept: correctConcepts(concept.concept, without, properties) }),
  }));

const correct = (resource: SourceResource, { withoutConcepts, properties }: Corrections): SourceResource => {
  const url = String(resource['url']);
  if (withoutConcepts[url] === undefined && properties[url] === undefined) return resource;
  return { ...resource, concept: correctConcepts(resource['concept'] as Concept[], withoutConcepts[url] ?? [], properties[url] ?? {}) };
};

const order = ({ resourceType, url }: SourceResource): string => `${resourceType} ${String(url)}`;

/** Returns the slim terminology resources, corrected, in a fixed order. */
export const slimTerminology = (resources: readonly SourceResource[], root = '.'): SourceResource[] => {
  const corrections = JSON.parse(readFileSync(join(root, terminologyCorrections), 'utf8')) as Corrections;
  return resources.filter(({ resourceType, url }) => kept[resourceType] !== undefined && !corrections.without.includes(String(url)))
    .map((resource) => correct(slimTerminologyResource(resource), corrections))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Returns the file, one resource a line, and its index. */
export const layTerminology = (resources: readonly SourceResource[]): { readonly content: Buffer; readonly rows: readonly TerminologyRow[] } => {
  const lines = resources.map((resource) => Buffer.from(`${JSON.stringify(resource)}\n`));
  let offset = 0;
  const rows = resources.map((resource, index): TerminologyRow => {
    const length = lines[index]?.length ?? 0;
    const row = [resource.resourceType, textOf(resource['url']), textOf(resource['version']), offset, length - 1] as const;
    offset += length;
    if (resource.resourceType !== 'CodeSystem') return row;
    return resource['supplements'] === undefined ? [...row, textOf(resource['content'])] : [...row, textOf(resource['content']), textOf(resource['supplements'])];
  });
  return { content: Buffer.concat(lines), rows };
};
