/**
 * Transactions: one for a group of commits, repeated while others are in the way, and one for reads that must see one moment
 * (https://www.mongodb.com/docs/manual/core/transactions/).
 */
import { mongo, type ClientSession, type Connection } from 'mongoose';
import { FhirError } from '../core/error.js';
import { awayError, CommitUnknown, isSocketError, rootOf } from './failure.js';
import type { Sessions } from './session.js';

/** Milliseconds one command may take at the server; the socket gives up a little later. */
export const maxTimeMS = 3_500;

/** How far the writing of a group is, for who gives up waiting for it. */
export interface Stage {
  /** The commit was sent: nobody can tell what becomes of it. */
  isCommitting: boolean;
  /** Nobody waits any more: it must not be sent. */
  isGivenUp: boolean;
}

export interface Patience {
  readonly stage?: Stage | undefined;
  /** Before each attempt, numbered from 0, outside of the transaction. */
  readonly before?: ((attempt: number) => Promise<void>) | undefined;
  /** Called when others have been in the way for long: ends what processes that are gone have left open. */
  readonly rescue?: (() => Promise<unknown>) | undefined;
  /** Whether what the last attempt wrote is there, when the server knows nothing of its transaction any more. */
  readonly isStored?: (() => Promise<boolean>) | undefined;
  /** Milliseconds after which what failed is not tried again. */
  readonly forMs: number;
  readonly now: () => number;
  /** A number of [0, 1). */
  readonly random: () => number;
}

/** Milliseconds others may be in the way before it is asked whether they live. */
const politeMs = 1_500;

const reading = { readConcern: { level: 'snapshot' }, readPreference: 'primary' } as const;
const writing = { ...reading, writeConcern: { w: 'majority', journal: true }, maxCommitTimeMS: maxTimeMS } as const;

const hasLabel = (error: unknown, label: string): boolean => error instanceof mongo.MongoError && error.hasErrorLabel(label);

/** Somebody else was first: the whole transaction is to be run again. */
export class Outrun extends Error {}

/** A server that was looked for in vain is not looked for again. */
const isTransient = (thrown: unknown): boolean => {
  const error = rootOf(thrown);
  return !(error instanceof mongo.MongoServerSelectionError) && (error instanceof mongo.MongoNetworkError || isSocketError(error) || isPassing(thrown));
};

const isPassing = (error: unknown): boolean =>
  error instanceof Outrun || hasLabel(error, 'TransientTransactionError') || (error instanceof mongo.MongoServerError && error.code === 11_000);

const outOfTime = 50;
const writeConflict = 112;

/** Returns whether what was to be changed was held by a transaction all the time. */
export const isHeldUp = (error: unknown): boolean => error instanceof mongo.MongoServerError && (error.code === outOfTime || error.code === writeConflict);

/** Pauses grow, and differ, so that those who met once do not meet again. */
const pause = (attempt: number, random: () => number): Promise<void> =>
  new Promise((resolve) => { setTimeout(resolve, random() * Math.min(200, 5 * 2 ** attempt)); });

/** Runs `run` in a transaction that is durable on a majority when this resolves. Rejects with CommitUnknown when that cannot be known. */
export const transact = async <T>(sessions: Sessions, patience: Patience, run: (session: ClientSession) => Promise<T>): Promise<T> => {
  const begun = patience.now();
  const until = begun + patience.forMs;
  for (let attempt = 0; ; attempt += 1) {
    const session = await sessions.take();
    if (patience.stage !== undefined) patience.stage.isCommitting = false;
    try {
      await patience.before?.(attempt);
      session.startTransaction(writing);
      const result = await run(session);
      beginCommit(patience.stage);
      await commitOf(session, { ...patience, until });
      return result;
    } catch (error) {
      await abort(session);
      if (!isTransient(error)) throw error;
      if (patience.now() >= until) throw tooContended(error);
      if (patience.now() - begun > politeMs) await patience.rescue?.();
    } finally {
      sessions.giveBack(session);
    }
    await pause(attempt, patience.random);
  }
};

const beginCommit = (stage: Stage | undefined): void => {
  if (stage === undefined) return;
  if (stage.isGivenUp) throw awayError();
  stage.isCommitting = true;
};

const tooContended = (error: unknown): FhirError =>
  new FhirError('store-unavailable', 'The store is busy with other changes. Nothing was stored.', { retryAfter: 1, detail: error instanceof Error ? error.message : String(error) });

/** The server was started anew, or has forgotten the transaction with its session. */
const noSuchTransaction = 251;

/** Only the server can say that a commit has failed; whatever else goes wrong, it may have been done. The driver's label alone does not tell: it is missing where no server was found to repeat it. */
const isRefused = (error: unknown): error is mongo.MongoServerError =>
  error instanceof mongo.MongoServerError && !hasLabel(error, 'UnknownTransactionCommitResult') && !hasLabel(error, 'RetryableWriteError');

const unknown = (error: unknown): CommitUnknown => new CommitUnknown(error instanceof Error ? error.message : String(error));

/** A commit may be repeated: the server knows the transaction. One that it does not know may be one whose first answer was lost: its writes are looked for. */
const commitOf = async (session: ClientSession, { until, now, random, isStored }: Patience & { readonly until: number }): Promise<void> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (isRefused(error)) {
        if (error.code === noSuchTransaction && await isStored?.().catch((cause: unknown) => { throw unknown(cause); }) === true) return;
        throw error;
      }
      if (error instanceof mongo.MongoServerSelectionError || now() >= until) throw unknown(error);
    }
    await pause(attempt, random);
  }
};

/** What is aborted already, or cut off from the server, needs no abort. */
const abort = async (session: ClientSession): Promise<void> => {
  if (!session.inTransaction()) return;
  await session.abortTransaction().catch((error: unknown) => {
    if (!(error instanceof mongo.MongoError)) throw error;
  });
};

/** Runs reads that see one moment. */
export const readAtOnce = async <T>(connection: Connection, run: (session: ClientSession) => Promise<T>): Promise<T> => {
  const session = await connection.startSession();
  try {
    session.startTransaction(reading);
    return await run(session);
  } finally {
    await abort(session);
    await session.endSession();
  }
};
