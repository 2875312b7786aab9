/** The profiles that are known: those of FHIR itself and those of loaded guides, found by canonical URL (https://hl7.org/fhir/R4/references.html#canonical). */
import { readGenerated } from '../definitions.js';
import { splitCanonical, type Profile } from './definition.js';
import { SnapshotError, withSnapshot } from './snapshot.js';

export interface ProfileLibrary {
  /**
   * Returns the profile with all its elements. Without a version in the URL it is that of the guide `near` (`name#version`),
   * else the latest. Undefined when it is not known, or when its snapshot cannot be made.
   */
  find(canonical: string, near?: string): Profile | undefined;
  /** Why a profile that is known cannot be used; undefined when it can. */
  fault(canonical: string): string | undefined;
  readonly urls: () => Iterable<string>;
}

let core: readonly Profile[] | undefined;
const coreProfiles = (): readonly Profile[] => (core ??= readGenerated('profiles.json') as Profile[]);

/** Compares versions as people read them: 10.0.0 is after 9.1.0. */
export const compareVersions = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Returns a library of FHIR's own profiles and those given. */
export const makeProfileLibrary = (guides: readonly Profile[]): ProfileLibrary => {
  const known = new Map<string, Profile[]>();
  const whole = new Map<Profile, Profile | SnapshotError>();
  const add = (profile: Profile): void => { known.set(profile.url, [...(known.get(profile.url) ?? []), profile]); };
  guides.forEach(add);
  let hasCore = false;
  const versionsOf = (url: string): readonly Profile[] => {
    if (!hasCore && !known.has(url)) {
      hasCore = true;
      coreProfiles().forEach(add);
    }
    return known.get(url) ?? [];
  };
  const choose = (canonical: string, near: string | undefined): Profile | undefined => {
    const { url, version } = splitCanonical(canonical);
    const all = versionsOf(url);
    if (version !== undefined) return all.find((profile) => profile.version === version || profile.version?.startsWith(`${version}.`) === true);
    return all.find(({ guide }) => guide !== undefined && guide === near) ?? [...all].sort((a, b) => compareVersions(b.version ?? '', a.version ?? ''))[0];
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
    urls: () => { versionsOf(''); return known.keys(); },
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
