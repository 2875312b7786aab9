/**
 * Opens a record in an emergency, and closes it again: what is kept of it, what the patient is told, and the audit of it become true together
 * (https://www.hl7.org/fhir/R4/security-labels.html#break-the-glass).
 */
import { breakGlassCode, emergencyResource, type Emergency } from '../access/emergency.js';
import { systemViewer } from '../access/viewer.js';
import { FhirError } from '../core/error.js';
import type { Coded } from '../audit/event.js';
import type { Write } from '../store/resource.js';
import { auditRecordOf } from './audited.js';
import { writeOf } from './change.js';
import type { Context } from './context.js';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const alert: Coded = { system: dicom, code: '110113', display: 'Security Alert' };
const started: Coded = { system: dicom, code: '110127', display: 'Emergency Override Started' };
const stopped: Coded = { system: dicom, code: '110138', display: 'Emergency Override Stopped' };

/** Resolves when the record is open to who asks, the patient is told, and both are in the audit. `personName`: who the patient is told it was. */
export const openInEmergency = async (context: Context, emergency: Emergency, personName: string): Promise<void> => {
  const told = toldToPatient(context, emergency, personName);
  const writes = [await written(context, emergencyResource(emergency), { id: emergency.id, base: 0 }), await written(context, told, { id: told.id, base: 0 })];
  await commitMarked(context, writes, { emergency, subtype: started });
};

/** Resolves when the record is closed from now on; `base`: the version that keeps the emergency. */
export const closeEmergency = async (context: Context, emergency: Emergency, base: number): Promise<void> => {
  const ended = { ...emergency, until: context.service.clock.now() };
  await commitMarked(context, [await written(context, emergencyResource(ended), { id: emergency.id, base })], { emergency: ended, subtype: stopped });
};

/** The server writes, on behalf of who asks. */
const written = ({ service, request }: Context, value: Readonly<Record<string, unknown>>, { id, base }: { readonly id: string; readonly base: number }): Promise<Write> =>
  writeOf({ service, request, viewer: systemViewer('break-glass') }, { type: String(value['resourceType']), id, text: JSON.stringify(value), value, issues: [] }, { id, base, method: base === 0 ? 'POST' : 'PUT' });

const commitMarked = async (context: Context, writes: readonly Write[], { emergency, subtype }: { readonly emergency: Emergency; readonly subtype: Coded }): Promise<void> => {
  const { service: { store }, trail } = context;
  const { patient, purpose, reason } = emergency;
  const data = [`Patient/${patient}`, ...writes.map(({ type, id, base }) => `${type}/${id}/_history/${String(base + 1)}`)];
  const audit = trail === undefined ? [] : [auditRecordOf(context, { action: 'execute', type: alert, subtype, outcome: '0', purpose: [purpose], reason, emergency: undefined, patient, data })];
  const result = await store.commit({ writes, audit });
  if (!result.ok) throw new FhirError('version-conflict', 'The emergency access changed while this request was processed; repeat it.', { retryAfter: 1 });
  if (trail !== undefined) trail.isRecorded = true;
};

const toldToPatient = ({ service: { ids } }: Context, { id, patient, by, purpose, reason, from, until }: Emergency, personName: string) => {
  const time = (at: number): string => new Date(at).toISOString();
  const text = `Your record was opened in an emergency by ${personName}. The reason given: ${reason}. It is open to this person until ${time(until)} at the latest; everything done with it is listed in "Who saw my record" and marked as an emergency.`;
  return {
    resourceType: 'Communication', id: ids.resource(), status: 'completed', priority: 'urgent',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'alert', display: 'Alert' }] }, { coding: [breakGlassCode] }],
    subject: { reference: `Patient/${patient}` }, about: [{ reference: `Basic/${id}` }], sent: time(from), recipient: [{ reference: `Patient/${patient}` }],
    reasonCode: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: purpose }] }], payload: [{ contentString: text }],
    note: [{ authorReference: { reference: by }, time: time(from), text: reason }],
  };
};
