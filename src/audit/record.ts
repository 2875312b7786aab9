/**
 * A record of the journal: the facts of one access as short JSON text. Its bytes are what is hashed; the AuditEvent is written from it
 * (`event.ts`), always the same one, so that the journal is a fifth of what its AuditEvents would be.
 */
import type { AuditFacts } from './event.js';

const format = 1;

/** Returns the text of the record. */
export const auditRecordText = (facts: AuditFacts): string => `{"v":${String(format)},${JSON.stringify(facts).slice(1)}`;

/** Returns the facts of a record; throws an Error for a text that this release did not write. */
export const readAuditRecord = (text: string): AuditFacts => {
  const { v, ...facts } = JSON.parse(text) as AuditFacts & { readonly v?: unknown };
  if (v !== format) throw new Error('the journal has a record of another release');
  return facts;
};
