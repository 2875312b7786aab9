/**
 * transaction: all entries or none, https://hl7.org/fhir/R4/http.html#transaction. Identities first, then references,
 * then one commit whose guards hold every condition the outcome was decided on.
 */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import type { Guard, Write } from '../store/resource.js';
import { atEntry, type EntryIn } from './bundle-entry.js';
import { bundleText } from './bundle-text.js';
import { answerWrite, answerNothing } from './answer.js';
import { versionOf, recipeOf, type Change } from './change.js';
import type { Context, Perform } from './context.js';
import { answerEntry } from './entry-text.js';
import { checkAnswerTaken, keptAnswer, replayRecipe, type Recipe } from './idempotency.js';
import { refusalOf } from './refusal.js';
import type { FhirResponse, TrialResult } from './request.js';
import { answerTrial, commitOrTry, trialOf } from './trial.js';
import { checkUnreferenced } from './reference.js';
import { decideEntries, type Decided } from './transaction-decide.js';
import { prepareEntries, withinAsync, type Prepared } from './transaction-prepare.js';

const attempts = 20;
const isRead = ({ method }: EntryIn): boolean => method === 'GET' || method === 'HEAD';

/** Returns 200 with one entry for each; throws what the first entry that fails deserves, and nothing is stored. */
export const transact = async (context: Context, entries: readonly EntryIn[], perform: Perform): Promise<FhirResponse> => {
  checkFullUrls(entries);
  const writing = await prepareEntries(context, entries.filter((entry) => !isRead(entry)));
  await checkReads(context, entries, { writing, perform });
  return context.service.lanes.run(lanesOf(writing), () => attemptAll(context, { entries, writing, perform }));
};

/** What the transaction competes for is named as single requests name it: all wait for each other instead of retrying. */
const lanesOf = (writing: readonly Prepared[]): string[] => {
  const names = writing.map(({ entry, type, criteria }) => (entry.request.id === undefined ? criteria?.claim : `${type}/${entry.request.id}`));
  return [...new Set(names.filter((name) => name !== undefined))];
};

interface Undertaking {
  readonly entries: readonly EntryIn[];
  readonly writing: readonly Prepared[];
  readonly perform: Perform;
}

const attemptAll = async (context: Context, undertaking: Undertaking): Promise<FhirResponse> => {
  for (let tried = 0; tried < attempts; tried += 1) {
    const answer = await attempt(context, undertaking);
    if (answer !== undefined) return answer;
  }
  throw new FhirError('version-conflict', 'The resources keep changing while this transaction is processed; repeat it.', { retryAfter: 1 });
};

/** Decides and commits once; undefined when something changed in between. */
const attempt = async (context: Context, { entries, writing, perform }: Undertaking): Promise<FhirResponse | undefined> => {
  const changes = await decideEntries(context, writing);
  checkNotDeleted(entries, changes);
  const { writes, guards } = commitOf(changes);
  const recipes = entries.map((entry): Recipe | null => { const change = changes.get(entry.index); return change === undefined ? null : recipeOf(change); });
  const answer = keptAnswer(context, { kind: 'transaction', entries: recipes });
  const result = writes.length === 0 && answer === undefined ? { ok: true as const, updated: 0 } : await commitOrTry(context, { writes, guards, answer });
  if (result.ok && context.request.dryRun === true) return answerTried(context, { entries, changes, updated: result.updated });
  if (result.ok) return answerAll(context, entries, (entry) => answerEntryOf(context, { entry, change: withTwin(changes, entry.index), updated: result.updated, perform }));
  checkAnswerTaken(result);
  checkUnreferenced(result, guards);
  return undefined;
};

/** Returns the first answer to a transaction again; undefined when the recipe is not one of a transaction. */
export const replayTransaction = async (context: Context, kept: { recipe: Recipe; entries: readonly EntryIn[]; perform: Perform }): Promise<FhirResponse | undefined> => {
  const { recipe, entries, perform } = kept;
  if (recipe.kind !== 'transaction') return undefined;
  return answerAll(context, entries, async (entry) => {
    const own = recipe.entries[entry.index];
    const inner = { ...context, request: entry.request };
    return (own && (await replayRecipe(inner, own))) ?? answerRead(context, entry, perform);
  });
};

const checkFullUrls = (entries: readonly EntryIn[]): void => {
  const seen = new Map<string, number>();
  for (const { fullUrl, index } of entries) {
    if (fullUrl === undefined) continue;
    const before = seen.get(fullUrl);
    if (before !== undefined) throw atEntry(new FhirError('invalid-bundle', `fullUrl is the same as that of entry ${String(before)}; each must be unique.`), index);
    seen.set(fullUrl, index);
  }
};

