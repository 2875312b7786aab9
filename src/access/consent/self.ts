/** Who may not be permitted by whom: a Consent is the patient's word, so who works here cannot permit something to themselves by one. */
import { worksHere, type TokenViewer } from '../viewer.js';
import { readConsent, type Provision } from './provision.js';

/** Returns whether storing the Consent would let the viewer, who works here, permit something to themselves. */
export const permitsOneself = ({ grant, standing }: TokenViewer, consent: Readonly<Record<string, unknown>>, baseUrl: string): boolean => {
  if (!worksHere(grant)) return false;
  const reach = standing?.reach;
  const self = new Set([grant.fhirUser ?? '', ...(reach === undefined || typeof reach === 'string' ? [] : reach.self)]);
  const permits = ({ effect, actors = [], exceptions }: Provision): boolean => (effect === 'permit' && actors.some((name) => self.has(name))) || exceptions.some(permits);
  return permits(readConsent(consent, baseUrl));
};
