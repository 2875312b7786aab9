/** A source of terminology resources that are all in memory: a loaded guide package, or a test's own. */
import { splitCanonical, type CodeSystem, type ConceptMap, type TerminologyResources, type TerminologyType, type ValueSet } from '../resource.js';
import type { TerminologySource } from './source.js';
import { newestFirst } from './version.js';

/** Returns the source of these resources. */
export const makeMemorySource = (resources: readonly (CodeSystem | ValueSet | ConceptMap)[]): TerminologySource => {
  const of = <T extends TerminologyType>(type: T): TerminologyResources[T][] => resources.filter(({ resourceType }) => resourceType === type) as unknown as TerminologyResources[T][];
  return {
    resources: <T extends TerminologyType>(type: T, url: string) => newestFirst(of(type).filter((one) => one.url === url)),
    supplements: (url) => of('CodeSystem').filter(({ supplements }) => supplements !== undefined && splitCanonical(supplements).url === url),
    conceptMaps: () => of('ConceptMap'),
    codeSystems: () => of('CodeSystem').filter(({ url, content }) => url !== undefined && content !== 'supplement').map(({ url = '', version }) => [url, version] as const),
  };
};
