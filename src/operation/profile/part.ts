/** Profiles as a part of the server: those of guides and those stored, as of now (https://hl7.org/fhir/R4/profiling.html). */
import { makeRepeatedJob, type Job } from '../../core/job.js';
import type { Profile } from '../../fhir/profile/definition.js';
import { guidesStamp, openGuides, type KeptGuides } from '../../fhir/package/kept.js';
import { makeProfileLibrary, type ProfileLibrary } from '../../fhir/profile/library.js';
import { ownProfiles } from '../../fhir/profile/own.js';
import type { Service } from '../../interaction/service.js';
import { makeMemorySource } from '../../terminology/local/memory-source.js';
import type { TerminologySource } from '../../terminology/local/source.js';
import type { CodeSystem, ConceptMap, ValueSet } from '../../terminology/resource.js';
import { makeFollower } from '../terminology/follow.js';
import { storedProfiles, storedStamp } from './stored.js';

export interface ProfilePart {
  /** Of what was known at the last refresh. */
  readonly library: ProfileLibrary;
  /** The same without what is stored, for those who may not read it. */
  readonly withoutStored: ProfileLibrary;
  /** Code systems, value sets and concept maps of the guides. */
  readonly terminology: TerminologySource;
  /** Resolves when what was added or stored before is known. */
  readonly refresh: () => Promise<void>;
  /** Reads the guides anew, whether or not they seem to have changed. Returns how many there are. */
  readonly reload: () => Promise<number>;
  /** Keeps writes from being checked against what is out of date. */
  readonly job: (service: Service) => Job;
}

export interface ProfileParts {
  /** Asked for when something stored is read: it may be made after this. */
  readonly service: () => Service;
  /** Folder of the guides. */
  readonly folder: string;
  /** Told when guides came or went. */
  readonly onGuides: () => void;
}

const everyMs = 1_000;

const asOfNow = (now: () => ProfileLibrary): ProfileLibrary => ({ find: (canonical, near) => now().find(canonical, near), fault: (canonical) => now().fault(canonical), urls: () => now().urls() });

/** Resolves with the part; nothing of the guides is parsed before it is asked for. */
export const makeProfilePart = async ({ service, folder, onGuides }: ProfileParts): Promise<ProfilePart> => {
  let stamp = guidesStamp(folder);
  let guides: KeptGuides = await openGuides(folder);
  let stored: readonly Profile[] = [];
  let [library, unstored]: (ProfileLibrary | undefined)[] = [];
  let source: TerminologySource | undefined;
  const ofGuides = (): ProfileLibrary => (unstored ??= makeProfileLibrary([...ownProfiles(), ...guides.profiles()]));
  const current = (): ProfileLibrary => (library ??= stored.length === 0 ? ofGuides() : makeProfileLibrary([...ownProfiles(), ...guides.profiles()], stored));
  const terminology = (): TerminologySource => (source ??= makeMemorySource(() => guides.terminology() as unknown as (CodeSystem | ValueSet | ConceptMap)[]));
  const reload = async (): Promise<number> => {
    stamp = guidesStamp(folder);
    guides = await openGuides(folder);
    [library, unstored, source] = [undefined, undefined, undefined];
    onGuides();
    return guides.guides.length;
  };
  const read = async (): Promise<void> => {
    const { profiles, isCut } = await storedProfiles(service());
    if (isCut) service().observe({ kind: 'notice', level: 'warn', message: `More than ${String(profiles.length)} profiles are stored; those beyond are not known.` });
    if (profiles.length === 0 && stored.length === 0) return;
    [stored, library] = [profiles, undefined];
  };
  let reading: Promise<void> = Promise.resolve();
  const follow = makeFollower(() => storedStamp(service()), () => { reading = read(); });
  const refresh = async (): Promise<void> => {
    if (guidesStamp(folder) !== stamp) await reload();
    await follow();
    await reading;
  };
  return {
    refresh, reload, library: asOfNow(current), withoutStored: asOfNow(ofGuides),
    terminology: { resources: (type, url) => terminology().resources(type, url), supplements: (url) => terminology().supplements(url), conceptMaps: () => terminology().conceptMaps(), codeSystems: () => terminology().codeSystems() },
    job: ({ observe }) => makeRepeatedJob({
      name: 'follow-profiles', everyMs, act: refresh,
      onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'follow-profiles', error }),
    }),
  };
};
