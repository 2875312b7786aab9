/** Search parameters of the worlds' types with values that sometimes match, as fast-check makes them. */
import fc from 'fast-check';

/** Reference parameters by type, with the types they may lead to. */
export const references: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Patient: { 'general-practitioner': ['Practitioner', 'Organization'], organization: ['Organization'], link: ['Patient', 'RelatedPerson'] },
  Observation: { subject: ['Patient'], patient: ['Patient'], encounter: ['Encounter'], performer: ['Practitioner', 'Organization', 'Patient'], focus: ['Patient', 'Observation'], 'has-member': ['Observation'], 'derived-from': ['Observation'], device: ['Device'], specimen: ['Specimen'] },
  Encounter: { subject: ['Patient'], patient: ['Patient'], practitioner: ['Practitioner'], 'part-of': ['Encounter'], 'service-provider': ['Organization'], location: ['Location'] },
  Condition: { subject: ['Patient'], patient: ['Patient'], encounter: ['Encounter'], asserter: ['Practitioner'] },
  DiagnosticReport: { subject: ['Patient'], patient: ['Patient'], encounter: ['Encounter'], result: ['Observation'] },
  MedicationRequest: { subject: ['Patient'], patient: ['Patient'], encounter: ['Encounter'], medication: ['Medication'], requester: ['Practitioner'] },
  Specimen: { subject: ['Patient'], patient: ['Patient'] },
  Device: { patient: ['Patient'] },
  CareTeam: { subject: ['Patient'], patient: ['Patient'], participant: ['Practitioner', 'Patient'] },
  CarePlan: { subject: ['Patient'], patient: ['Patient'], condition: ['Condition'], 'care-team': ['CareTeam'] },
  Appointment: { actor: ['Patient', 'Practitioner'], patient: ['Patient'], practitioner: ['Practitioner'] },
  Provenance: { target: ['Patient', 'Observation'], patient: ['Patient'], agent: ['Practitioner'] },
  List: { subject: ['Patient'], patient: ['Patient'], item: ['Observation', 'Condition'] },
  Composition: { subject: ['Patient'], patient: ['Patient'], author: ['Practitioner'], entry: ['Observation', 'Condition'] },
  RelatedPerson: { patient: ['Patient'] },
  QuestionnaireResponse: { subject: ['Patient'], patient: ['Patient'], source: ['Patient'] },
  Consent: { patient: ['Patient'] },
  Task: { subject: ['Patient'], patient: ['Patient'], focus: ['Observation'] },
  Group: { member: ['Patient', 'Practitioner'] },
  Person: { patient: ['Patient'], link: ['Patient'] },
  PractitionerRole: { practitioner: ['Practitioner'], organization: ['Organization'] },
  Location: { organization: ['Organization'] },
  Practitioner: {}, Organization: {}, Medication: {}, Binary: {},
};

const codes = ['c1', 'c2', 'http://codes.example|c1', 'c3'];
/** Other parameters by type. */
const plain: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Patient: { name: ['Smith', 'Lin', 'Ada'], family: ['Wu', 'smith'], gender: ['female', 'male'], birthdate: ['gt1980', '1960', 'lt1970-01-01'], identifier: ['urn:mrn|1', '2', 'mrn-B'] },
  Observation: { code: codes, category: ['laboratory', 'vital-signs'], status: ['final', 'amended'], 'value-quantity': ['gt3', 'le5', '4', 'gt5||mg'], date: ['2020', 'ge2020-01-01', 'lt2021'], 'code-value-quantity': ['c1$gt3', 'c2$lt6'], identifier: ['urn:x|1', '2'] },
  Encounter: { class: ['AMB', 'IMP'], date: ['ge2020', '2019'], status: ['finished'] },
  Condition: { code: codes, category: ['problem-list-item'], identifier: ['1'], 'onset-date': ['2020'] },
  DiagnosticReport: { code: codes, status: ['final'] }, MedicationRequest: { status: ['active'], identifier: ['1'] }, Specimen: { identifier: ['1'] }, Device: { identifier: ['1'], type: ['pump'] },
  CareTeam: { status: ['active'], identifier: ['1'] }, CarePlan: { status: ['active'], identifier: ['2'] }, Appointment: { status: ['booked'], identifier: ['1'] }, Provenance: { recorded: ['ge2020'] }, List: { status: ['current'], identifier: ['1'] },
  Composition: { status: ['final'], identifier: ['1'], type: ['note'] }, RelatedPerson: { name: ['Smith', 'Lin'], identifier: ['1'] }, QuestionnaireResponse: { status: ['completed'], identifier: ['1'] }, Consent: { status: ['proposed'], identifier: ['1'] }, Task: { status: ['requested'], identifier: ['1'] },
  Group: { type: ['person'], identifier: ['1'] }, Person: { name: ['x'] }, PractitionerRole: { identifier: ['1'] }, Practitioner: { name: ['Smith', 'Lin'], family: ['Wu'] }, Organization: { name: ['Smith', 'Lin'] }, Location: { name: ['Room'] }, Medication: { code: codes },
};

