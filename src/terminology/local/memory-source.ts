/** A source of terminology resources that are all in memory: a loaded guide package, or a test's own. */
import { newestFirst } from '../../core/newest.js';
import { hasConcepts, splitCanonical, type CodeSystem, type ConceptMap, type TerminologyResources, type TerminologyType, type ValueSet } from '../resource.js';
import type { TerminologySource } from './source.js';

type Resource = CodeSystem | ValueSet | ConceptMap;

/** Returns the source of these resources; a function that gives them is called at the first question. */
export const makeMemorySource = (resources: readonly Resource[] | (() => readonly Resource[])): TerminologySource => {
  let byType: ReadonlyMap<string, readonly Resource[]> | undefined;
  const of = <T extends TerminologyType>(type: T): readonly TerminologyResources[T][] => {
    byType ??= grouped(typeof resources === 'function' ? resources() : resources);
    return (byType.get(type) ?? []) as unknown as readonly TerminologyResources[T][];
  };
  return {
    resources: <T extends TerminologyType>(type: T, url: string) => newestFirst(of(type).filter((one) => one.url === url)),
    supplements: (url) => of('CodeSystem').filter(({ supplements }) => supplements !== undefined && splitCanonical(supplements).url === url),
    conceptMaps: () => of('ConceptMap'),
    codeSystems: () => of('CodeSystem').filter(({ url, content }) => url !== undefined && hasConcepts(content)).map(({ url = '', version, valueSet }) => [url, version, valueSet] as const),
  };
};

const grouped = (resources: readonly Resource[]): ReadonlyMap<string, readonly Resource[]> => {
  const groups = new Map<string, Resource[]>();
  for (const resource of resources) {
    const group = groups.get(resource.resourceType);
    if (group === undefined) groups.set(resource.resourceType, [resource]);
    else group.push(resource);
  }
  return groups;
};
