/** A refusal as the answer of one entry among others (https://hl7.org/fhir/R4/bundle.html#batch). */
import { toFhirError } from '../core/error.js';
import type { Context } from './context.js';
import type { FhirResponse } from './request.js';

/** Returns what was thrown as an answer; a failure of the server is told to the operator. */
export const refusalOf = (context: Context, thrown: unknown): FhirResponse => {
  const error = toFhirError(thrown);
  if (error.code === 'internal') context.service.observe({ kind: 'failure', requestId: context.request.requestId, where: 'bundle entry', error: thrown });
  return { status: error.status, issues: error.issues, code: error.code };
};