export const types: readonly string[] = Object.keys(references);
const many: ReadonlySet<string> = new Set(['Encounter', 'Condition']);
const fixed: Readonly<Record<string, readonly string[]>> = {
  Patient: ['A', 'B', 'C'], Practitioner: ['P', 'Q'], Organization: ['O1', 'O2'], Location: ['L1'], Medication: ['M1', 'M2'], PractitionerRole: ['PR'], Group: ['G'], Person: ['PE'], ValueSet: ['VS'],
};

/** Returns ids of the type that worlds have, and one that none has. */
export const idsOf = (type: string): readonly string[] => {
  const own = fixed[type];
  if (own !== undefined) return [...own, 'none'];
  const count = type === 'Observation' ? 5 : many.has(type) ? 2 : 1;
  return [...['A', 'B', 'C'].flatMap((patient) => Array.from({ length: count }, (_, n) => `${type.toLowerCase().slice(0, 6)}-${patient}-${String(n + 1)}`)), 'none'];
};

const anyOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
export const idOf = (type: string): fc.Arbitrary<string> => anyOf(idsOf(type));

type Param = string;
const value = (type: string, code: string): fc.Arbitrary<string> => anyOf(plain[type]?.[code] ?? ['x']);
const own = (type: string): readonly string[] => Object.keys(plain[type] ?? {});
const links = (type: string): readonly string[] => Object.keys(references[type] ?? {});
const farTypes = (type: string, code: string): readonly string[] => (references[type]?.[code] ?? []).filter((each) => each in references);

const plainParam = (type: string): fc.Arbitrary<Param> => {
  const names = own(type);
  if (names.length === 0) return fc.constant('_id=none');
  const suffix = fc.oneof({ weight: 6, arbitrary: fc.constant('') }, { weight: 1, arbitrary: anyOf([':not', ':text', ':exact', ':contains']) });
  return anyOf(names).chain((name) => fc.oneof({ weight: 6, arbitrary: fc.tuple(suffix, value(type, name)).map(([modifier, text]) => `${name}${modifier}=${encodeURIComponent(text)}`) }, { weight: 1, arbitrary: anyOf(['true', 'false']).map((flag) => `${name}:missing=${flag}`) }));
};

const referenceParam = (type: string): fc.Arbitrary<Param> => {
  const names = links(type);
  if (names.length === 0) return plainParam(type);
  return anyOf(names).chain((name) => anyOf(references[type]?.[name] ?? ['Patient']).chain((far) => idOf(far).chain((id) => anyOf([
    `${name}=${far}/${id}`, `${name}=${id}`, `${name}:${far}=${id}`, `${name}=http://clinic.example/fhir/${far}/${id}`, `${name}:missing=true`, `${name}:missing=false`, `${name}:not=${far}/${id}`, `${name}:identifier=urn:x|1`, `${name}=${far}/${id},${far}/none`,
  ]))));
};

/** `patient.name=Smith`, `subject:Patient.general-practitioner.name=Lin`: as deep as asked. */
const tail = (type: string, depth: number): fc.Arbitrary<Param> => {
  const chain = depth <= 0 || links(type).length === 0 ? [] : [{ weight: 1, arbitrary: chained(type, depth) }];
  return fc.oneof({ weight: 3, arbitrary: plainParam(type) }, { weight: 1, arbitrary: idOf(type).map((id) => `_id=${id}`) }, ...chain);
};

const chained = (type: string, depth: number): fc.Arbitrary<Param> => {
  const names = links(type).filter((name) => farTypes(type, name).length > 0);
  if (names.length === 0) return plainParam(type);
  return anyOf(names).chain((name) => anyOf(farTypes(type, name)).chain((far) => fc.tuple(fc.boolean(), tail(far, depth - 1)).map(([named, rest]) => `${name}${named ? `:${far}` : ''}.${rest}`)));
};

