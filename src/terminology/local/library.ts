/**
 * Everything the engine can reach, sources in the order of their authority: R4 itself, guide packages, what is stored
 * here. What the specification defines cannot be redefined by storing a resource with its URL.
 */
import type { MaybePromise } from '../port.js';
import { hasConcepts, splitCanonical, type CodeSystem, type ConceptMap, type TerminologyResources, type TerminologyType, type ValueSet } from '../resource.js';
import type { AnySystem } from './concept-system.js';
import { coreVersion } from './core-source.js';
import { builtInSystem } from './grammar/systems.js';
import { makeMemorySystem } from './memory-system.js';
import { makeMemo, type KnownCodeSystem, type ImportedSystems, type TerminologySource } from './source.js';

export interface Library {
  /** The code system, by grammar or with its concepts; undefined when nothing of it is known. May throw NotYetRead, as all of these. */
  system(url: string, version?: string): AnySystem | undefined;
  valueSet(canonical: string): ValueSet | undefined;
  conceptMaps(): readonly ConceptMap[];
  conceptMap(canonical: string): ConceptMap | undefined;
  /** Every code system there is something of. */
  systems(): readonly KnownCodeSystem[];
  /** Forgets what may have changed. */
  forget(): void;
}

export interface LibraryOptions {
  /** In the order of authority; the first is R4 itself. */
  readonly sources: readonly TerminologySource[];
  readonly imported?: ImportedSystems | undefined;
}

/** Returns everything in order: at once when every source answered at once. */
const inOrder = <T>(parts: readonly MaybePromise<readonly T[]>[]): MaybePromise<readonly T[]> => {
  const here = parts.filter((part): part is readonly T[] => !(part instanceof Promise));
  return here.length === parts.length ? here.flat() : Promise.all(parts.map(async (part) => part)).then((all) => all.flat());
};

/** Returns the library. Kept: 2,000 answers about resources, 300 code systems with their concepts. */
export const makeLibrary = ({ sources, imported }: LibraryOptions): Library => {
  const [core, ...further] = sources;
  const coreFirst = (type: TerminologyType, url: string): MaybePromise<readonly TerminologyResources[TerminologyType][]> => {
    const own = core?.resources(type, url) ?? [];
    if (!(own instanceof Promise) && own.some(isWhole)) return own;
    return inOrder([own, ...further.map((source) => source.resources(type, url))]);
  };
  const fromAll = (type: TerminologyType, url: string): MaybePromise<readonly TerminologyResources[TerminologyType][]> => inOrder(sources.map((source) => source.resources(type, url)));
  const found = makeMemo((key) => coreFirst(...keyOf(key)), 2000);
  const everywhere = makeMemo((key) => fromAll(...keyOf(key)), 2000);
  const supplements = makeMemo((url) => inOrder(sources.map((source) => source.supplements(url))), 2000);
  const maps = makeMemo(() => inOrder(sources.map((source) => source.conceptMaps())), 1);
  const known = makeMemo(() => inOrder(sources.map((source) => source.codeSystems())), 1);

  const resource = <T extends TerminologyType>(type: T, url: string, version: string | undefined): TerminologyResources[T] | undefined => {
    const key = `${type} ${url}`;
    const near = found.get(key) as readonly TerminologyResources[T][];
    const fit = near.find((one) => fits(one, version));
    if (fit !== undefined || version === undefined) return fit;
    return (everywhere.get(key) as readonly TerminologyResources[T][]).find((one) => fits(one, version)) ?? (version === coreVersion && /^http:\/\/(?:terminology\.)?hl7\.org\//.test(url) ? near[0] : undefined);
  };
  const built = makeMemo((key): AnySystem | undefined => {
    const [url = '', version] = key.split('\n');
    const files = imported?.versions(url) ?? [];
    const file = version === undefined ? files[0] : files.find((one) => one === version);
    if (imported !== undefined && file !== undefined) return imported.open(url, file);
    const code = best(resource('CodeSystem', url, version), url, version);
    return code === undefined ? undefined : makeMemorySystem(code, supplements.get(url));
  }, 300);
  const best = (first: CodeSystem | undefined, url: string, version: string | undefined): CodeSystem | undefined => {
    if (first !== undefined && isWhole(first)) return first;
    const all = found.get(`CodeSystem ${url}`) as readonly CodeSystem[];
    const candidate = all.find((one) => fits(one, version) && isWhole(one)) ?? first;
    return candidate === undefined || !hasConcepts(candidate.content) ? undefined : candidate;
  };
  return {
    system: (url, version) => builtInSystem(url) ?? built.get(version === undefined ? url : `${url}\n${version}`),
    valueSet: (canonical) => byCanonical('ValueSet', canonical, resource),
    conceptMap: (canonical) => byCanonical('ConceptMap', canonical, resource),
    conceptMaps: () => maps.get(''),
    systems: () => [...known.get(''), ...(imported?.urls ?? []).flatMap((url) => imported?.versions(url).map((version): KnownCodeSystem => [url, version]) ?? [])],
    forget: () => { for (const memo of [found, everywhere, supplements, maps, known, built]) memo.forget(); },
  };
};

const keyOf = (key: string): [TerminologyType, string] => {
  const at = key.indexOf(' ');
  return [key.slice(0, at) as TerminologyType, key.slice(at + 1)];
};

const byCanonical = <T extends TerminologyType>(type: T, canonical: string, resource: (type: T, url: string, version: string | undefined) => TerminologyResources[T] | undefined): TerminologyResources[T] | undefined => {
  const { url, version } = splitCanonical(canonical);
  return resource(type, url, version);
};

const isWhole = (resource: TerminologyResources[TerminologyType]): boolean => resource.resourceType !== 'CodeSystem' || resource.content === 'complete';

const fits = ({ version: own }: { readonly version?: string | undefined }, version: string | undefined): boolean => version === undefined || own === version;
