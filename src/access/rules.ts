/**
 * Whose patients are whose: the one table of it. A deployment may put a file of the same shape in its place (docs/access.md).
 * Parameters: https://hl7.org/fhir/R4/searchparameter-registry.html
 */
import type { RelationRule } from './relation.js';

/** Who has an account to work here; `authorization/account/role.ts` says who may sign in as what. */
export type WorkRole = 'practitioner' | 'staff' | 'admin';

export interface RoleRules {
  /** Names of the relations that count, or `all`: every record of this server. */
  readonly patients: readonly string[] | 'all';
  /** Types of the clinic's own resources that the role may create, change and delete; the others it reads. */
  readonly keeps: readonly string[];
}

export interface AccessRules {
  readonly relations: readonly RelationRule[];
  readonly roles: Readonly<Record<WorkRole, RoleRules>>;
  /** Types whose resources are the clinic's own and about no patient; one that names a patient all the same is that patient's. */
  readonly clinic: readonly string[];
}

/** Who works here, with whom, where, by what times and means. */
const directory = [
  'Practitioner', 'PractitionerRole', 'Organization', 'OrganizationAffiliation', 'Location', 'HealthcareService', 'Endpoint', 'Schedule', 'Slot', 'InsurancePlan',
  'Medication', 'MedicationKnowledge', 'Substance', 'DeviceDefinition', 'CatalogEntry',
];
/** What is defined: terminology, forms, profiles, products, research. */
const definitions = [
  'ActivityDefinition', 'CapabilityStatement', 'ChargeItemDefinition', 'CodeSystem', 'CompartmentDefinition', 'ConceptMap', 'EffectEvidenceSynthesis', 'EventDefinition', 'Evidence', 'EvidenceVariable',
  'ExampleScenario', 'GraphDefinition', 'ImplementationGuide', 'Library', 'Measure', 'MedicinalProduct', 'MedicinalProductAuthorization', 'MedicinalProductContraindication', 'MedicinalProductIndication',
  'MedicinalProductIngredient', 'MedicinalProductInteraction', 'MedicinalProductManufactured', 'MedicinalProductPackaged', 'MedicinalProductPharmaceutical', 'MedicinalProductUndesirableEffect',
  'MessageDefinition', 'NamingSystem', 'ObservationDefinition', 'OperationDefinition', 'PlanDefinition', 'Questionnaire', 'ResearchDefinition', 'ResearchElementDefinition', 'ResearchStudy',
  'RiskEvidenceSynthesis', 'SearchParameter', 'SpecimenDefinition', 'StructureDefinition', 'StructureMap', 'SubstanceNucleicAcid', 'SubstancePolymer', 'SubstanceProtein', 'SubstanceReferenceInformation',
  'SubstanceSourceMaterial', 'SubstanceSpecification', 'TerminologyCapabilities', 'TestReport', 'TestScript', 'ValueSet',
];

export const defaultRules: AccessRules = {
  relations: [
    {
      name: 'general-practitioner', words: 'is the patient\'s general practitioner',
      type: 'Patient', patient: '_id', actors: ['general-practitioner'], kinds: ['practitioner', 'role'],
    },
    {
      name: 'care-team', words: 'is on an active care team of the patient',
      type: 'CareTeam', patient: 'patient', actors: ['participant'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['active'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'appointment', words: 'has an appointment with the patient, from 30 days before to 90 days after it',
      type: 'Appointment', patient: 'patient', actors: ['actor'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'checked-in', 'waitlist'] }, period: { param: 'date', daysBefore: 30, daysAfter: 90 },
    },
    {
      name: 'encounter', words: 'takes part in an encounter with the patient, up to a year after it',
      type: 'Encounter', patient: 'patient', actors: ['participant'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished'] }, period: { param: 'date', daysBefore: 30, daysAfter: 365 },
    },
    {
      name: 'episode-of-care', words: 'manages an episode of care of the patient',
      type: 'EpisodeOfCare', patient: 'patient', actors: ['care-manager'], kinds: ['practitioner', 'role'],
      status: { param: 'status', codes: ['planned', 'waitlist', 'active', 'onhold'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'care-plan', words: 'carries out a care plan of the patient, or is on its care team',
      type: 'CarePlan', patient: 'patient', actors: ['performer', 'care-team'], kinds: ['practitioner', 'role', 'team'],
      status: { param: 'status', codes: ['active', 'on-hold'] }, period: { param: 'date', daysBefore: 0, daysAfter: 0 },
    },
    {
      name: 'organization', words: 'works for the organization that keeps the patient\'s record',
      type: 'Patient', patient: '_id', actors: ['organization'], kinds: ['organization'],
    },
  ],
  roles: {
    practitioner: {
      patients: ['general-practitioner', 'care-team', 'appointment', 'encounter', 'episode-of-care', 'care-plan'],
      keeps: ['Schedule', 'Slot', 'Medication', 'Substance'],
    },
    staff: { patients: ['organization'], keeps: directory },
    admin: { patients: ['organization'], keeps: [...directory, ...definitions] },
  },
  clinic: [...directory, ...definitions],
};

/** The rules as they apply to one role. */
export interface WorkRules {
  readonly relations: readonly RelationRule[];
  readonly clinic: ReadonlySet<string>;
  readonly keeps: ReadonlySet<string>;
}

/** Returns what holds for a role; `all` where it sees every record. */
export const rulesOf = ({ relations, roles, clinic }: AccessRules, role: WorkRole): WorkRules | 'all' => {
  const { patients, keeps } = roles[role];
  return patients === 'all' ? 'all' : { relations: relations.filter(({ name }) => patients.includes(name)), clinic: new Set(clinic), keeps: new Set(keeps) };
};

/** What a registered client may be held to, beside its scopes: the patients of an organization, or the members of a group. */
const policies: readonly RelationRule[] = [
  {
    name: 'policy-organization', words: 'is an app of the organization that keeps the patient\'s record',
    type: 'Patient', patient: '_id', actors: ['organization'], kinds: ['organization'],
  },
  { name: 'policy-group', words: 'is an app for the members of a group', type: 'Group', patient: 'member', actors: ['_id'], kinds: ['group'] },
];

/** Returns what holds for a client with a policy: it keeps what an administrator keeps. */
export const policyRules = ({ roles, clinic }: AccessRules): WorkRules => ({ relations: policies, clinic: new Set(clinic), keeps: new Set(roles.admin.keeps) });
