/** OperationOutcome as JSON text (https://hl7.org/fhir/R4/operationoutcome.html). */
import type { Issue } from '../core/error.js';

/** Returns the JSON text of an OperationOutcome; `issues` must not be empty. */
export const outcomeText = (issues: readonly Issue[]): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: issues.map(({ severity, code, diagnostics, expression, location }) => ({
      severity,
      code,
      diagnostics,
      ...(location === undefined ? {} : { location: [location] }),
      ...(expression === undefined ? {} : { expression: [expression] }),
    })),
  });
