/** The product's own profiles: each has a snapshot, none loses a field of the backend, and the sample clinic meets them. */
import { describe, expect, it } from '@jest/globals';
import { dictionary } from '../../../scripts/profiles/page.js';
import { makeProfileLibrary } from '../../../src/fhir/profile/library.js';
import { ownProfiles, ownStructures } from '../../../src/fhir/profile/own.js';
import { clinicResources } from '../../../src/sample/generate.js';
import { makeProfileValidator } from '../../../src/validation/profile/validator.js';

/** Class and fields of the backend that this product replaces: the data dictionary it must not lose. */
const backend: Readonly<Record<string, readonly string[]>> = {
  PatientProfile: ['medicalRecordNumber', 'displayName', 'fullName', 'contact', 'dateOfBirth', 'primaryClinic', 'isActive'],
  ProviderProfile: ['user', 'specialty', 'clinic', 'contact'],
  Appointment: ['patient', 'provider', 'startAt', 'scheduledAt', 'endAt', 'location', 'status', 'reason'],
  Message: ['conversationId', 'threadId', 'from', 'sender', 'to', 'recipient', 'patient', 'body', 'attachments', 'isRead', 'status', 'sentAt'],
  LabResult: ['patient', 'orderedBy', 'testCode', 'testName', 'resultValue', 'units', 'referenceRange', 'status', 'publishedAt', 'attachments'],
  TreatmentPlan: ['patient', 'createdBy', 'summary', 'details', 'status', 'startDate', 'endDate'],
  AuditLog: ['actor', 'entityType', 'entityId', 'action', 'summary', 'metadata', 'payload'],
};

const suffix = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

describe('the profiles of the product', () => {
  const profiles = ownProfiles();
  const library = makeProfileLibrary(profiles);
  const validate = makeProfileValidator({ library, unknownModifiers: 'report' });

  it('all have a snapshot', () => {
    expect(profiles.map(({ url }) => [url, library.fault(url)])).toEqual(profiles.map(({ url }) => [url, undefined]));
    expect(profiles).toHaveLength(ownStructures().length);
    expect(profiles.length).toBeGreaterThanOrEqual(10);
  });

  it('have a place for every field of the classes they replace', () => {
    const table = dictionary();
    const lost = Object.entries(backend).flatMap(([owner, fields]) => fields.filter((field) => !table.includes(`| ${owner} | ${field} |`)).map((field) => `${owner}.${field}`));
    expect(lost).toEqual([]);
  });

  it('are met by the sample clinic', async () => {
    const byType = new Map(profiles.map((profile) => [profile.type, profile.url]));
    const seen = new Set<string>();
    const isOther = (type: string, text: string): boolean => type === 'Observation' && !text.includes('"laboratory"');
    for (const { type, text } of clinicResources({ patients: 40, seed: 3, today: '2026-03-02' })) {
      const url = byType.get(type);
      if (url === undefined || isOther(type, text)) continue;
      seen.add(type);
      const faults = (await validate(JSON.parse(text) as Record<string, unknown>, { profiles: [url] })).filter(({ severity }) => severity === 'error');
      expect({ text, faults }).toEqual({ text, faults: [] });
    }
    expect([...byType.keys()].filter((type) => !seen.has(type))).toEqual(['AuditEvent']);
  });

  it('refuse a patient without a medical record number', async () => {
    const [url = ''] = profiles.map((profile) => profile.url).filter((each) => suffix(each) === 'concierge-patient');
    const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: '1' }], name: [{ family: 'A' }], birthDate: '2000-01-01' };
    const faults = await validate(patient, { profiles: [url] });
    expect(faults.filter(({ severity }) => severity === 'error').map(({ expression }) => expression)).toEqual(['Patient.identifier']);
  });
});
