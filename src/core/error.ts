/**
 * The one error type that crosses folders: a code of the closed table, a text for the client, a private detail for the log.
 */
import { errorTable, type ErrorCode } from './error-table.js';

/** One finding about one place of the request. */
export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  /** A code of http://hl7.org/fhir/R4/valueset-issue-type.html */
  readonly code: string;
  readonly diagnostics: string;
  /** FHIRPath of the element, for example `Patient.name[0].given`. */
  readonly expression?: string | undefined;
  /** Where the request has the fault when it is no element: `http.Prefer`, `line 3, column 7`. */
  readonly location?: string | undefined;
}

export interface FhirErrorOptions {
  readonly expression?: string | undefined;
  readonly location?: string | undefined;
  /** All findings; without it the error itself is the only one. */
  readonly issues?: readonly Issue[] | undefined;
  /** For the log only; may name what a client must not learn. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  /** Seconds for Retry-After. */
  readonly retryAfter?: number | undefined;
  /** Methods for the Allow header of a 405. */
  readonly allow?: readonly string[] | undefined;
}

/** An error with a documented code; `message` is safe to show to the client. */
export class FhirError extends Error {
  readonly code: ErrorCode;
  readonly options: FhirErrorOptions;

  constructor(code: ErrorCode, message: string, options: FhirErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FhirError';
    this.code = code;
    this.options = options;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return errorTable[this.code].status;
  }

  /** The findings to put into an OperationOutcome, at least one. */
  get issues(): readonly Issue[] {
    if (this.options.issues && this.options.issues.length > 0) return this.options.issues;
    const { expression, location } = this.options;
    return [{ severity: this.status >= 500 ? 'fatal' : 'error', code: errorTable[this.code].issue, diagnostics: this.message, expression, location }];
  }
}

/** Returns `error` itself when it has a documented code, else an `internal` error that hides it from the client. */
export const toFhirError = (error: unknown): FhirError =>
  error instanceof FhirError
    ? error
    : new FhirError('internal', 'The server failed to process the request. Nothing was stored.', { cause: error });
