/** What one authorization is about: patient, encounter and user, kept beside the provider's grant and revoked with it. */
import type { GrantStore } from '../../store/grant.js';
import { makeCollection, type Collection } from './collection.js';

export interface LaunchContext {
  /** Id of the patient. */
  readonly patient?: string | undefined;
  /** Id of the encounter. */
  readonly encounter?: string | undefined;
  /** `Type/id`. */
  readonly fhirUser?: string | undefined;
  readonly intent?: string | undefined;
  /** Whether the app must show whose record it has open itself; undefined: no launch said so. */
  readonly needPatientBanner?: boolean | undefined;
}

export interface GrantedContext extends LaunchContext {
  readonly grantId: string;
}

/** Returns the contexts by the id of their grant. */
export const makeContexts = (grants: GrantStore): Collection<GrantedContext> =>
  makeCollection<GrantedContext>(grants, 'launch-context', ({ grantId }) => ({ grant: grantId }));

/** Returns the context as the token response has it (https://hl7.org/fhir/smart-app-launch/app-launch.html#response-5). */
export const contextMembers = ({ patient, encounter, intent, needPatientBanner }: LaunchContext): Record<string, unknown> => ({
  ...(patient === undefined ? {} : { patient, need_patient_banner: needPatientBanner ?? true }),
  ...(encounter === undefined ? {} : { encounter }),
  ...(intent === undefined ? {} : { intent }),
});
