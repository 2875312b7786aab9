/**
 * Patient/[id]/$break-glass and $break-glass-end: a practitioner opens one record for an hour at the most, with a reason that the patient
 * is told and that marks every access it makes possible (docs/access.md).
 */
import { readEmergency, type Emergency, type EmergencyPurpose } from '../../access/emergency.js';
import { systemViewer, type TokenGrant, type TokenViewer } from '../../access/viewer.js';
import { FhirError } from '../../core/error.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { closeEmergency, openInEmergency } from '../../interaction/emergency.js';
import { lookUp } from '../../interaction/gate.js';
import type { Operation } from '../../interaction/service.js';
import { answerPart, parametersText, readParameters, type ParameterRules } from '../parameters.js';

const rules: ParameterRules = { reason: { kind: 'text' }, purpose: { kind: 'text' }, minutes: { kind: 'integer' } };
const minute = 60_000;
const shortest = 4;
const longest = 500;

export const breakGlass: Operation = {
  name: 'break-glass',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/Patient-break-glass',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: true,
  parameters: Object.keys(rules),
  permissions: ['r'],
  handle: async (context) => {
    const { id: patient } = keyOf(context);
    const by = personOf(context);
    const given = readParameters(context, rules);
    const wish = { reason: reasonOf(given.text('reason')), purpose: purposeOf(given.text('purpose')), minutes: minutesOf(context, given.count('minutes')) };
    const server = asServer(context);
    if ((await lookUp(server, { type: 'Patient', id: patient }))?.body === undefined) throw new FhirError('not-found', 'There is no Patient with this id.');
    const from = context.service.clock.now();
    const emergency: Emergency = { id: context.service.ids.resource(), patient, by, purpose: wish.purpose, reason: wish.reason, from, until: from + wish.minutes * minute };
    await openInEmergency(context, emergency, await nameOf(server, by));
    callPatient(context, patient);
    return { status: 200, body: parametersText([
      ...answerPart('access', 'valueReference', { reference: `Basic/${emergency.id}` }), ...answerPart('patient', 'valueReference', { reference: `Patient/${patient}` }),
      ...answerPart('until', 'valueInstant', new Date(emergency.until).toISOString()),
    ]) };
  },
};

/** What the patient is told stands in their record; that there is something to read goes out beside, and nobody in an emergency waits for it. */
const callPatient = ({ service: { callPatient: call, observe }, request: { requestId } }: Context, patient: string): void => {
  call?.(patient).catch((error: unknown) => { observe({ kind: 'failure', requestId, where: 'mail after break-glass', error }); });
};

export const breakGlassEnd: Operation = {
  name: 'break-glass-end',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/Patient-break-glass-end',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: true,
  parameters: [],
  permissions: ['r'],
  handle: async (context) => {
    const { id: patient } = keyOf(context);
    personOf(context);
    readParameters(context, {});
    const open = context.viewer.kind === 'token' ? context.viewer.standing?.emergencies?.get(patient) : undefined;
    const kept = open === undefined ? undefined : await lookUp(asServer(context), { type: 'Basic', id: open.id });
    const emergency = kept?.body === undefined ? undefined : readEmergency(JSON.parse(kept.body) as Readonly<Record<string, unknown>>);
    if (kept === undefined || emergency === undefined) throw new FhirError('not-found', 'No record of a Patient with this id is open to you by break-glass.');
    await closeEmergency(context, emergency, kept.version);
    return { status: 200, body: parametersText(answerPart('patient', 'valueReference', { reference: `Patient/${patient}` })) };
  },
};

const asServer = ({ service, request }: Context): Context => ({ service, request, viewer: systemViewer('break-glass') });

/** Returns `Type/id` of who asks; throws `forbidden` for whoever is no practitioner with a scope of the kind `user/`. */
const personOf = ({ viewer }: Context): string => {
  const by = viewer.kind === 'token' && isActive(viewer) ? practitionerOf(viewer.grant) : undefined;
  if (by === undefined) throw new FhirError('forbidden', 'Break-glass is for practitioners who work here and are signed in, with a user/ scope that lets them read Patient; never for patients, those who act for them, or systems.');
  return by;
};

/** Whoever does not work here any more opens nothing. */
const isActive = ({ standing }: TokenViewer): boolean => standing !== undefined && (typeof standing.reach === 'string' || standing.reach.self.length > 0);

const practitionerOf = ({ fhirUser, scopes }: TokenGrant): string | undefined => {
  const reads = scopes.some(({ context, type, permissions }) => context === 'user' && (type === '*' || type === 'Patient') && permissions.has('r'));
  return reads && (fhirUser?.startsWith('Practitioner/') === true || fhirUser?.startsWith('PractitionerRole/') === true) ? fhirUser : undefined;
};

const reasonOf = (text = ''): string => {
  const reason = text.trim();
  if (reason.length >= shortest && reason.length <= longest) return reason;
  throw new FhirError('forbidden', `Break-glass needs a reason in the parameter "reason", of ${String(shortest)} to ${String(longest)} characters: the patient is told it.`, { expression: 'Parameters.parameter' });
};

const purposeOf = (text = 'BTG'): EmergencyPurpose => {
  if (text === 'BTG' || text === 'ETREAT') return text;
  throw new FhirError('invalid-parameter', 'purpose must be ETREAT (emergency treatment) or BTG (break the glass).', { expression: 'Parameters.parameter' });
};

const minutesOf = ({ service: { options: { breakGlassMinutes: most } } }: Context, asked = most): number => {
  if (most === 0) throw new FhirError('forbidden', 'Break-glass is switched off on this server.');
  if (asked >= 1 && asked <= most) return asked;
  throw new FhirError('invalid-parameter', `minutes must be from 1 to ${String(most)}.`, { expression: 'Parameters.parameter' });
};

interface HumanName {
  readonly text?: string;
  readonly prefix?: readonly string[];
  readonly given?: readonly string[];
  readonly family?: string;
}

/** Returns the name of a practitioner, or of the practitioner in a role; the reference where there is none. */
const nameOf = async (server: Context, reference: string): Promise<string> => {
  const [type = '', id = ''] = reference.split('/');
  const value = JSON.parse((await lookUp(server, { type, id }))?.body ?? '{}') as { readonly name?: readonly HumanName[]; readonly practitioner?: { readonly reference?: string; readonly display?: string } };
  const inRole = value.practitioner?.reference;
  if (type === 'PractitionerRole' && inRole?.startsWith('Practitioner/') === true) return nameOf(server, inRole);
  const [name] = value.name ?? [];
  const text = name?.text ?? [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  return text === '' ? reference : text;
};
