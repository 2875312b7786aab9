/**
 * Every access leaves a record: a write in its own commit, everything else before its answer is given away
 * (https://profiles.ihe.net/ITI/BALP/). What cannot be recorded is not shown.
 */
import type { AuditAction, AuditAgent, AuditFacts } from '../audit/event.js';
import { auditRecordText } from '../audit/record.js';
import { securityEvent, type SecurityEvent } from '../audit/security-event.js';
import { FhirError } from '../core/error.js';
import type { Whole } from '../core/whole.js';
import type { AuditRecord, Write } from '../store/resource.js';
import type { Context, Interaction } from './context.js';
import type { FhirRequest, InteractionName } from './request.js';
import type { Service } from './service.js';
import type { Viewer } from '../access/viewer.js';
import { beginTrail, patientsOf, type Trail } from './trail.js';
import { patientsOfVersion, patientsOfWrite } from './whose.js';

/** What touches no health data by itself: the entries of a bundle are audited one by one. */
const unaudited: ReadonlySet<InteractionName> = new Set(['capabilities', 'batch-or-transaction']);

/** Performs the interaction so that nothing of it is answered without its record. */
export const audited = (context: Context, inner: Interaction): ReturnType<Interaction> =>
  (context.service.audit === undefined ? inner(context) : recorded(context, inner));

const recorded = async (context: Context, inner: Interaction): ReturnType<Interaction> => {
  const trail = beginTrail(context.service.clock.now());
  trail.why = whyOf(context.viewer);
  const watched = { ...context, trail };
  try {
    const response = await inner(watched);
    if (!trail.isRecorded && !unaudited.has(context.request.interaction)) await record(context.service, await accessRecords(watched));
    return response;
  } catch (error) {
    await recordRefusal(watched, error);
    throw error;
  }
};

/** What is done with a record that was opened by break-glass is marked, whatever else would have allowed it. */
const whyOf = (viewer: Viewer): Trail['why'] => {
  const emergencies = viewer.kind === 'token' ? viewer.standing?.emergencies : undefined;
  return emergencies === undefined ? undefined : (patient) => {
    const emergency = emergencies.get(patient ?? '');
    return emergency === undefined ? undefined : { purpose: [emergency.purpose], reason: emergency.reason, emergency: true };
  };
};

const refusals = new Set(['unauthorized', 'forbidden', 'not-found', 'version-not-found', 'method-not-allowed', 'throttled', 'deleted']);

/** Resolves when a refusal is recorded; an error that is none leaves no record. What was hidden and what was absent are told apart here and nowhere else. */
export const recordRefusal = async (context: Context, error: unknown): Promise<void> => {
  const { service, request, trail } = context;
  if (service.audit === undefined || !(error instanceof FhirError) || !refusals.has(error.code)) return;
  const about = request.type === undefined || request.id === undefined ? undefined : [`${request.type}/${request.id}`];
  const hidden = trail?.isHidden === true ? { hidden: true as const } : {};
  await record(service, [auditRecordOf(context, { ...kindOf(request), outcome: '4', outcomeText: error.code, ...hidden, data: about, query: queryOf(request) })]);
};

/** Resolves when the records are on disk; throws `store-unavailable` when they cannot be kept. */
export const record = async ({ store }: Service, audit: readonly AuditRecord[]): Promise<void> => {
  try {
    await store.commit({ writes: [], audit });
  } catch (cause) {
    throw new FhirError('store-unavailable', 'The access cannot be recorded now, so nothing was shown. Repeat it in a moment.', { retryAfter: 1, detail: `audit: ${String(cause)}` });
  }
};

/** Resolves when something that is no interaction, as a sign-in, is recorded; at once where nothing is. Throws `store-unavailable`. */
export const recordEvent = async (service: Service, facts: Omit<AuditFacts, 'id' | 'begun' | 'recorded' | 'site'>): Promise<void> => {
  if (service.audit === undefined) return;
  const now = service.clock.now();
  await record(service, [{ text: auditRecordText({ id: service.ids.resource(), begun: now, recorded: now, site: service.options.baseUrl, ...facts }) }]);
};

export interface SecurityFacts extends Pick<AuditFacts, 'outcomeText' | 'subject' | 'data' | 'patient' | 'purpose' | 'reason' | 'emergency'> {
  readonly agent: AuditAgent;
  /** Success when absent. */
  readonly outcome?: AuditFacts['outcome'] | undefined;
  /** X-Request-Id of the answer; a new one where there is none. */
  readonly requestId?: string | undefined;
}

/** Resolves when an event of security is recorded: a sign-in, a token, a change by the operator. Throws `store-unavailable`. */
export const recordSecurity = (service: Service, event: SecurityEvent, { outcome = '0', requestId, ...facts }: SecurityFacts): Promise<void> =>
  recordEvent(service, { ...securityEvent(event), ...facts, outcome, requestId: requestId ?? service.ids.request() });