const targetOf = ({ request: { type = '', id = '' } }: EntryIn): string => `${type}/${id}`;

/** A read that cannot be answered fails the whole, so it is tried before anything is stored. */
const checkReads = async (context: Context, entries: readonly EntryIn[], { writing, perform }: { writing: readonly Prepared[]; perform: Perform }): Promise<void> => {
  const stored = new Set(writing.flatMap(({ entry }) => (entry.method === 'DELETE' ? [] : [targetOf(entry)])));
  for (const entry of entries.filter(isRead)) {
    if (entry.request.interaction === 'read' && stored.has(targetOf(entry))) continue;
    await withinAsync(entry, () => perform(context.service, context.viewer, entry.request));
  }
};

/** What the transaction itself deletes cannot be read after it. */
const checkNotDeleted = (entries: readonly EntryIn[], changes: ReadonlyMap<number, Change>): void => {
  const deleted = new Set([...changes.values()].flatMap(({ write }) => (write !== undefined && write.body === undefined ? [`${write.type}/${write.id}`] : [])));
  const entry = entries.find((one) => isRead(one) && one.request.interaction === 'read' && deleted.has(targetOf(one)));
  if (entry !== undefined) throw atEntry(new FhirError('deleted', 'The transaction deletes what this entry reads.'), entry.index);
};

/** A conditional create that found what another entry stores answers with that. */
const withTwin = (changes: ReadonlyMap<number, Decided>, index: number): Decided | undefined => {
  const change = changes.get(index);
  const twin = change?.twin === undefined ? undefined : changes.get(change.twin);
  return twin === undefined ? change : { ...twin, status: 200, issues: [] };
};

const commitOf = (changes: ReadonlyMap<number, Change>): { writes: Write[]; guards: Guard[] } => {
  const writes: Write[] = [];
  const guards = new Map<string, Guard>();
  for (const change of changes.values()) {
    if (change.write !== undefined) writes.push(change.write);
    for (const guard of change.guards) guards.set(guard.kind === 'matches' ? guard.claim : `${guard.kind} ${guard.key.type}/${guard.key.id}`, guard);
  }
  return { writes, guards: [...guards.values()] };
};

const answerAll = async (context: Context, entries: readonly EntryIn[], answerOf: (entry: EntryIn) => Promise<FhirResponse>): Promise<FhirResponse> => {
  const answers: string[] = [];
  const breathe = makeBreather();
  for (const entry of entries) {
    answers.push(answerEntry(context.service.options.baseUrl, await answerOf(entry), entry.method));
    await breathe();
  }
  const { ids, clock } = context.service;
  return { status: 200, body: bundleText({ id: ids.resource(), type: 'transaction-response', updated: clock.now(), links: [], entries: answers }) };
};

interface Trying {
  readonly entries: readonly EntryIn[];
  readonly changes: ReadonlyMap<number, Decided>;
  readonly updated: number;
}

/** A read that cannot be answered has failed the whole before; what it would find after the writes is not stored anywhere. */
const answerTried = async (context: Context, { entries, changes, updated }: Trying): Promise<FhirResponse> => {
  const results: TrialResult[] = [];
  for (const entry of entries) {
    const change = withTwin(changes, entry.index);
    const isWritten = change?.write !== undefined && changes.get(entry.index)?.twin === undefined;
    const version = change?.write === undefined ? change?.found : versionOf(change.write, updated);
    results.push(await trialOf({ ...context, request: entry.request }, { entry: entry.index, status: change?.status ?? 200, version, isWritten, issues: change?.issues ?? [] }));
  }
  return answerTrial(200, results);
};

interface Answering {
  readonly entry: EntryIn;
  readonly change: Change | undefined;
  readonly updated: number;
  readonly perform: Perform;
}

/** Reads come after the writes, as the processing order asks. */
const answerEntryOf = async (context: Context, { entry, change, updated, perform }: Answering): Promise<FhirResponse> => {
  const inner = { ...context, request: entry.request };
  if (change === undefined) return answerRead(context, entry, perform);
  const version = change.write === undefined ? change.found : versionOf(change.write, updated);
  return version === undefined ? answerNothing(inner) : answerWrite(inner, { status: change.status, version, issues: change.issues });
};

/** What others changed since the commit is no reason to hide that it happened: the entry alone says so. */
const answerRead = async (context: Context, { request }: EntryIn, perform: Perform): Promise<FhirResponse> => {
  try {
    return await perform(context.service, context.viewer, { ...request, idempotencyKey: undefined });
  } catch (error) {
    return refusalOf(context, error);
  }
};
