/** Who may not be permitted by whom: a Consent is the patient's word, so who works here or acts for the patient cannot permit something to themselves by one. */
import { worksHere, type TokenGrant, type TokenViewer } from '../viewer.js';
import { clientSystem, identifiedName, patientOf, readConsent, type Provision } from './provision.js';

/** Returns whether storing the Consent would let the viewer, who is not the patient, permit something to themselves; of who acts for the patient the app they use counts as themselves. */
export const permitsOneself = ({ grant, standing }: TokenViewer, consent: Readonly<Record<string, unknown>>, baseUrl: string): boolean => {
  if (!worksHere(grant) && !actsForAnother(grant, `Patient/${patientOf(consent, baseUrl) ?? ''}`)) return false;
  const reach = standing?.reach;
  const named = worksHere(grant) ? [] : [identifiedName(clientSystem, grant.client)];
  const self = new Set([grant.fhirUser ?? '', ...named, ...(reach === undefined || typeof reach === 'string' ? [] : reach.self)]);
  const permits = ({ effect, actors = [], exceptions }: Provision): boolean => (effect === 'permit' && actors.some((name) => self.has(name))) || exceptions.some(permits);
  return permits(readConsent(consent, baseUrl));
};

const actsForAnother = ({ fhirUser }: TokenGrant, patient: string): boolean =>
  fhirUser !== undefined && fhirUser !== patient && (fhirUser.startsWith('RelatedPerson/') || fhirUser.startsWith('Patient/'));
