/** Why one viewer may do something with one resource, or may not: the checks in their order, each in the words of a clinician and of a patient. */
import { matchesPlan, type Candidate } from '../search/matches.js';
import { universalTypes } from './compartment.js';
import { grantedRight, rightOf, type Right, type RightsScope } from './right.js';
import type { Permission } from './scope.js';
import { worksHere, type TokenGrant, type TokenViewer } from './viewer.js';

export type CheckName = 'scope' | 'compartment' | 'relation' | 'consent' | 'label';

export interface Check {
  readonly name: CheckName;
  /** `not-reached`: one before it has refused already, or nothing can be told. */
  readonly outcome: 'allowed' | 'refused' | 'not-reached';
  readonly clinician: string;
  readonly patient: string;
}

export interface Asked extends RightsScope {
  readonly permission: Permission;
  readonly candidate: Candidate;
  /** Ids of the patients in whose record the resource is. */
  readonly patients: readonly string[];
  /** What each relation says, by the name of its rule. */
  readonly words: ReadonlyMap<string, string>;
}

const verbs: Readonly<Record<Permission, string>> = { c: 'create', r: 'read', u: 'update', d: 'delete', s: 'search' };

/** Returns the five checks; all of them allowed is what makes the access one. */
export const explainAccess = (viewer: TokenViewer, asked: Asked): readonly Check[] => {
  const checks: Check[] = [];
  for (const [name, check] of Object.entries(byName) as [CheckName, Explain][]) {
    const isOver = checks.some(({ outcome }) => outcome === 'refused');
    checks.push({ name, ...(isOver ? unreached : check(viewer, asked)) });
  }
  return checks;
};

type Said = Omit<Check, 'name'>;
type Explain = (viewer: TokenViewer, asked: Asked) => Said;

const allowed = (clinician: string, patient: string): Said => ({ outcome: 'allowed', clinician, patient });
const refused = (clinician: string, patient: string): Said => ({ outcome: 'refused', clinician, patient });
const unreached: Said = { outcome: 'not-reached', clinician: 'Refused before this was asked.', patient: 'Refused before this was asked.' };

const holds = (right: Right, candidate: Candidate): boolean => (typeof right === 'string' ? right === 'all' : matchesPlan(right, candidate));

/** Returns what the scopes alone say of a type. */
export const explainScope = (grant: TokenGrant, permission: Permission, type: string): Said => {
  const own = grant.scopes.filter((one) => one.permissions.has(permission) && (one.type === '*' || one.type === type)).map(({ text }) => text);
  const what = `${verbs[permission]} ${type}`;
  return own.length === 0
    ? refused(`No scope of the token lets it ${what}; it has ${grant.scopes.map(({ text }) => text).join(' ') || 'none'}.`, `The app was not allowed to ${what}.`)
    : allowed(`The token may ${what} by ${own.join(' ')}.`, `The app was allowed to ${what}.`);
};

const scopeCheck: Explain = ({ grant, key }, { permission, candidate, registry, baseUrl }) => {
  const said = explainScope(grant, permission, candidate.type);
  if (said.outcome === 'refused') return said;
  // The scopes without whose records they are about: what narrows them is left.
  const bare: TokenViewer = { kind: 'token', key, grant: { client: grant.client, scopes: grant.scopes.map((one) => ({ ...one, context: 'system' })), jti: grant.jti, expires: grant.expires } };
  if (holds(rightOf(bare, permission, candidate.type, { registry, baseUrl }), candidate)) return said;
  return refused(`${said.clinician} What narrows these scopes leaves the resource out.`, 'The app was allowed to see only some of this kind of data, and this is not among it.');
};

const listed = (patients: readonly string[]): string => patients.map((id) => `Patient/${id}`).join(', ');
const isPatientSide = ({ grant }: TokenViewer): boolean => !worksHere(grant) && grant.policy === undefined && (grant.fhirUser !== undefined || grant.patient !== undefined);
const ownPatients = ({ patient, patients = [] }: TokenGrant): readonly string[] => [...new Set([...(patient === undefined ? [] : [patient]), ...patients])];

const compartmentCheck: Explain = (viewer, { candidate: { type }, patients }) => {
  if (patients.length === 0) return allowed(`The ${type} is in no patient's record.`, 'This is not part of a patient\'s record.');
  if (!isPatientSide(viewer)) return allowed(`The resource is in the record of ${listed(patients)}.`, 'This is part of a patient\'s record.');
  const own = ownPatients(viewer.grant);
  if (universalTypes.has(type) || patients.some((id) => own.includes(id))) return allowed(`The resource is in the record that the token is about: ${listed(patients.filter((id) => own.includes(id)))}.`, 'This is part of the record that the app was opened for.');
  return refused(`The resource is in the record of ${listed(patients)}, and the token is about ${listed(own) || 'nobody'}.`, 'This is part of another person\'s record.');
};

const relationCheck: Explain = (viewer, asked) => {
  const { permission, candidate, patients, words, registry, baseUrl } = asked;
  const isGranted = holds(grantedRight(viewer, permission, candidate.type, { registry, baseUrl }), candidate);
  const who = viewer.grant.fhirUser ?? viewer.grant.client;
  const reach = viewer.standing?.reach ?? 'token';
  if (!isGranted) return refused(notReached(who, patients, words), 'Nothing in your record makes you a patient of this person or service.');
  if (typeof reach === 'string') return isPatientSide(viewer) ? allowed(`${who} acts for this record.`, 'It is your own record, or one that you act for.') : allowed(`${who} is not held to patients.`, 'This service works with all records here.');
  const why = [...new Set(patients.flatMap((id) => reach.patients.get(id) ?? []))].map((name) => `${words.get(name) ?? name} (${name})`);
  return why.length === 0
    ? allowed(`${who} may see it by their role: it is the clinic's own, or names them.`, 'People who work here see this.')
    : allowed(`${who} ${why.join('; and ')}.`, `This person takes part in your care: ${why.join('; and ')}.`);
};

const notReached = (who: string, patients: readonly string[], words: ReadonlyMap<string, string>): string => (patients.length === 0
  ? `${who} has nothing to do with it by their role: it is not the clinic's own and does not name them.`
  : `No relation makes ${listed(patients)} a patient of ${who}. What would: ${[...words.values()].join('; ')}.`);

const withheldBy = (kind: 'consent' | 'label', said: { readonly shown: Said; readonly hidden: Said }): Explain => ({ standing }, { permission, candidate }) => {
  const withheld = standing?.because[kind](candidate.type, permission);
  return withheld !== undefined && matchesPlan(withheld, candidate) ? said.hidden : said.shown;
};

const byName: Readonly<Record<CheckName, Explain>> = {
  scope: scopeCheck,
  compartment: compartmentCheck,
  relation: relationCheck,
  consent: withheldBy('consent', {
    shown: allowed('No Consent of the patient withholds it.', 'You have not withheld this from them.'),
    hidden: refused('A Consent of the patient withholds it.', 'You have withheld this by a Consent.'),
  }),
  label: withheldBy('label', {
    shown: allowed('No security label hides it.', 'It is not marked as especially sensitive for them.'),
    hidden: refused('A security label hides it: the role is not cleared for it.', 'It is marked as sensitive, and kept from them for that reason.'),
  }),
};
