/** What the driver says when it cannot: as errors of the closed table (https://www.mongodb.com/docs/manual/reference/error-codes/). */
import { mongo } from 'mongoose';
import { FhirError } from '../core/error.js';
import { OverBudget } from '../store-index/work.js';

/** It is not known whether the commit happened. */
export class CommitUnknown extends Error {}

const unavailable = 'The store cannot answer now. Nothing was stored.';

/** Returns whether it is an error of a connection that the driver lets through as the system tells it: one that ended just as something was written to it. */
export const isSocketError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && !(error instanceof mongo.MongoError) && /^(?:EPIPE|ECONN[A-Z]+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_[A-Z_]+)$/.test(String((error as { code?: unknown }).code));

/** Returns what a write of several documents has met, where the driver hides it. */
export const rootOf = (error: unknown): unknown => (error instanceof mongo.MongoBulkWriteError && error.errorResponse instanceof mongo.MongoError ? error.errorResponse : error);

const outOfSpace = 14_031;
const outOfTime = 50;

/** Returns the error for the caller; what is none of the database's stays as it is. */
export const toStoreError = (thrown: unknown): unknown => {
  const error = rootOf(thrown);
  if (error instanceof OverBudget) return new FhirError('too-costly', 'The search would look at more rows than the server allows; add a parameter that selects fewer resources.', { detail: error.message });
  if (error instanceof CommitUnknown) return new FhirError('store-unavailable', 'The store did not confirm the change in time, so it may or may not be stored. Repeat it with the same Idempotency-Key, or read the resource first.', { retryAfter: 2, detail: error.message });
  if (isSocketError(error)) return new FhirError('store-unavailable', unavailable, { retryAfter: 1, detail: `${error.code}: ${error.message}` });
  if (!(error instanceof mongo.MongoError)) return error;
  const detail = `${String(error.code ?? error.name)}: ${error.message}`;
  if (error.code === outOfSpace) return new FhirError('store-full', 'There is no space left on the database server. Nothing was stored.', { detail });
  if (isUnavailable(error)) return new FhirError('store-unavailable', unavailable, { retryAfter: 1, detail });
  return new FhirError('internal', 'The server failed to process the request. Nothing was stored.', { detail });
};

/**
 * A server that stops, starts, or is no longer the primary: reads are told so without a label. By number: HostUnreachable, HostNotFound, LockTimeout, CursorNotFound, NetworkTimeout,
 * ShutdownInProgress, FailedToSatisfyReadPreference, ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, TransactionTooOld, SnapshotTooOld, SnapshotUnavailable, NoSuchTransaction, ExceededTimeLimit, SocketException,
 * NotWritablePrimary, InterruptedAtShutdown, Interrupted, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
 */
const passingCodes: ReadonlySet<unknown> = new Set([6, 7, 24, 43, 89, 91, 133, 134, 189, 225, 239, 246, 251, 262, 9_001, 10_107, 11_600, 11_601, 11_602, 13_435, 13_436, outOfTime]);

const isUnavailable = (error: mongo.MongoError): boolean =>
  error instanceof mongo.MongoNetworkError || error instanceof mongo.MongoServerSelectionError || error instanceof mongo.MongoNotConnectedError || passingCodes.has(error.code)
  || error.hasErrorLabel('TransientTransactionError') || error.hasErrorLabel('RetryableWriteError') || /PoolCleared|WaitQueueTimeout|PoolClosed|TopologyClosed/.test(error.name);

/** Returns the error for what was not sent, or only asked. */
export const awayError = (): FhirError => new FhirError('store-unavailable', unavailable, { retryAfter: 1, detail: 'no server of the database answers' });

/** Resolves with what `run` does; rejects with errors of the table. */
export const storing = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    throw toStoreError(error);
  }
};
