/** Who may see which security labels, and who may change them: the whole of it, in one table. What it means: docs/consent.md. */
import type { Clearance, Sensitivity } from './label.js';
import type { TokenGrant } from './viewer.js';

export interface LabelRights extends Clearance {
  /** May set, change and remove `meta.security`. */
  readonly changesLabels: boolean;
  /** May change the `meta.tag` of what is there: tags steer how people work with a resource, so those whom it is about do not move them. */
  readonly changesTags: boolean;
}

/** What a clinician needs to know to treat; not what a law or the patient's own wish keeps closer. */
const clinical: readonly Sensitivity[] = ['ETH', 'ETHUD', 'OPIOIDUD', 'SUD', 'PSY', 'MH', 'BH', 'COGN', 'DVD', 'EMOTDIS', 'HIV', 'STD', 'SDV', 'VIO', 'MST', 'SEX', 'GDIS', 'SCA', 'SICKLE', 'SPI', 'ADOL', 'DIA', 'DRGIS', 'PDS'];

export const labelRights = {
  /** To see one's own record is a right; only what a clinician has marked to be told in person waits. */
  patient: { level: 'V', sensitive: 'all', isPatientSide: true, changesLabels: false, changesTags: false },
  /** Who acts for a patient is another person: what is labelled is not for them unless a Consent permits it. */
  proxy: { level: 'N', sensitive: [], isPatientSide: true, changesLabels: false, changesTags: false },
  practitioner: { level: 'R', sensitive: clinical, isPatientSide: false, changesLabels: false, changesTags: true },
  staff: { level: 'N', sensitive: [], isPatientSide: false, changesLabels: false, changesTags: true },
  admin: { level: 'V', sensitive: 'all', isPatientSide: false, changesLabels: true, changesTags: true },
  /** Systems of the house keep whole records in step. */
  system: { level: 'V', sensitive: 'all', isPatientSide: false, changesLabels: false, changesTags: true },
  /** Systems that are registered for some patients only. */
  partner: { level: 'R', sensitive: clinical, isPatientSide: false, changesLabels: false, changesTags: true },
} as const satisfies Readonly<Record<string, LabelRights>>;

export type LabelRole = keyof typeof labelRights;

/** Returns whether the token may set, change and remove labels. */
export const mayChangeLabels = (grant: TokenGrant): boolean => grant.changesLabels === true || labelRights[labelRoleOf(grant)].changesLabels;

/** Returns whether the token may change the tags of what is there. */
export const mayChangeTags = (grant: TokenGrant): boolean => labelRights[labelRoleOf(grant)].changesTags;

/** Returns the role that decides which labels the token's holder may see: that of the account, else what the resource of the person tells. */
export const labelRoleOf = ({ role, fhirUser, user, policy }: TokenGrant): LabelRole => {
  const [type] = (fhirUser ?? '').split('/');
  if (type === 'Patient') return 'patient';
  if (type === 'RelatedPerson') return 'proxy';
  if (role !== undefined) return role;
  if (type === 'Practitioner' || type === 'PractitionerRole') return 'practitioner';
  if (user !== undefined || fhirUser !== undefined) return 'staff';
  return policy === undefined ? 'system' : 'partner';
};
