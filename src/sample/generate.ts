/** The synthetic clinic as a stream: sites, then each clinician with the patients of the panel. Nothing is kept, so any size can be made. */
import { clinicianGroup, siteGroup } from './clinic.js';
import { patientGroup, patientReference } from './patient.js';
import { profileOf } from './visit.js';
import { clinicianOf, makeWorld, nameOf, panelSize, siteOf, sitesOf, staffOf, type SampleGroup, type SampleOptions, type SampleResource, type World } from './world.js';

/** Yields groups that refer only to themselves and to groups before them; throws a RangeError for options out of range. */
export function* clinicGroups(options: SampleOptions): Generator<SampleGroup, void, undefined> {
  const world = makeWorld(options);
  for (let site = 0; site < sitesOf(world); site += 1) {
    yield siteGroup(siteOf(world, site), site);
    const [from, to] = staffOf(world, site);
    for (let index = from; index < to; index += 1) yield* panelGroups(world, index);
  }
}

function* panelGroups(world: World, clinician: number): Generator<SampleGroup, void, undefined> {
  yield clinicianGroup(world, clinicianOf(world, clinician));
  const end = Math.min(world.patients, (clinician + 1) * panelSize);
  for (let index = clinician * panelSize; index < end; index += 1) yield patientGroup(world, index);
}

/** Yields the resources of the groups, one by one, each after those it refers to or in one group with them. */
export function* clinicResources(options: SampleOptions): Generator<SampleResource, void, undefined> {
  for (const { resources } of clinicGroups(options)) yield* resources;
}

/** Returns the group as a transaction Bundle's JSON text: every resource is put under its own id, so that a repeat changes nothing. */
export const groupBundle = ({ resources }: SampleGroup): string => {
  const entries = resources.map(({ type, id, text }) => `{"fullUrl":"urn:uuid:${id}","resource":${text},"request":{"method":"PUT","url":"${type}/${id}"}}`);
  return `{"resourceType":"Bundle","type":"transaction","entry":[${entries.join(',')}]}`;
};

export interface NotableIds {
  /** `Patient/...` of a patient with several illnesses, results and a plan. */
  readonly patient: string;
  readonly patientName: string;
  readonly medicalRecordNumber: string;
  readonly clinician: string;
  readonly clinicianName: string;
  readonly organization: string;
}

/** Returns who to look at first: the patient of the first panel with most to see. */
export const notableIds = (options: SampleOptions): NotableIds => {
  const world = makeWorld(options);
  const clinician = clinicianOf(world, 0);
  const panel = Array.from({ length: Math.min(panelSize, world.patients) }, (_, index) => index);
  const interest = (index: number): number => profileOf(world, index).illnesses.filter(({ plan }) => plan !== undefined).length;
  const chosen = panel.reduce((best, index) => (interest(index) > interest(best) ? index : best), 0);
  const [person] = patientGroup(world, chosen).resources;
  const { name, identifier } = JSON.parse(person?.text ?? '{}') as { name: [{ given: string[]; family: string }]; identifier: [{ value: string }] };
  return {
    patient: patientReference(world, chosen), patientName: `${name[0].given[0] ?? ''} ${name[0].family}`, medicalRecordNumber: identifier[0].value,
    clinician: clinician.reference, clinicianName: nameOf(clinician), organization: clinician.site.organization,
  };
};
