/**
 * Worlds: the records of a few patients who are entangled with each other, with histories and deletions, made from a seed; and the same
 * world as it would be without what a token may not see, or with other things in the place of it.
 */
import { makeRandom, type Random } from './random.js';
import { isSeen, type Denial, type Json, type View } from './visible.js';

/** A resource through its versions; null: deleted. Version n is stored in step n of the world. */
export interface Life {
  readonly type: string;
  readonly id: string;
  readonly versions: readonly (Json | null)[];
}

export type World = readonly Life[];

export const patients = ['A', 'B', 'C'] as const;
const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';
const ref = (type: string, id: string): { readonly reference: string } => ({ reference: `${type}/${id}` });
const coded = (code: string, system = 'http://codes.example'): object => ({ coding: [{ system, code }] });

/** How many resources of a type each patient has, and how one is made. */
const makers: Readonly<Record<string, { readonly count: number; readonly make: (of: Maker) => object }>> = {
  Encounter: { count: 2, make: ({ own, any, random }) => ({ status: 'finished', class: { code: random.pick(['AMB', 'IMP']) }, subject: own, participant: [{ individual: ref('Practitioner', random.pick(['P', 'Q'])) }], partOf: any('Encounter'), serviceProvider: ref('Organization', random.pick(['O1', 'O2'])), location: [{ location: ref('Location', 'L1') }], period: { start: random.pick(['2019-03-01', '2021-06-01']), end: '2021-06-02' } }) },
  Condition: { count: 2, make: ({ own, any, code, random }) => ({ subject: own, encounter: any('Encounter'), code: coded(code()), category: [coded(random.pick(['problem-list-item', 'encounter-diagnosis']))], onsetDateTime: '2020-01-01', recorder: ref('Practitioner', 'P') }) },
  Observation: { count: 5, make: ({ own, any, code, random, other }) => ({
    status: random.pick(['final', 'amended']), code: coded(code()), category: [coded(random.pick(['laboratory', 'vital-signs']), categorySystem)], subject: own, encounter: any('Encounter'),
    performer: [random.pick([ref('Practitioner', 'P'), ref('Organization', 'O1')])], focus: random.chance(0.4) ? [ref('Patient', other)] : undefined, hasMember: random.chance(0.4) ? [any('Observation')] : undefined,
    derivedFrom: random.chance(0.3) ? [any('Observation')] : undefined, device: random.chance(0.3) ? any('Device') : undefined, specimen: random.chance(0.3) ? any('Specimen') : undefined,
    effectiveDateTime: random.pick(['2019-05-01', '2020-05-01', '2021-05-01T10:00:00Z']), valueQuantity: { value: random.below(9) + 1, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }, note: [{ text: `note ${String(random.below(4))}` }],
  }) },
  DiagnosticReport: { count: 1, make: ({ own, any, code }) => ({ status: 'final', code: coded(code()), subject: own, encounter: any('Encounter'), result: [any('Observation'), any('Observation')] }) },
  MedicationRequest: { count: 1, make: ({ own, any, random }) => ({ status: 'active', intent: 'order', subject: own, encounter: any('Encounter'), medicationReference: ref('Medication', random.pick(['M1', 'M2'])), requester: ref('Practitioner', 'Q') }) },
  Specimen: { count: 1, make: ({ own }) => ({ subject: own }) },
  Device: { count: 1, make: ({ own, random }) => ({ patient: random.chance(0.7) ? own : undefined, type: coded('pump') }) },
  CareTeam: { count: 1, make: ({ own, random }) => ({ status: 'active', subject: own, participant: [{ member: ref('Practitioner', random.pick(['P', 'Q'])) }] }) },
  CarePlan: { count: 1, make: ({ own, any }) => ({ status: 'active', intent: 'plan', subject: own, addresses: [any('Condition')] }) },
  Appointment: { count: 1, make: ({ own, random, other }) => ({ status: 'booked', start: '2020-01-01T08:00:00Z', end: '2020-01-01T09:00:00Z', participant: [{ actor: own, status: 'accepted' }, { actor: ref('Practitioner', random.pick(['P', 'Q'])), status: 'accepted' }, ...(random.chance(0.3) ? [{ actor: ref('Patient', other), status: 'accepted' }] : [])] }) },
  Provenance: { count: 1, make: ({ own, any }) => ({ target: [any('Observation'), own], recorded: '2021-01-01T00:00:00Z', agent: [{ who: ref('Practitioner', 'P') }] }) },
  List: { count: 1, make: ({ own, any }) => ({ status: 'current', mode: 'working', subject: own, entry: [{ item: any('Observation') }, { item: any('Condition') }] }) },
  Composition: { count: 1, make: ({ own, any }) => ({ status: 'final', type: coded('note'), subject: own, date: '2021-01-01', author: [ref('Practitioner', 'P')], title: 'x', section: [{ entry: [any('Observation'), any('Condition')] }] }) },
  RelatedPerson: { count: 1, make: ({ own, random }) => ({ patient: own, name: [{ family: random.pick(families) }] }) },
  QuestionnaireResponse: { count: 1, make: ({ own }) => ({ status: 'completed', subject: own, source: own }) },
  Consent: { count: 1, make: ({ own, random }) => ({
    status: random.chance(0.4) ? 'active' : 'proposed', scope: coded('patient-privacy', 'http://terminology.hl7.org/CodeSystem/consentscope'), category: [coded('x')], patient: own, policyRule: coded('OPTIN', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'),
    provision: { type: 'deny', actor: [{ role: coded('x'), reference: { identifier: { system: 'https://concierge-fhir.example.org/NamingSystem/client-id', value: 'app' } } }], class: [{ system: 'http://hl7.org/fhir/resource-types', code: random.pick(['Observation', 'Condition', 'Encounter']) }] },
  }) },
  Binary: { count: 1, make: ({ own, random }) => ({ contentType: 'text/plain', data: random.pick(['YQ==', 'Yg==']), securityContext: own }) },
  Task: { count: 1, make: ({ own, any }) => ({ status: 'requested', intent: 'order', for: own, focus: any('Observation') }) },
};

const families = ['Smith', 'Lin', 'Wu', 'Okafor'];

interface Maker {
  readonly random: Random;
  readonly own: { readonly reference: string };
  /** Another patient's id. */
  readonly other: string;
  readonly code: () => string;
  /** A reference to a resource of the type, mostly one's own. */
  readonly any: (type: string) => { readonly reference: string };
}

const idOf = (type: string, patient: string, n: number): string => `${type.toLowerCase().slice(0, 6)}-${patient}-${String(n)}`;

const clean = (value: object): object => JSON.parse(JSON.stringify(value)) as object;

const labelled = (random: Random): object => (random.chance(0.3) ? { meta: { tag: [{ system: 'http://tags.example', code: random.pick(['t1', 't2']) }], ...(random.chance(0.5) ? { profile: ['http://profiles.example/p'] } : {}) } } : {});

const ofPatient = (patient: string, random: Random): Json[] => {
  const others = patients.filter((each) => each !== patient);
  const any = (type: string): { readonly reference: string } => {
    const of = random.chance(0.65) ? patient : random.pick(others);
    return ref(type, idOf(type, of, random.below(makers[type]?.count ?? 1) + 1));
  };
  const maker: Maker = { random, own: ref('Patient', patient), other: random.pick(others), any, code: () => random.pick(['c1', 'c2', 'c3']) };
  const self: Json = {
    resourceType: 'Patient', id: patient, name: [{ family: random.pick(families), given: [random.pick(['Ada', 'Ben'])] }], gender: random.pick(['female', 'male']), birthDate: random.pick(['1960-01-01', '1990-01-01']),
    identifier: [{ system: 'urn:mrn', value: random.pick(['1', '2', `mrn-${patient}`]) }], generalPractitioner: [ref('Practitioner', random.pick(['P', 'Q']))], managingOrganization: ref('Organization', random.pick(['O1', 'O2'])),
    ...(random.chance(0.5) ? { link: [{ other: ref('Patient', random.pick(others)), type: 'seealso' }] } : {}), ...labelled(random),
  };
  const rest = Object.entries(makers).flatMap(([type, { count, make }]) => Array.from({ length: count }, (_, n): Json =>
    ({ resourceType: type, id: idOf(type, patient, n + 1), ...labelled(random), identifier: [{ system: 'urn:x', value: random.pick(['1', '2', '3']) }], ...clean(make(maker)) })));
  return [self, ...rest];
};

const shared = (random: Random): Json[] => [
  ...['P', 'Q'].map((id): Json => ({ resourceType: 'Practitioner', id, name: [{ family: random.pick(families) }] })),
  { resourceType: 'PractitionerRole', id: 'PR', practitioner: ref('Practitioner', 'P'), organization: ref('Organization', 'O1') },
  ...['O1', 'O2'].map((id): Json => ({ resourceType: 'Organization', id, name: random.pick(families) })),
  { resourceType: 'Location', id: 'L1', name: 'Room 1', managingOrganization: ref('Organization', 'O1') },
  ...['M1', 'M2'].map((id): Json => ({ resourceType: 'Medication', id, code: coded(random.pick(['c1', 'c2'])) })),
  { resourceType: 'Group', id: 'G', type: 'person', actual: true, member: [{ entity: ref('Patient', random.pick(patients)) }, { entity: ref('Patient', 'B') }] },
  { resourceType: 'Person', id: 'PE', link: [{ target: ref('Patient', random.pick(patients)) }, { target: ref('Patient', 'C') }] },
  { resourceType: 'ValueSet', id: 'VS', url: 'http://codes.example/private', status: 'active', compose: { include: [{ system: 'http://codes.example', concept: [{ code: random.pick(['c1', 'c2']) }] }] } },
];

const otherSubject = (resource: Json, patient: string): Json => JSON.parse(JSON.stringify(resource).replaceAll(`"subject":{"reference":"Patient/${patientIn(resource)}"}`, `"subject":{"reference":"Patient/${patient}"}`)) as Json;
const patientIn = (resource: Json): string => /"subject":\{"reference":"Patient\/([A-Za-z0-9]+)"/.exec(JSON.stringify(resource))?.[1] ?? '';

/** Some change, some change hands, some are deleted, and some come back. */
const lifeOf = (resource: Json, random: Random): Life => {
  const { resourceType: type, id } = resource;
  const versions: (Json | null)[] = [resource];
  if (type !== 'Patient' && random.chance(0.25)) versions.push(random.chance(0.5) && patientIn(resource) !== '' ? otherSubject(resource, random.pick(patients)) : { ...resource, language: 'de' });
  if (type !== 'Patient' && versions.length > 1 && random.chance(0.35)) versions.push(null);
  return { type, id, versions };
};

const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(random.below(left.length), 1));
  return out;
};

