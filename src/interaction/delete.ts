/** delete and conditional delete, https://hl7.org/fhir/R4/http.html#delete */
import { FhirError } from '../core/error.js';
import type { ResourceKey, Version, Write } from '../store/resource.js';
import { answerNothing } from './answer.js';
import { applyChange, deletionOf, versionOf, type Change } from './change.js';
import { keyOf, typeOf, type Context, type Interaction } from './context.js';
import { checkNotLent, lookUp } from './gate.js';
import { checkAnswerTaken, keptAnswer } from './idempotency.js';
import { matchNow, onlyMatch, parseCriteria, type Criteria } from './match.js';
import { checkPreconditions } from './precondition.js';
import { checkUnreferenced, guardUnreferenced, warnReferenced } from './reference.js';
import type { FhirResponse } from './request.js';
import { answerTrial, commitOrTry, trialOf } from './trial.js';

/** Returns 204 (200 with an outcome on wish), also when there was nothing to delete. */
export const remove: Interaction = async (context) => {
  const key = keyOf(context);
  return applyChange(context, `${key.type}/${key.id}`, () => decideDelete(context, key));
};

/** Returns what a delete does on what is current. */
export const decideDelete = async (context: Context, key: ResourceKey): Promise<Change> => {
  const current = await lookUp(context, key);
  checkPreconditions(context.request.conditions, current, false);
  return decideDeletion(context, current);
};

const nothing: Change = { guards: [], status: 204, issues: [] };

/** Returns the change that deletes this version; nothing when it is deleted already. `also`: `Type/id` of what the same commit changes. */
export const decideDeletion = async (context: Context, current: Version | undefined, also?: ReadonlySet<string>): Promise<Change> => {
  if (current?.body === undefined) return nothing;
  checkNotLent(context, current);
  return { write: deletionOf(current, current.version), guards: await guardUnreferenced(context, current, also), status: 204, issues: await warnReferenced(context, current) };
};

/** Returns the same for what the criteria match; several only where the server is set to delete them all. */
export const conditionalDelete: Interaction = async (context) => {
  const criteria = parseCriteria(context, typeOf(context), context.request.params);
  if (context.service.options.conditionalDelete === 'multiple') {
    return context.service.lanes.run(criteria.claim, () => deleteMatches(context, criteria));
  }
  return applyChange(context, criteria.claim, () => decideConditionalDelete(context, criteria));
};

/** Returns what a conditional delete of at most one resource does on what is current. */
export const decideConditionalDelete = async (context: Context, criteria: Criteria): Promise<Change> => {
  const matches = await matchNow(context, criteria);
  const found = onlyMatch(matches, criteria);
  checkPreconditions(context.request.conditions, found, false);
  const change = await decideDeletion(context, found);
  return { ...change, guards: [matches.guard, ...change.guards] };
};

/** One commit deletes at most this many; criteria that match more are refused rather than half done. */
const most = 10_000;

const deleteMatches = async (context: Context, criteria: Criteria): Promise<FhirResponse> => {
  for (let tried = 0; tried < 40; tried += 1) {
    const { versions, guard } = await matchNow(context, criteria, most + 1);
    if (versions.length > most) throw new FhirError('too-costly', `The criteria match more than ${String(most)} resources; narrow them.`);
    const leaving = new Set(versions.map(({ type, id }) => `${type}/${id}`));
    const guards = [guard];
    for (const version of versions) {
      checkNotLent(context, version);
      guards.push(...await guardUnreferenced(context, version, leaving));
    }
    const writes = versions.map((version) => deletionOf(version, version.version));
    const answer = keptAnswer(context, { kind: 'nothing' });
    const result = await commitOrTry(context, { writes, guards, answer });
    if (result.ok) return context.request.dryRun === true ? answerTried(context, writes, result.updated) : answerDeleted(context, versions.length);
    checkAnswerTaken(result);
    checkUnreferenced(result, guards);
  }
  throw new FhirError('version-conflict', 'The matches keep changing while this request is processed; repeat it.', { retryAfter: 1 });
};

const answerTried = async (context: Context, writes: readonly Write[], updated: number): Promise<FhirResponse> => {
  const trials = writes.map((write) => trialOf(context, { status: 204, version: versionOf(write, updated), isWritten: true, issues: [] }));
  return answerTrial(204, await Promise.all(trials));
};

const answerDeleted = (context: Context, count: number): FhirResponse =>
  context.request.prefer.return === 'OperationOutcome'
    ? { status: 200, issues: [{ severity: 'information', code: 'informational', diagnostics: `${String(count)} resources were deleted.` }] }
    : answerNothing(context);
