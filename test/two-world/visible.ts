/**
 * Which resources a token may see, in plain loops over JSON and without a line of `src/access`: what the server is held against. The
 * paths are those of the R4 CompartmentDefinition (https://hl7.org/fhir/R4/compartmentdefinition-patient.html), written down by hand.
 */
export interface Json {
  readonly resourceType: string;
  readonly id: string;
  readonly [name: string]: unknown;
}

/** Elements that put a resource of the type into the compartment of the Patient they refer to. */
const membership: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['patient', 'recorder', 'asserter'], Appointment: ['participant.actor'], AuditEvent: ['agent.who', 'entity.what'], Binary: ['securityContext'], Basic: ['subject', 'author'],
  CarePlan: ['subject', 'activity.detail.performer'], CareTeam: ['subject', 'participant.member'], Claim: ['patient', 'payee.party'], Communication: ['subject', 'sender', 'recipient'],
  Composition: ['subject', 'author', 'attester.party'], Condition: ['subject', 'asserter'], Consent: ['patient'], Coverage: ['policyHolder', 'subscriber', 'beneficiary', 'payor'],
  DiagnosticReport: ['subject'], DocumentReference: ['subject', 'author'], Encounter: ['subject'], EpisodeOfCare: ['patient'], Flag: ['subject'], Group: ['member.entity'],
  Immunization: ['patient'], List: ['subject', 'source'], MedicationRequest: ['subject'], Observation: ['subject', 'performer'], Person: ['link.target'],
  Procedure: ['subject', 'performer.actor'], Provenance: ['target'], QuestionnaireResponse: ['subject', 'author'], RelatedPerson: ['patient'], Schedule: ['actor'],
  ServiceRequest: ['subject', 'performer'], Specimen: ['subject'],
};

/** Who cares, where and with which medicine: of no patient, and read by all of them. */
const universal: ReadonlySet<string> = new Set(['Location', 'Organization', 'Practitioner', 'PractitionerRole', 'Medication']);

/** Returns every value at a dotted path, through lists. */
export const valuesAt = (value: unknown, path: readonly string[]): unknown[] => {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, path));
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined ? [] : [value];
  return typeof value === 'object' && value !== null ? valuesAt((value as Record<string, unknown>)[name], rest) : [];
};

const targets = (resource: Json, path: string): string[] => valuesAt(resource, `${path}.reference`.split('.')).filter((value) => typeof value === 'string');

/** Returns whether the resource is of the patient's record. */
export const isOf = (resource: Json, patient: string): boolean => {
  const { resourceType: type } = resource;
  if (type === 'Patient') return resource.id === patient;
  if (type === 'Device') return targets(resource, 'patient').length === 0 || targets(resource, 'patient').includes(`Patient/${patient}`);
  return (membership[type] ?? []).some((path) => targets(resource, path).includes(`Patient/${patient}`));
};

/** One scope, as the two-world test understands it. */
export interface Sight {
  /** Undefined: of every patient. */
  readonly patient?: string;
  /** Undefined: every type. */
  readonly type?: string;
  /** Code of an Observation's category. */
  readonly category?: string;
  /** Also what names the patient although its type is in no compartment, as it is for who works here. */
  readonly named?: true;
}

/** What a patient has denied to the app that asks: resources of a type, in their record. */
export interface Denial {
  readonly patient: string;
  readonly type: string;
}

/** What a token sees in one world. */
export interface View {
  readonly sights: readonly Sight[];
  readonly denials: readonly Denial[];
}

const hasCategory = (resource: Json, code: string): boolean => valuesAt(resource, ['category', 'coding', 'code']).includes(code);

/** Returns whether one of the scopes gives the resource, whatever is denied. */
export const isGranted = ({ sights }: View, resource: Json): boolean => sights.some(({ patient, type, category, named }) => {
  if (type !== undefined && type !== resource.resourceType) return false;
  if (category !== undefined && !hasCategory(resource, category)) return false;
  return patient === undefined || universal.has(resource.resourceType) || isOf(resource, patient) || (named === true && targets(resource, 'for').includes(`Patient/${patient}`));
});

/** Returns whether the token sees the resource. */
export const isSeen = (view: View, resource: Json): boolean =>
  isGranted(view, resource) && !view.denials.some(({ patient, type }) => type === resource.resourceType && isOf(resource, patient));
