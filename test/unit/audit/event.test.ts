/** What an access says of why it was made, from the record to the AuditEvent (https://hl7.org/fhir/R4/auditevent-definitions.html#AuditEvent.purposeOfEvent). */
import { describe, expect, it } from '@jest/globals';
import { auditEventText, type AuditFacts } from '../../../src/audit/event.js';
import { auditRecordText, readAuditRecord } from '../../../src/audit/record.js';

const facts: AuditFacts = { id: 'e', begun: 0, recorded: 1, action: 'read', subtype: 'read', outcome: '0', agent: { client: 'app' }, requestId: 'r', site: 'http://test/fhir' };
const purposeOf = (more: Partial<AuditFacts>): unknown => {
  const event = JSON.parse(auditEventText(readAuditRecord(auditRecordText({ ...facts, ...more })))) as { purposeOfEvent?: unknown };
  return event.purposeOfEvent;
};
const coded = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code });

describe('the purpose of an access', () => {
  it('is absent where none was said', () => {
    expect(purposeOf({})).toBeUndefined();
  });

  it('is told in codes and in the words of who asked', () => {
    expect(purposeOf({ purpose: ['TREAT'] })).toEqual([{ coding: [coded('TREAT')] }]);
    expect(purposeOf({ reason: 'found "unconscious"' })).toEqual([{ text: 'found "unconscious"' }]);
  });

  it('names break-glass once', () => {
    expect(purposeOf({ emergency: true, reason: 'fall' })).toEqual([{ coding: [coded('BTG')], text: 'fall' }]);
    expect(purposeOf({ emergency: true, purpose: ['BTG', 'ETREAT'] })).toEqual([{ coding: [coded('BTG'), coded('ETREAT')] }]);
  });
});
