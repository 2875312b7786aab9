/**
 * How every write happens: decide on what is current, commit with guards, and decide again when something changed
 * in between. Nothing is decided that the commit does not check, so no race can make a false answer.
 */
import { FhirError, type Issue } from '../core/error.js';
import { toInstant } from '../core/clock.js';
import { stampResource } from '../core/json/stamp.js';
import type { Guard, ResourceKey, Version, Write, WriteMethod } from '../store/resource.js';
import { answerNothing, answerWrite } from './answer.js';
import type { Context } from './context.js';
import { checkMayStore, checkNotLent } from './gate.js';
import { checkLabels } from './label.js';
import { checkAnswerTaken, keptAnswer, type Recipe } from './idempotency.js';
import { checkUnreferenced } from './reference.js';
import type { Incoming } from './incoming.js';
import type { FhirResponse } from './request.js';
import { answerTrial, commitOrTry, trialOf } from './trial.js';

/** What a decided write will store and answer. Neither `write` nor `found`: there was nothing to do. */
export interface Change {
  readonly write?: Write | undefined;
  /** The resource that makes the write needless, as a match of If-None-Exist. */
  readonly found?: Version | undefined;
  readonly guards: readonly Guard[];
  readonly status: number;
  readonly issues: readonly Issue[];
}

const attempts = 40;
const epoch = toInstant(0);

/** Resolves with the write of a new version of `incoming` under `id`, after the version `base`; rejects with `forbidden` where the viewer may not store it. */
export const writeOf = async (context: Context, incoming: Incoming, target: { id: string; base: number; method: WriteMethod; former?: Version | undefined }): Promise<Write> => {
  const { id, base, method, former } = target;
  checkLabels(context, incoming, former);
  if (former !== undefined) checkNotLent(context, former);
  const index = context.service.registry.extract(incoming.value);
  await checkMayStore(context, method === 'POST' ? 'c' : 'u', { type: incoming.type, id, value: incoming.value, entries: index });
  const body = stampResource(incoming.text, { id, versionId: String(base + 1), lastUpdated: epoch });
  return { type: incoming.type, id, method, base, body, index };
};

/** Returns the write that deletes the resource after the version `base`. */
export const deletionOf = (key: ResourceKey, base: number): Write => ({ type: key.type, id: key.id, method: 'DELETE', base, index: [] });

/** Returns the version that a stored write has become; its feed position is not known here and stays 0. */
export const versionOf = ({ type, id, method, base, body }: Write, updated: number): Version => {
  const text = body === undefined ? undefined : body.text.slice(0, body.stampAt) + toInstant(updated) + body.text.slice(body.stampAt + epoch.length);
  return { type, id, method, version: base + 1, updated, seq: 0, body: text };
};

/** Returns how the answer to the change is made again later. */
export const recipeOf = ({ write, found, status, issues }: Change): Recipe => {
  if (write !== undefined) return { kind: 'version', status, type: write.type, id: write.id, version: write.base + 1, issues };
  if (found !== undefined) return { kind: 'version', status, type: found.type, id: found.id, version: found.version, issues };
  return { kind: 'nothing' };
};

/**
 * Decides and commits, again when the store has moved on. `lane` names what competes, so that this process does
 * not race with itself; undefined when nothing can. Throws `version-conflict` when others win too often.
 */
export const applyChange = (context: Context, lane: string | undefined, decide: () => Promise<Change>): Promise<FhirResponse> =>
  lane === undefined ? attempt(context, decide) : context.service.lanes.run(lane, () => attempt(context, decide));

const attempt = async (context: Context, decide: () => Promise<Change>): Promise<FhirResponse> => {
  for (let tried = 0; tried < attempts; tried += 1) {
    const change = await decide();
    const answer = keptAnswer(context, recipeOf(change));
    if (change.write === undefined && answer === undefined) return respondTo(context, change, 0);
    const writes = change.write === undefined ? [] : [change.write];
    const result = await commitOrTry(context, { writes, guards: change.guards, answer });
    if (result.ok) return respondTo(context, change, result.updated);
    checkAnswerTaken(result);
    checkUnreferenced(result, change.guards);
  }
  throw new FhirError('version-conflict', 'The resource keeps changing while this request is processed; repeat it.', { retryAfter: 1 });
};

const respondTo = async (context: Context, { write, found, status, issues }: Change, updated: number): Promise<FhirResponse> => {
  const version = write === undefined ? found : versionOf(write, updated);
  if (context.request.dryRun === true) return answerTrial(status, [await trialOf(context, { status, version, isWritten: write !== undefined, issues })]);
  return version === undefined ? answerNothing(context) : answerWrite(context, { status, version, issues });
};