/** Types whose parameter may lead to this one. */
const sources = (type: string): readonly (readonly [string, string])[] => types.flatMap((from) => links(from).filter((name) => references[from]?.[name]?.includes(type) === true).map((name) => [from, name] as const));

const reversed = (type: string, depth: number): fc.Arbitrary<Param> => {
  const from = sources(type);
  if (from.length === 0) return plainParam(type);
  return anyOf(from).chain(([source, name]) => fc.oneof({ weight: 3, arbitrary: tail(source, 1) }, { weight: depth > 1 ? 1 : 0, arbitrary: reversed(source, depth - 1) }).map((rest) => `_has:${source}:${name}:${rest}`));
};

const filter = (type: string): fc.Arbitrary<Param> => {
  const name = own(type)[0] ?? '_id';
  const from = sources(type)[0];
  return anyOf([`_filter=${encodeURIComponent(`${name} eq c1`)}`, `_filter=${encodeURIComponent(`not (${name} eq c2)`)}`, ...(links(type).includes('patient') ? [`_filter=${encodeURIComponent('patient.name co "i"')}`, `_filter=${encodeURIComponent('patient re Patient/B or patient re Patient/A')}`] : []), ...(from === undefined ? [] : [`_filter=${encodeURIComponent(`_has:${from[0]}:${from[1]}:_id eq none`)}`])]);
};

const everywhere = (type: string): fc.Arbitrary<Param> => fc.oneof(
  idOf(type).chain((first) => idOf(type).map((second) => `_id=${first},${second}`)), anyOf(['_lastUpdated=gt2026-01-02', '_lastUpdated=lt2026-01-02', '_tag=t1', '_tag:not=t1', '_tag:missing=true', '_security=R', '_profile=http://profiles.example/p', '_text=note', '_content=note', '_list=list-A-1', '_list=list-B-1']),
);

const included = (type: string): fc.Arbitrary<Param> => {
  const forward = types.flatMap((from) => links(from).map((name) => `${from}:${name}`));
  const back = sources(type).map(([from, name]) => `${from}:${name}`);
  return fc.oneof(
    anyOf([...links(type).map((name) => `${type}:${name}`), `${type}:*`, '*']).map((what) => `_include=${what}`), anyOf([...back, '*:*', 'Observation:*'].filter((what) => what !== '*:*')).map((what) => `_revinclude=${what}`),
    anyOf(forward).map((what) => `_include:iterate=${what}`), anyOf(forward).map((what) => `_revinclude:iterate=${what}`),
  );
};

const control = (type: string): fc.Arbitrary<Param> => fc.oneof(
  anyOf(['_count=1', '_count=2', '_count=0', '_count=5', '_total=accurate', '_total=estimate', '_total=none', '_summary=true', '_summary=text', '_summary=data', '_summary=count', '_elements=id,subject', '_contained=false']),
  fc.tuple(anyOf([...own(type), ...links(type), '_id', '_lastUpdated']), anyOf(['', '-'])).map(([name, sign]) => `_sort=${sign}${name}`),
);

/** Returns the parameters of one search of the type: most make sense. */
export const searchParams = (type: string): fc.Arbitrary<readonly Param[]> => fc.array(fc.oneof(
  { weight: 4, arbitrary: plainParam(type) }, { weight: 3, arbitrary: referenceParam(type) }, { weight: 3, arbitrary: chained(type, 3) }, { weight: 3, arbitrary: reversed(type, 2) },
  { weight: 1, arbitrary: filter(type) }, { weight: 2, arbitrary: everywhere(type) }, { weight: 4, arbitrary: included(type) }, { weight: 4, arbitrary: control(type) }, { weight: 1, arbitrary: anyOf(['bogus=1', 'code:in=http://codes.example/private', 'code:in=ValueSet/VS', 'code:below=http://codes.example|c1']) },
), { maxLength: 3 });

/** Returns the criteria of a conditional interaction. */
export const criteriaOf = (type: string): fc.Arbitrary<string> => fc.oneof({ weight: 3, arbitrary: plainParam(type) }, referenceParam(type), chained(type, 2), reversed(type, 1), everywhere(type));