/** Returns the world of a seed. */
export const makeWorld = (seed: number): World => {
  const random = makeRandom(seed);
  const resources = [...patients.flatMap((patient) => ofPatient(patient, random)), ...shared(random)];
  return shuffled(resources, random).map((resource) => lifeOf(resource, random));
};

const lastContent = ({ versions }: Life): Json | undefined => versions.findLast((version) => version !== null) ?? undefined;

/** Returns whether the token may know of the resource: by what it is now, or was when it was deleted. */
export const isKnown = (view: View, life: Life): boolean => {
  const last = lastContent(life);
  return last !== undefined && isSeen(view, last);
};

const currentOf = ({ versions }: Life): Json | undefined => versions.at(-1) ?? undefined;

const referenceOf = (value: unknown): string => (value as { reference?: string } | undefined)?.reference ?? '';

/** Returns what each patient has denied to the app by a Consent that is in force. */
export const denialsIn = (world: World): Denial[] => world.flatMap((life) => {
  const now = currentOf(life);
  if (now?.resourceType !== 'Consent' || now['status'] !== 'active') return [];
  const { class: [first] } = now['provision'] as { readonly class: readonly { readonly code: string }[] };
  return first === undefined ? [] : [{ patient: referenceOf(now['patient']).slice('Patient/'.length), type: first.code }];
});

