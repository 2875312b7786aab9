/**
 * Break-glass: a record opened in an emergency, for one person and a short time. It is kept as a Basic resource in the patient's record,
 * written by the server alone, so that every process knows of it (https://hl7.org/fhir/R4/basic.html).
 */
import { dateRange } from '../fhir/partial-date.js';

/** What the Basic resource is. */
export const breakGlassCode = { system: 'https://concierge-fhir.example.org/CodeSystem/record', code: 'break-glass' } as const;

const extensionUrl = 'https://concierge-fhir.example.org/StructureDefinition/break-glass';

/** Codes of v3-ActReason. */
export type EmergencyPurpose = 'ETREAT' | 'BTG';

export interface Emergency {
  /** Id of the Basic resource. */
  readonly id: string;
  /** Id of the patient. */
  readonly patient: string;
  /** `Type/id` of who opened it. */
  readonly by: string;
  readonly purpose: EmergencyPurpose;
  /** In the words of who opened it. */
  readonly reason: string;
  /** Milliseconds since 1970: from the first up to the second. */
  readonly from: number;
  readonly until: number;
}

type Json = Readonly<Record<string, unknown>>;

const instant = (time: number): string => new Date(time).toISOString();

/** Returns the resource that keeps it. */
export const emergencyResource = ({ id, patient, by, purpose, reason, from, until }: Emergency): Json => ({
  resourceType: 'Basic', id,
  extension: [{ url: extensionUrl, extension: [
    { url: 'reason', valueString: reason }, { url: 'purpose', valueCode: purpose }, { url: 'from', valueInstant: instant(from) }, { url: 'until', valueInstant: instant(until) },
  ] }],
  code: { coding: [{ ...breakGlassCode, display: 'Record opened in an emergency' }] },
  subject: { reference: `Patient/${patient}` }, created: instant(from).slice(0, 10), author: { reference: by },
});

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const referenceIn = (value: unknown): string => textOf((value as Json | undefined)?.['reference']);

/** Returns what the resource keeps; undefined for one that keeps nothing of the kind. */
export const readEmergency = (resource: Json): Emergency | undefined => {
  const parts = list(list(resource['extension']).find(({ url }) => url === extensionUrl)?.['extension']);
  const text = (name: string, member: string): string => textOf(parts.find(({ url }) => url === name)?.[member]);
  const [from, until] = [dateRange(text('from', 'valueInstant'))?.low, dateRange(text('until', 'valueInstant'))?.low];
  const patient = /^Patient\/(.+)$/.exec(referenceIn(resource['subject']))?.[1];
  if (from === undefined || until === undefined || patient === undefined) return undefined;
  return { id: textOf(resource['id']), patient, by: referenceIn(resource['author']), purpose: text('purpose', 'valueCode') === 'ETREAT' ? 'ETREAT' : 'BTG', reason: text('reason', 'valueString'), from, until };
};

/** Returns those in force at a moment, by patient: of several for one patient the longest. */
export const inForce = (emergencies: readonly Emergency[], now: number): ReadonlyMap<string, Emergency> => {
  const found = new Map<string, Emergency>();
  for (const one of emergencies) if (one.from <= now && now < one.until && (found.get(one.patient)?.until ?? 0) < one.until) found.set(one.patient, one);
  return found;
};
