/** One access in the words of the person whose record it is about. */
import type { Access } from './access.js';

const things: Readonly<Partial<Record<string, string>>> = {
  Patient: 'your personal details', Observation: 'a measurement or finding', Condition: 'a diagnosis', MedicationRequest: 'a prescription', MedicationStatement: 'a medicine that you take',
  Encounter: 'a visit', Appointment: 'an appointment', DocumentReference: 'a document', DiagnosticReport: 'a report', Immunization: 'a vaccination', AllergyIntolerance: 'an allergy',
  Procedure: 'a procedure', CarePlan: 'a care plan', CareTeam: 'your care team', Consent: 'a consent of yours', Coverage: 'your insurance', Communication: 'a message',
};
const purposes: Readonly<Partial<Record<string, string>>> = {
  TREAT: 'to treat you', ETREAT: 'to treat you in an emergency', HPAYMT: 'for payment', HOPERAT: 'to run the clinic', PATRQT: 'at your request', HRESCH: 'for research', PUBHLTH: 'for public health', FAMRQT: 'at the request of your family',
};
const verbs: Readonly<Partial<Record<string, string>>> = { C: 'added', R: 'looked at', U: 'changed', D: 'deleted' };

/** Returns a sentence: who, what, with which app, why. */
export const wordsOf = (access: Access): string => {
  if (access.isExport) return `The operator of this server copied the records of all patients, yours among them (${access.interaction ?? 'export'}).`;
  return `${whoOf(access)} ${whatOf(access)}${access.app === undefined || access.person === undefined ? '' : ` with the app "${access.app}"`}${whyOf(access)}.`;
};

const whoOf = ({ person, app }: Access): string => {
  if (person === undefined) return app === undefined ? 'Someone who did not sign in' : `The program "${app}"`;
  const name = person.name ?? person.reference ?? 'A person with an account here';
  return person.organization === undefined ? name : `${name} (${person.organization})`;
};

const whatOf = ({ action, what, search }: Access): string => {
  const verb = verbs[action];
  if (verb === undefined) return search?.includes('$') === true ? `used ${search.split('?')[0] ?? ''} on your record` : 'searched, and your record was among what was found';
  const types = [...new Set(what.map((reference) => reference.split('/')[0] ?? ''))];
  return `${verb} ${types.length === 0 ? 'your record' : types.map((type) => things[type] ?? `an entry of your record (${type})`).join(' and ')}`;
};

const whyOf = ({ purposes: codes, emergency, reason }: Access): string => {
  const known = codes.flatMap((code) => purposes[code] ?? []);
  const broken = emergency && codes.includes('BTG') ? ' in an emergency, past the usual limits (break-glass)' : '';
  return `${broken}${known.length === 0 ? '' : ` ${known.join(' and ')}`}${reason === undefined ? '' : `, giving as the reason: "${reason}"`}`;
};
