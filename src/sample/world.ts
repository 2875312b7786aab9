/** Who belongs where in the clinic, computed from the seed alone: no part of the population needs another to be made first. */
import { positionsPerDay, toDay } from './calendar.js';
import { makeRandom } from './random.js';
import { toText, type Members } from './tree.js';
import { familyNames, femaleNames, maleNames, specialties, towns, type Specialty, type Town } from './vocabulary/names.js';

export interface SampleOptions {
  /** How many patients. */
  readonly patients: number;
  /** Any whole number; the same one gives the same clinic. */
  readonly seed: number;
  /** `YYYY-MM-DD`: records reach two years back from here, appointments a few weeks ahead. */
  readonly today: string;
}

export interface SampleResource {
  readonly type: string;
  readonly id: string;
  /** Compact JSON text. */
  readonly text: string;
}

/** Resources that refer only to each other and to groups before: one transaction. */
export interface SampleGroup {
  readonly kind: 'site' | 'clinician' | 'patient';
  readonly resources: readonly SampleResource[];
}

export interface Site {
  readonly organization: string;
  readonly rooms: readonly string[];
  readonly name: string;
  readonly town: Town;
}

export interface Clinician {
  readonly index: number;
  readonly reference: string;
  readonly role: string;
  readonly schedule: string;
  readonly given: string;
  readonly family: string;
  readonly female: boolean;
  readonly specialty: Specialty;
  readonly site: Site;
  /** The room the clinician works in. */
  readonly room: string;
}

export interface World extends SampleOptions {
  readonly todayNumber: number;
  /** First day of the records. */
  readonly firstDay: number;
}

/** Patients of one clinician, and clinicians of one site. */
export const panelSize = positionsPerDay;
const sitePanels = 10;
const [siteKey, clinicianKey] = [1, 2];

/** Returns the world of the options; throws a RangeError that names the option which is wrong. */
export const makeWorld = (options: SampleOptions): World => {
  if (!Number.isSafeInteger(options.patients) || options.patients < 1) throw new RangeError(`patients must be a whole number above 0, not ${String(options.patients)}`);
  if (!Number.isSafeInteger(options.seed)) throw new RangeError(`seed must be a whole number, not ${String(options.seed)}`);
  const todayNumber = toDay(options.today);
  return { ...options, todayNumber, firstDay: todayNumber - 730 };
};

export const cliniciansOf = ({ patients }: World): number => Math.ceil(patients / panelSize);
export const sitesOf = (world: World): number => Math.ceil(cliniciansOf(world) / sitePanels);
/** Clinicians of a site, as indexes [from, to). */
export const staffOf = (world: World, site: number): readonly [from: number, to: number] => [site * sitePanels, Math.min(cliniciansOf(world), (site + 1) * sitePanels)];

export const siteOf = ({ seed }: World, index: number): Site => {
  const random = makeRandom(seed, siteKey, index);
  const town = random.pick(towns);
  const rooms = Array.from({ length: 4 }, () => `Location/${random.uuid()}`);
  return { organization: `Organization/${random.uuid()}`, rooms, town, name: `${town.city} Family Clinic${index === 0 ? '' : ` ${String(index + 1)}`}` };
};

export const clinicianOf = (world: World, index: number): Clinician => {
  const random = makeRandom(world.seed, clinicianKey, index);
  const site = siteOf(world, Math.floor(index / sitePanels));
  const female = random.chance(0.5);
  const specialty = specialties[index % sitePanels < 4 ? 0 : 1 + (index % (specialties.length - 1))] ?? random.pick(specialties);
  return {
    index, female, site, specialty, room: random.pick(site.rooms),
    given: random.pick<string>(female ? femaleNames : maleNames), family: random.pick(familyNames),
    reference: `Practitioner/${random.uuid()}`, role: `PractitionerRole/${random.uuid()}`, schedule: `Schedule/${random.uuid()}`,
  };
};

export const nameOf = ({ given, family }: Pick<Clinician, 'given' | 'family'>): string => `Dr. ${given} ${family}`;

/** Collects the resources of a group in the order they are added. */
export class Chart {
  readonly resources: SampleResource[] = [];

  constructor(private readonly newId: () => string) {}

  /** Adds a resource and returns the reference to it. `members` come without resourceType and id. */
  add(type: string, members: Members, id = this.newId()): string {
    this.resources.push({ type, id, text: toText({ resourceType: type, id, ...members }) });
    return `${type}/${id}`;
  }

  /** Adds a resource whose reference was given out before. */
  addAs(reference: string, members: Members): string {
    const [type = '', id = ''] = reference.split('/');
    return this.add(type, members, id);
  }
}
