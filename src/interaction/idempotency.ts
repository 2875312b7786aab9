/**
 * Idempotency-Key: the first answer to a write is kept with its commit and replayed for a repeat of the same request,
 * also after a crash (draft-ietf-httpapi-idempotency-key-header). A key is bound to its caller and kept for a day.
 */
import { FhirError, type Issue } from '../core/error.js';
import type { ErrorCode } from '../core/error-table.js';
import { hashOf } from '../core/hash.js';
import type { CommitResult, StoredAnswer, Version } from '../store/resource.js';
import { answerNothing, answerWrite } from './answer.js';
import type { Context, Interaction } from './context.js';
import { mayBeShownAgain } from './gate.js';
import type { FhirResponse } from './request.js';

/** How an answer is made again without what only the commit knew. */
export type Recipe =
  | { readonly kind: 'version'; readonly status: number; readonly type: string; readonly id: string; readonly version: number; readonly issues?: readonly Issue[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string; readonly issues: readonly Issue[] }
  /** Entries in the order of the request; a read has none and is done again. */
  | { readonly kind: 'transaction'; readonly entries: readonly (Recipe | null)[] }
  /** A batch is replayed entry by entry: each has a key of its own. */
  | { readonly kind: 'batch' };

/** Makes the answer of a kept transaction again; bundles register theirs, since they know how to write one. */
export type Replay = (context: Context, recipe: Recipe) => Promise<FhirResponse | undefined>;

/** Another request with the same key was faster; its answer is there now. */
class AnswerTaken extends Error {}

const keyForm = /^[\x21-\x7e]{1,255}$/;

const slotOf = ({ request, viewer }: Context): { key: string; fingerprint: string } | undefined => {
  const { idempotencyKey: sent, interaction, type, id, params, conditions, payload } = request;
  if (sent === undefined) return undefined;
  if (!keyForm.test(sent)) throw new FhirError('invalid-header', 'Idempotency-Key must be 1 to 255 visible ASCII characters.', { location: 'http.Idempotency-Key' });
  const about = JSON.stringify([interaction, type, id, params, conditions]);
  return { key: hashOf(viewer.key, sent), fingerprint: hashOf(about, payload?.text ?? '') };
};

/** Returns what the commit keeps for the key of this request; undefined when it has none. */
export const keptAnswer = (context: Context, recipe: Recipe): StoredAnswer | undefined => {
  const slot = slotOf(context);
  if (slot === undefined) return undefined;
  const { clock, options } = context.service;
  return { ...slot, expires: clock.now() + options.idempotencyHours * 3_600_000, answer: JSON.stringify(recipe) };
};

/** Leads to the replay when a commit failed because the key is taken; returns when the commit may be tried again. */
export const checkAnswerTaken = (result: CommitResult): void => {
  if (!result.ok && result.failed === 'answer') throw new AnswerTaken('another request with this Idempotency-Key was faster');
};

/** Returns the interaction with keys honoured: replayed when kept, `idempotency-conflict` when the request differs. */
export const idempotent = (inner: Interaction, replayMore?: Replay): Interaction => async (context) => {
  if (context.request.idempotencyKey === undefined) return inner(context);
  const first = await replayKept(context, replayMore);
  if (first !== undefined) return first;
  try {
    return await inner(context);
  } catch (error) {
    if (error instanceof AnswerTaken) return replayAfterRace(context, replayMore);
    if (!(error instanceof FhirError)) throw error;
    return keepError(context, error, replayMore);
  }
};

const replayAfterRace = async (context: Context, replayMore: Replay | undefined): Promise<FhirResponse> => {
  const answer = await replayKept(context, replayMore);
  if (answer !== undefined) return answer;
  throw new FhirError('version-conflict', 'Another request with this Idempotency-Key is being processed; repeat it.', { retryAfter: 1 });
};

/** Refusals are answers too and are kept; failures of the server and of the moment are not. */
const keepError = async (context: Context, error: FhirError, replayMore: Replay | undefined): Promise<FhirResponse> => {
  const lasting = error.status < 500 && error.status !== 429 && error.status !== 401 && error.code !== 'version-conflict' && error.code !== 'idempotency-conflict';
  const answer = lasting ? keptAnswer(context, { kind: 'error', code: error.code, message: error.message, issues: error.issues }) : undefined;
  if (answer === undefined) throw error;
  const result = await context.service.store.commit({ writes: [], answer });
  if (!result.ok) return replayAfterRace(context, replayMore);
  throw error;
};

const replayKept = async (context: Context, replayMore: Replay | undefined): Promise<FhirResponse | undefined> => {
  const slot = slotOf(context);
  const [kept] = slot === undefined ? [] : await context.service.store.answers({ key: slot.key }, context.service.clock.now());
  if (slot === undefined || kept === undefined) return undefined;
  if (kept.fingerprint !== slot.fingerprint) {
    throw new FhirError('idempotency-conflict', 'This Idempotency-Key was used with another request; use a new key for a new request.', { location: 'http.Idempotency-Key' });
  }
  const recipe = JSON.parse(kept.answer) as Recipe;
  const answer = await replayRecipe(context, recipe) ?? (await replayMore?.(context, recipe));
  return answer === undefined ? undefined : { ...answer, replayed: true };
};

/** Returns the answer a recipe stands for; undefined for those of bundles. Throws what was thrown the first time. */
export const replayRecipe = async (context: Context, recipe: Recipe): Promise<FhirResponse | undefined> => {
  switch (recipe.kind) {
    case 'version':
      return answerVersion(context, recipe);
    case 'nothing':
      return answerNothing(context);
    case 'error':
      throw new FhirError(recipe.code, recipe.message, { issues: recipe.issues });
    case 'transaction':
    case 'batch':
      return undefined;
  }
};

/** What the caller may no longer see is not shown again: the answer then only says what was done. */
const answerVersion = async (context: Context, recipe: Extract<Recipe, { kind: 'version' }>): Promise<FhirResponse> => {
  const version = await keptVersion(context, recipe);
  const isShown = await mayBeShownAgain(context, version);
  const shown = isShown ? context : { ...context, request: { ...context.request, prefer: { ...context.request.prefer, return: 'minimal' as const } } };
  return answerWrite(shown, { status: recipe.status, version, issues: isShown ? recipe.issues ?? [] : [] });
};

const keptVersion = async (context: Context, recipe: { type: string; id: string; version: number }): Promise<Version> => {
  const version = await context.service.store.read(recipe, recipe.version);
  if (version === undefined) throw new FhirError('internal', 'The version this answer speaks of is not in the store.', { detail: `${recipe.type} version ${String(recipe.version)} of a kept answer is missing` });
  return version;
};
