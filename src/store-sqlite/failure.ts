/** What SQLite says when it cannot: as errors of the closed table, the cause kept for the log. */
import { FhirError } from '../core/error.js';
import { movedText } from '../store/store.js';

/** A failure in a form that crosses threads. */
export interface Failure {
  /** SQLite's own code, `SQLITE_FULL`, or the name of another error. */
  readonly code: string;
  readonly message: string;
}

/** Returns the failure of something thrown. The library makes its errors once per process, whichever copy of it is asked: their class tells nothing. */
export const failureOf = (error: unknown): Failure => {
  if (typeof error !== 'object' || error === null) return { code: 'UNKNOWN', message: String(error) };
  const { code, name, message } = error as { readonly code?: unknown; readonly name?: unknown; readonly message?: unknown };
  return { code: typeof code === 'string' ? code : typeof name === 'string' ? name : 'UNKNOWN', message: typeof message === 'string' ? message : '' };
};

/** Returns whether the engine must not go on: what is on disk may not be what it believes. */
export const isFatal = ({ code }: Failure): boolean => (code.startsWith('SQLITE_IOERR') && code !== 'SQLITE_IOERR_NOMEM') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';

/** Returns the error for the caller. */
export const toStoreError = (failure: Failure): FhirError => {
  const { code, message } = failure;
  const detail = `${code}: ${message}`;
  switch (code) {
    case 'SQLITE_FULL':
      return new FhirError('store-full', 'There is no space left on the server. Nothing was stored.', { detail });
    case 'OverBudget':
      return new FhirError('too-costly', 'The search would look at more rows than the server allows; add a parameter that selects fewer resources.', { detail });
    case 'StoreMoved':
      return new FhirError('store-moved', movedText, { retryAfter: 60, detail });
    case 'SQLITE_READONLY_DBMOVED':
      return new FhirError('store-unavailable', 'The files of the store were taken away while the server runs; the operator has to put them back and start it again. Nothing was stored.', { retryAfter: 30, detail });
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
      return new FhirError('store-unavailable', 'The store cannot answer now. Nothing was stored.', { retryAfter: 1, detail });
    default:
      return isFatal(failure)
        ? new FhirError('store-unavailable', 'The store has failed and the server is stopping. Nothing was stored.', { retryAfter: 30, detail })
        : new FhirError('internal', 'The server failed to process the request. Nothing was stored.', { detail });
  }
};