/** Returns the patients that a practitioner cares for: as general practitioner, or on an active team. What they took part in is long past here. */
export const caredForBy = (world: World, practitioner: string): string[] => patients.filter((patient) => world.some((life) => {
  const now = currentOf(life);
  if (now === undefined) return false;
  if (now.resourceType === 'Patient') return now.id === patient && JSON.stringify(now['generalPractitioner']).includes(`"Practitioner/${practitioner}"`);
  return now.resourceType === 'CareTeam' && referenceOf(now['subject']) === `Patient/${patient}` && JSON.stringify(now['participant']).includes(`"Practitioner/${practitioner}"`);
}));

export type Variant = 'removed' | 'mutated';

/**
 * Returns the world that looks the same to the token: without what it may not see, or with other and more things in the place of it. A
 * hidden former version of something visible keeps its number and has other content.
 */
export const twinOf = (world: World, view: View, { variant, seed }: { readonly variant: Variant; readonly seed: number }): World => {
  const random = makeRandom(seed ^ 0x5bd1e995);
  return world.flatMap((life) => {
    // A Consent in force is what decides, seen or not.
    if (denialsIn([life]).length > 0) return [life];
    if (!isKnown(view, life)) return variant === 'removed' ? [] : Array.from({ length: random.below(4) }, (_, n) => stranger(life, view, { random, id: `${life.id}-${variant}-${String(n)}` })).filter((each) => each !== undefined);
    return [{ ...life, versions: life.versions.map((version) => (version === null || isSeen(view, version) ? version : mutated(version, random))) }];
  });
};

const stranger = (life: Life, view: View, { random, id }: { readonly random: Random; readonly id: string }): Life | undefined => {
  const versions = life.versions.map((version) => (version === null ? null : { ...mutated(version, random), id }));
  const made = { ...life, id, versions };
  return isKnown(view, made) ? undefined : made;
};

/** Other codes, numbers, names and dates; references stay what they are, since those lead to what is visible. */
const mutated = (resource: Json, random: Random): Json => JSON.parse(JSON.stringify(resource)
  .replaceAll(/"code":"c[123]"/g, () => `"code":"${random.pick(['c1', 'c2', 'c3'])}"`)
  .replaceAll(/"value":(\d+)/g, () => `"value":${String(random.below(9) + 1)}`)
  .replaceAll(/"system":"urn:x","value":"\d+"/g, () => `"system":"urn:x","value":"${random.pick(['1', '2', '3'])}"`)
  .replaceAll(/"family":"[^"]+"/g, () => `"family":"${random.pick(families)}"`)
  .replaceAll(/"(2019|2020|2021)-/g, () => `"${random.pick(['2018', '2019', '2020', '2022'])}-`)) as Json;
