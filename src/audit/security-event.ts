/** Kinds of events beside accesses to resources, in the codes of DICOM (PS3.16 CID 400 and following, https://dicom.nema.org/medical/dicom/current/output/html/part16.html#sect_CID_400). */
import type { AuditFacts, Coded } from './event.js';

const dicom = (code: string, display: string): Coded => ({ system: 'http://dicom.nema.org/resources/ontology/DCM', code, display });
const own = (code: string, display: string): Coded => ({ system: 'https://concierge-fhir.example.org/CodeSystem/audit-event', code, display });

const authentication = dicom('110114', 'User Authentication');
const alert = dicom('110113', 'Security Alert');
const application = dicom('110100', 'Application Activity');
const exported = dicom('110106', 'Export');
const imported = dicom('110107', 'Import');
const logUsed = dicom('110101', 'Audit Log Used');

const kinds = {
  'login': [authentication, dicom('110122', 'Login')],
  'logout': [authentication, dicom('110123', 'Logout')],
  'token-issued': [authentication, own('token-issued', 'Token issued')],
  'token-refreshed': [authentication, own('token-refreshed', 'Token refreshed')],
  'token-refused': [authentication, own('token-refused', 'Token refused')],
  'token-revoked': [authentication, own('token-revoked', 'Token revoked')],
  'token-introspected': [authentication, own('token-introspected', 'Token introspected')],
  'account-changed': [alert, dicom('110137', 'User security Attributes Changed')],
  'client-changed': [alert, dicom('110136', 'Security Roles Changed')],
  'restricted': [alert, dicom('110132', 'Use of Restricted Function')],
  'configured': [alert, dicom('110129', 'Security Configuration')],
  'audit-started': [alert, dicom('110134', 'Audit Recording Started')],
  'audit-stopped': [alert, dicom('110133', 'Audit Recording Stopped')],
  'started': [application, dicom('110120', 'Application Start')],
  'stopped': [application, dicom('110121', 'Application Stop')],
  'command': [application, own('command', 'Command of the operator')],
  'exported': [exported, own('export', 'Export')],
  'backed-up': [exported, own('backup', 'Backup')],
  'imported': [imported, own('import', 'Import')],
  'restored': [imported, own('restore', 'Restore')],
  'audit-used': [logUsed, own('audit-used', 'Audit verified or shown')],
  'audit-expired': [logUsed, own('audit-expired', 'Audit records removed at the end of their time')],
} as const satisfies Readonly<Record<string, readonly [Coded, Coded]>>;

export type SecurityEvent = keyof typeof kinds;

/** Returns what an AuditEvent of this kind is. */
export const securityEvent = (name: SecurityEvent): Pick<AuditFacts, 'action' | 'type' | 'subtype'> => {
  const [type, subtype] = kinds[name];
  return { action: 'execute', type, subtype };
};
