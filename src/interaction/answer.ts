/** The answer to a write, shaped as `Prefer: return` asks (https://hl7.org/fhir/R4/http.html#ops). */
import { maySee } from '../access/restrict.js';
import type { Issue } from '../core/error.js';
import type { Version } from '../store/resource.js';
import type { Context } from './context.js';
import { readAccess } from './permission.js';
import type { FhirResponse } from './request.js';

const storedNotice: Issue = { severity: 'information', code: 'informational', diagnostics: 'The resource was stored.' };
const deletedNotice: Issue = { severity: 'information', code: 'informational', diagnostics: 'The resource is deleted.' };

export interface Made {
  readonly status: number;
  readonly version: Version;
  readonly issues: readonly Issue[];
}

/** Returns the answer: 204 for a delete (200 with an outcome on wish), else the version in the form preferred. */
export const answerWrite = (context: Context, { status, version, issues }: Made): FhirResponse => {
  const wish = context.request.prefer.return;
  if (version.body === undefined) return wish === 'OperationOutcome' ? { status: 200, version, issues: [deletedNotice, ...issues] } : { status: 204, version };
  const created = status === 201 || context.request.interaction === 'create' ? true : undefined;
  if (wish === 'minimal' || isUnread(context, version)) return { status, version, created };
  if (wish === 'OperationOutcome') return { status, version, created, issues: [storedNotice, ...issues] };
  return { status, version, created, body: version.body };
};

/** A patch answers with more than its caller sent, which needs the right to read it. */
const isUnread = (context: Context, version: Version): boolean => context.request.interaction.endsWith('patch') && !maySee(readAccess(context), version);

/** Returns the answer to a delete of something that was not there. */
export const answerNothing = (context: Context): FhirResponse =>
  context.request.prefer.return === 'OperationOutcome'
    ? { status: 200, issues: [{ severity: 'information', code: 'informational', diagnostics: 'There was nothing to delete.' }] }
    : { status: 204 };
