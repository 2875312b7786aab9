/**
 * The profiles that are known, found by canonical URL (https://hl7.org/fhir/R4/references.html#canonical). Which of several wins
 * is one rule, here and for terminology: FHIR itself, then guides, then what is stored; of guides the newest.
 */
import { newestFirst } from '../../core/newest.js';
import { readGenerated } from '../definitions.js';
import { splitCanonical, type Profile } from './definition.js';
import { SnapshotError, withSnapshot } from './snapshot.js';

export interface ProfileLibrary {
  /**
   * Returns the profile with all its elements. Without a version in the URL it is that of the guide `near` (`name#version`),
   * else that of FHIR itself, else the newest of all guides, else the newest stored. Undefined when it is not known, or when its
   * snapshot cannot be made.
   */
  find(canonical: string, near?: string): Profile | undefined;
  /** Why a profile that is known cannot be used; undefined when it can. */
  fault(canonical: string): string | undefined;
  readonly urls: () => Iterable<string>;
}

let core: ReadonlyMap<string, Profile> | undefined;
const coreProfiles = (): ReadonlyMap<string, Profile> => (core ??= new Map((readGenerated('profiles.json') as Profile[]).map((profile) => [profile.url, profile])));

/** A profile is active unless it says otherwise. */
const sorted = (profiles: readonly Profile[]): readonly Profile[] => newestFirst(profiles.map((profile) => ({ profile, version: profile.version, status: profile.status ?? 'active' }))).map(({ profile }) => profile);

const byUrl = (profiles: readonly Profile[]): ReadonlyMap<string, readonly Profile[]> => {
  const groups = new Map<string, Profile[]>();
  for (const profile of profiles) groups.set(profile.url, [...(groups.get(profile.url) ?? []), profile]);
  return new Map([...groups].map(([url, group]) => [url, sorted(group)]));
};

/** Returns a library of FHIR's own profiles, those of guides and those stored. */
export const makeProfileLibrary = (guides: readonly Profile[], stored: readonly Profile[] = []): ProfileLibrary => {
  const [ofGuides, ofStore] = [byUrl(guides), byUrl(stored)];
  const whole = new Map<Profile, Profile | SnapshotError>();
  const versionsOf = (url: string): readonly Profile[] => {
    const further = [...(ofGuides.get(url) ?? []), ...(ofStore.get(url) ?? [])];
    // Those of FHIR are read when one of them may be meant.
    const own = further.length === 0 || url.startsWith('http://hl7.org/fhir/StructureDefinition/') ? coreProfiles().get(url) : undefined;
    return own === undefined ? further : [own, ...further];
  };
  const choose = (canonical: string, near: string | undefined): Profile | undefined => {
    const { url, version } = splitCanonical(canonical);
    const all = versionsOf(url);
    if (version !== undefined) return all.find((profile) => profile.version === version) ?? all.find((profile) => profile.version?.startsWith(`${version}.`) === true);
    return all.find(({ guide }) => guide !== undefined && guide === near) ?? all[0];
  };
  const made = (profile: Profile): Profile | SnapshotError => {
    const found = whole.get(profile);
    if (found !== undefined) return found;
    const tried = tryWhole(profile, (canonical) => choose(canonical, profile.guide));
    whole.set(profile, tried);
    return tried;
  };
  return {
    find: (canonical, near) => {
      const profile = choose(canonical, near);
      const found = profile && made(profile);
      return found instanceof SnapshotError ? undefined : found;
    },
    fault: (canonical) => {
      const profile = choose(canonical, undefined);
      const found = profile && made(profile);
      return found instanceof SnapshotError ? found.message : undefined;
    },
    urls: () => new Set([...coreProfiles().keys(), ...ofGuides.keys(), ...ofStore.keys()]),
  };
};

const tryWhole = (profile: Profile, find: (canonical: string) => Profile | undefined): Profile | SnapshotError => {
  try {
    return withSnapshot(profile, find);
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
};