const kinds: Readonly<Partial<Record<InteractionName, AuditAction>>> = {
  'read': 'read', 'vread': 'read', 'history-instance': 'read', 'history-type': 'query', 'history-system': 'query',
  'search-type': 'query', 'search-system': 'query', 'search-compartment': 'query',
  'create': 'create', 'update': 'update', 'patch': 'update', 'conditional-update': 'update', 'conditional-patch': 'update', 'delete': 'delete', 'conditional-delete': 'delete',
};
const subtypes: Readonly<Partial<Record<InteractionName, string>>> = {
  'search-compartment': 'search-type', 'conditional-update': 'update', 'conditional-patch': 'patch', 'conditional-delete': 'delete',
};

const kindOf = ({ interaction }: FhirRequest): Pick<AuditFacts, 'action' | 'subtype'> =>
  ({ action: kinds[interaction] ?? 'execute', subtype: interaction === 'batch-or-transaction' ? 'batch' : subtypes[interaction] ?? interaction });

/** Resolves with the records of what was shown: one for each patient in it, so that each can be told of theirs alone. */
const accessRecords = async (context: Context): Promise<AuditRecord[]> => {
  const { request, service, trail } = context;
  const kind = kindOf(request);
  const isAsked = kind.action === 'query' || kind.action === 'execute';
  // A write that stored nothing, as one that was tried or found its match, has shown what is there.
  const action: AuditAction = kind.action === 'query' || kind.action === 'read' ? kind.action : 'execute';
  const facts = { ...kind, action, outcome: '0', data: targetOf(request), query: isAsked ? queryOf(request) : undefined } as const;
  const shown = trail?.shown ?? [];
  const patients = new Set(shown.flatMap((version) => patientsOf(service.registry, version)));
  for (const version of shown) if (version.type === 'Binary') for (const patient of await patientsOfVersion(context, version)) patients.add(patient);
  return patients.size === 0 ? [auditRecordOf(context, facts)] : [...patients].map((patient) => auditRecordOf(context, { ...facts, patient, data: ofPatient(facts.data, patient) }));
};

/** A record names one patient: with another as well it would be in both their compartments, and tell each of the other. */
const ofPatient = (data: readonly string[] | undefined, patient: string): readonly string[] | undefined =>
  data?.filter((name) => !name.startsWith('Patient/') || name.split('/')[1] === patient);

const targetOf = ({ type, id, version, compartment }: FhirRequest): string[] | undefined => {
  if (compartment !== undefined) return [`${compartment.type}/${compartment.id}`];
  if (type === undefined || id === undefined) return undefined;
  return [version === undefined ? `${type}/${id}` : `${type}/${id}/_history/${version}`];
};

const queryOf = ({ interaction, type, operation, params }: FhirRequest): string | undefined => {
  if (kinds[interaction] !== 'query' && interaction !== 'operation') return undefined;
  const place = operation === undefined ? type ?? '' : `${type === undefined ? '' : `${type}/`}$${operation}`;
  return params.length === 0 ? place : `${place}?${new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()}`;
};

export type RecordedFacts = Omit<AuditFacts, 'id' | 'begun' | 'recorded' | 'agent' | 'requestId' | 'site'>;

/** Returns the record of something that the request did, with who asked and why. */
export const auditRecordOf = ({ service, viewer, request, trail }: Context, facts: RecordedFacts): AuditRecord => {
  const now = service.clock.now();
  // Who says whether it is an emergency, be it undefined, says why too.
  const why = 'emergency' in facts ? undefined : trail?.why?.(facts.patient);
  const { action, type, subtype, outcome, outcomeText, hidden, purpose = why?.purpose, reason = why?.reason, emergency = why?.emergency, patient, data, subject, query } = facts;
  const whole: Whole<AuditFacts> = {
    id: service.ids.resource(), begun: trail?.begun ?? now, recorded: now, agent: agentOf(viewer, request), requestId: request.requestId, site: service.options.baseUrl,
    purpose, reason, emergency, action, type, subtype, outcome, outcomeText, hidden, data, subject, query, patient,
  };
  return { text: auditRecordText(whole) };
};

/** Returns who asks, as the audit names them. */
export const agentOf = (viewer: Viewer, { address }: FhirRequest): AuditAgent => {
  switch (viewer.kind) {
    case 'token': {
      const { client, user, fhirUser, jti } = viewer.grant;
      return { client, account: user, user: fhirUser, jti, address };
    }
    case 'system':
      return { client: viewer.reason, address };
    case 'open':
    case 'anonymous':
      return { address };
  }
};

const writeActions = { POST: 'create', PUT: 'update', PATCH: 'update', DELETE: 'delete' } as const;
const writeSubtypes = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;

/** Resolves with the records that belong into the commit of these writes: one for each resource and patient. */
export const writeRecords = async (context: Context, writes: readonly Write[]): Promise<AuditRecord[]> => {
  const { trail } = context;
  if (trail === undefined) return [];
  const records: AuditRecord[] = [];
  for (const write of writes) {
    const { type, id, base, method } = write;
    const isNew = base === 0 && method === 'PUT';
    const facts = { action: isNew ? 'create' : writeActions[method], subtype: isNew ? 'create' : writeSubtypes[method], outcome: '0', data: [`${type}/${id}/_history/${String(base + 1)}`] } as const;
    const patients = await patientsOfWrite(context, write, writes);
    if (patients.length === 0) records.push(auditRecordOf(context, facts));
    for (const patient of patients) records.push(auditRecordOf(context, { ...facts, patient }));
  }
  return records;
};
