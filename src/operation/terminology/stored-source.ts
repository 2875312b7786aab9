/** Terminology resources that are stored in this server, read through the interactions on behalf of the server itself. */
import { systemViewer } from '../../access/viewer.js';
import { FhirError } from '../../core/error.js';
import { newestFirst } from '../../core/newest.js';
import { perform } from '../../interaction/perform.js';
import type { Service } from '../../interaction/service.js';
import { unrecorded } from '../../interaction/unrecorded.js';
import { hasConcepts, splitCanonical, type CodeSystem, type ConceptMap, type TerminologyResources, type TerminologyType } from '../../terminology/resource.js';
import type { TerminologySource } from '../../terminology/local/source.js';

const viewer = systemViewer('terminology');
const pageSize = 200;
/** Beyond, a question must name what it is about. */
const most = 5_000;

export interface StoredSource extends TerminologySource {
  forget(): void;
}

type Query = readonly (readonly [name: string, value: string])[];

interface Page {
  readonly entry?: readonly { readonly resource: unknown; readonly search: { readonly mode: string } }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

/** Returns the source. `service` is asked for when something is read: it may be made after this. */
export const makeStoredSource = (service: () => Service): StoredSource => {
  const read = async <T>(type: string, query: Query, page?: string): Promise<{ readonly found: T[]; readonly next: string | undefined }> => {
    const params: Query = [...query, ['_count', String(Math.min(pageSize, service().options.maxPageSize))], ...(page === undefined ? [] : [['_page', page] as const])];
    const { body = '{}' } = await perform(unrecorded(service()), viewer, { interaction: 'search-type', type, params, conditions: {}, prefer: { handling: 'strict' }, requestId: '' });
    const { entry = [], link } = JSON.parse(body) as Page;
    const next = link.find(({ relation }) => relation === 'next')?.url;
    return { found: entry.filter(({ search }) => search.mode === 'match').map(({ resource }) => resource as T), next: next === undefined ? undefined : new URL(next).searchParams.get('_page') ?? undefined };
  };
  const all = async <T>(type: string, query: Query): Promise<T[]> => {
    const resources: T[] = [];
    let page: string | undefined;
    do {
      const { found, next } = await read<T>(type, query, page);
      resources.push(...found);
      page = next;
      if (resources.length > most) throw new FhirError('too-costly', `More than ${String(most)} resources of ${type} are stored here; name the one that is meant by its url.`);
    } while (page !== undefined);
    return resources;
  };
  let supplements: Promise<readonly CodeSystem[]> | undefined;
  const readSupplements = async (): Promise<readonly CodeSystem[]> => {
    const own = (supplements ??= all<CodeSystem>('CodeSystem', [['content-mode', 'supplement']]));
    try {
      return await own;
    } catch (error) {
      supplements = undefined;
      throw error;
    }
  };
  return {
    resources: async <T extends TerminologyType>(type: T, url: string) => newestFirst(await all<TerminologyResources[T]>(type, [['url', escaped(url)]])),
    supplements: async (url) => (await readSupplements()).filter((one) => one.supplements !== undefined && splitCanonical(one.supplements).url === url),
    conceptMaps: () => all<ConceptMap>('ConceptMap', []),
    codeSystems: async () => (await all<CodeSystem>('CodeSystem', [['_elements', 'url,version,content,valueSet']]))
      .filter(({ url, content }) => url !== undefined && hasConcepts(content)).map(({ url = '', version, valueSet }) => [url, version, valueSet] as const),
    forget: () => { supplements = undefined; },
  };
};

const escaped = (text: string): string => text.replace(/[\\,|$]/g, (char) => `\\${char}`);

/** Returns the source without the stored resources of the types that may not be used. */
export const onlyOf = (source: TerminologySource, isUsable: (type: string) => boolean): TerminologySource => ({
  resources: (type, url) => (isUsable(type) ? source.resources(type, url) : []),
  supplements: (url) => (isUsable('CodeSystem') ? source.supplements(url) : []),
  conceptMaps: () => (isUsable('ConceptMap') ? source.conceptMaps() : []),
  codeSystems: () => (isUsable('CodeSystem') ? source.codeSystems() : []),
});
