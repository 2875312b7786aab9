/**
 * The guides a server has: each a folder under DATA_DIR/ig with its profiles, reduced to what is checked, and its
 * terminology. They are read when a server starts, and what is not asked for is not parsed.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../core/system-code.js';
import type { Profile } from '../profile/definition.js';
import { slimProfile } from '../profile/slim.js';
import { pinnedProfile, pinnedResource, pinsOf, type Pin } from './pin.js';
import type { GuidePackage } from './read.js';

type JsonObject = Readonly<Record<string, unknown>>;

export interface GuideHead {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly profiles: number;
  readonly terminology: number;
  readonly searchParameters: number;
}

export interface KeptGuides {
  readonly guides: readonly GuideHead[];
  /** Read when first called. */
  readonly profiles: () => readonly Profile[];
  /** CodeSystems, ValueSets and ConceptMaps; read when first called. */
  readonly terminology: () => readonly JsonObject[];
}

/** The form of the files; a guide kept in another is read from nothing and must be added again. */
const form = 1;
const terminologyTypes = new Set(['CodeSystem', 'ValueSet', 'ConceptMap']);
const withoutNarrative = (resource: JsonObject): JsonObject => Object.fromEntries(Object.entries(resource).filter(([name]) => name !== 'text'));

/** Where the guides of a server are. */
export const guidesFolder = (dataDir: string): string => join(dataDir, 'ig');

const folderOf = ({ name, version }: { readonly name: string; readonly version: string }): string => `${name}#${version}`;

/** Keeps a guide under `folder`, in the place of one with the same name and version. Returns what it has. */
export const keepGuide = async (folder: string, guide: GuidePackage): Promise<GuideHead> => {
  const id = folderOf(guide);
  const profiles = guide.resources.filter(({ resourceType }) => resourceType === 'StructureDefinition').flatMap((one) => slimProfile(one, id) ?? []);
  const terminology = guide.resources.filter(({ resourceType }) => terminologyTypes.has(String(resourceType))).map(withoutNarrative);
  const searchParameters = guide.resources.filter(({ resourceType }) => resourceType === 'SearchParameter').map(withoutNarrative);
  const head: GuideHead = { name: guide.name, version: guide.version, title: guide.title, profiles: profiles.length, terminology: terminology.length, searchParameters: searchParameters.length };
  const making = join(folder, `.making-${id}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  const write = (name: string, value: unknown): Promise<void> => writeFile(join(making, name), JSON.stringify(value), { mode: 0o600 });
  await Promise.all([write('guide.json', { form, ...head }), write('profiles.json', profiles), write('terminology.json', terminology), write('search-parameters.json', searchParameters)]);
  await rm(join(folder, id), { recursive: true, force: true });
  await rename(making, join(folder, id));
  return head;
};

/** Removes a guide. Returns whether it was there. */
export const dropGuide = async (folder: string, guide: { readonly name: string; readonly version: string }): Promise<boolean> => {
  const found = (await headsIn(folder)).some(({ name, version }) => name === guide.name && version === guide.version);
  if (found) await rm(join(folder, folderOf(guide)), { recursive: true, force: true });
  return found;
};

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
};

const headsIn = async (folder: string): Promise<readonly GuideHead[]> => {
  const heads = await Promise.all((await namesIn(folder)).map(async (name) => JSON.parse(await readFile(join(folder, name, 'guide.json'), 'utf8')) as GuideHead & { readonly form: number }));
  const foreign = heads.find((head) => head.form !== form);
  if (foreign !== undefined) throw new Error(`The guide ${foreign.name} ${foreign.version} was kept by another version of this program: add its package again.`);
  return heads;
};

/** Returns the guides kept under `folder`; none when it is not there. */
export const openGuides = async (folder: string): Promise<KeptGuides> => {
  const guides = await headsIn(folder);
  const read = <T>(file: string): T[][] => guides.map((guide) => JSON.parse(readFileSync(join(folder, folderOf(guide), file), 'utf8')) as T[]);
  const resources = once(() => read<JsonObject>('terminology.json'));
  const pins = once(() => (guides.length < 2 ? [] : pinsOf(resources())));
  const asRead: Pin = (canonical) => canonical;
  return {
    guides,
    profiles: once(() => read<Profile>('profiles.json').flatMap((profiles, index) => (pins()[index] === undefined ? profiles : profiles.map((profile) => pinnedProfile(profile, pins()[index] ?? asRead))))),
    terminology: once(() => resources().flatMap((all, index) => all.map((resource) => pinnedResource(resource, pins()[index] ?? asRead)))),
  };
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** Returns a text that is another one once guides came or went. */
export const guidesStamp = (folder: string): string => {
  const status = statSync(folder, { throwIfNoEntry: false });
  return status === undefined ? '' : `${String(status.mtimeMs)} ${String(status.ino)}`;
};
