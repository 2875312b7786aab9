/** Profiles that are stored in this server as StructureDefinitions, read through the interactions on behalf of the server itself. */
import { systemViewer } from '../../access/viewer.js';
import type { Profile } from '../../fhir/profile/definition.js';
import { slimProfile } from '../../fhir/profile/slim.js';
import { perform } from '../../interaction/perform.js';
import type { Service } from '../../interaction/service.js';
import { unrecorded } from '../../interaction/unrecorded.js';

const viewer = systemViewer('profiles');
const pageSize = 50;
/** Stored profiles that are known; further ones are told in the log. */
const most = 2_000;

interface Page {
  readonly total?: number;
  readonly entry?: readonly { readonly fullUrl?: string; readonly resource?: Readonly<Record<string, unknown>>; readonly response?: { readonly etag?: string; readonly lastModified?: string } }[];
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
}

const ask = async (service: Service, interaction: 'history-type' | 'search-type', params: readonly (readonly [string, string])[]): Promise<Page> => {
  const { body = '{}' } = await perform(unrecorded(service), viewer, { interaction, type: 'StructureDefinition', params, conditions: {}, prefer: { handling: 'strict' }, requestId: '' });
  return JSON.parse(body) as Page;
};

/** Returns a text that is another one once a StructureDefinition was written. */
export const storedStamp = async (service: Service): Promise<string> => {
  const { total, entry: [first] = [] } = await ask(service, 'history-type', [['_count', '1']]);
  return [total, first?.fullUrl, first?.response?.etag, first?.response?.lastModified].join(' ');
};

/** Returns the stored profiles; `isCut` when there are more than are read. */
export const storedProfiles = async (service: Service): Promise<{ readonly profiles: readonly Profile[]; readonly isCut: boolean }> => {
  const profiles: Profile[] = [];
  let page: string | undefined;
  do {
    const params = [['derivation', 'constraint'], ['_count', String(Math.min(pageSize, service.options.maxPageSize))], ...(page === undefined ? [] : [['_page', page] as const])] as const;
    const { entry = [], link = [] } = await ask(service, 'search-type', params);
    profiles.push(...entry.flatMap(({ resource }) => (resource === undefined ? [] : slimProfile(resource) ?? [])));
    const next = link.find(({ relation }) => relation === 'next')?.url;
    page = next === undefined ? undefined : new URL(next).searchParams.get('_page') ?? undefined;
  } while (page !== undefined && profiles.length < most);
  return { profiles, isCut: page !== undefined };
};
