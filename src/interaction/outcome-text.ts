/** OperationOutcome as JSON text (https://hl7.org/fhir/R4/operationoutcome.html). */
import type { ErrorCode } from '../core/error-table.js';
import type { Issue } from '../core/error.js';

/** System of the error codes in `issue.details`. */
export const errorCodeSystem = 'urn:concierge-fhir:error-code';

/** Returns the JSON text of an OperationOutcome; `issues` must not be empty. `code` is that of the error they are findings of. */
export const outcomeText = (issues: readonly Issue[], code?: ErrorCode): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: issues.map(({ severity, code: kind, diagnostics, expression, location }) => ({
      severity,
      code: kind,
      ...(code === undefined ? {} : { details: { coding: [{ system: errorCodeSystem, code }] } }),
      diagnostics,
      ...(location === undefined ? {} : { location: [location] }),
      ...(expression === undefined ? {} : { expression: [expression] }),
    })),
  });
