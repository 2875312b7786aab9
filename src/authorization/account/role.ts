/** Roles and what each may do: the whole of it, in one place. What data a person reaches is decided by `access/`, from who they are. */
export type Role = 'patient' | 'practitioner' | 'staff' | 'admin';

export interface RoleRights {
  /** Resource types that `fhirUser` may be. */
  readonly fhirUser: readonly string[];
  /** Contexts of clinical scopes that the person may grant to an app: `system/` is never a person's to give. */
  readonly contexts: readonly ('patient' | 'user')[];
  /** May choose any patient they reach as the context of an app; others choose among the records that are theirs. */
  readonly choosesPatients: boolean;
  /** May open an app on a patient from inside (EHR launch). */
  readonly launches: boolean;
  /** May see what apps did in the launch flight recorder, and manage accounts and apps. */
  readonly administers: boolean;
}

export const roles: Readonly<Record<Role, RoleRights>> = {
  patient: { fhirUser: ['Patient', 'RelatedPerson'], contexts: ['patient', 'user'], choosesPatients: false, launches: false, administers: false },
  practitioner: { fhirUser: ['Practitioner', 'PractitionerRole'], contexts: ['patient', 'user'], choosesPatients: true, launches: true, administers: false },
  staff: { fhirUser: ['Practitioner', 'PractitionerRole', 'Person'], contexts: ['patient', 'user'], choosesPatients: true, launches: true, administers: false },
  admin: { fhirUser: ['Practitioner', 'PractitionerRole', 'Person'], contexts: ['patient', 'user'], choosesPatients: true, launches: true, administers: true },
};

/** Returns whether the text names a role. */
export const isRole = (text: string): text is Role => Object.hasOwn(roles, text);
