/** batch: every entry for itself, https://hl7.org/fhir/R4/http.html#batch */
import { readEntry, type EntryIn } from './bundle-entry.js';
import { bundleText } from './bundle-text.js';
import type { Context, Perform } from './context.js';
import { answerEntry } from './entry-text.js';
import { checkAnswerTaken, idempotent, keptAnswer } from './idempotency.js';
import { refusalOf } from './refusal.js';
import type { FhirResponse, RawEntry, TrialResult } from './request.js';
import { answerTrial } from './trial.js';

/** Entries that run side by side: enough to share commits, few enough to stay fair to other callers. */
const width = 16;
/** Deletes, creates, updates, reads: the order of a transaction, which a batch may be read in as well. */
const phases = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET', 'HEAD'];

/** Returns 200 with one entry for each, errors included. With an Idempotency-Key each entry has a key of its own. */
export const answerBatch = async (context: Context, raw: readonly RawEntry[], perform: Perform): Promise<FhirResponse> => {
  const replayed = await claim(context);
  const answers: string[] = new Array<string>(raw.length).fill('');
  const tried: TrialResult[][] = [];
  const read = raw.map((entry, index) => readOrRefuse(context, entry, index));
  const entries = read.filter((entry): entry is EntryIn => !('refusal' in entry));
  for (const phase of phases) {
    await inParallel(entries.filter((entry) => entry.method === phase), async (entry) => {
      const response = await answerOne(context, entry, perform);
      if (context.request.dryRun === true) tried[entry.index] = triedBy(entry.index, response);
      else answers[entry.index] = answerEntry(context.service.options.baseUrl, response, entry.method);
    });
  }
  for (const entry of read) {
    if (!('refusal' in entry)) continue;
    answers[entry.index] = answerEntry(context.service.options.baseUrl, entry.refusal);
    tried[entry.index] = triedBy(entry.index, entry.refusal);
  }
  if (context.request.dryRun === true) return answerTrial(200, tried.flat());
  const { ids, clock } = context.service;
  return { status: 200, replayed, body: bundleText({ id: ids.resource(), type: 'batch-response', updated: clock.now(), links: [], entries: answers }) };
};

const triedBy = (entry: number, { trial, status, issues = [], code }: FhirResponse): TrialResult[] =>
  trial === undefined ? [{ entry, status, issues, code }] : trial.map((result) => ({ ...result, entry }));

/** Takes the key for this batch, or finds it taken by the same batch: then the entries' own keys replay what was done. */
const claim = async (context: Context): Promise<boolean | undefined> => {
  const answer = await idempotent(async (inner) => {
    const kept = keptAnswer(inner, { kind: 'batch' });
    if (kept !== undefined) checkAnswerTaken(await inner.service.store.commit({ writes: [], answer: kept }));
    return { status: 200 };
  }, async () => ({ status: 200 }))(context);
  return answer.replayed;
};

interface Refused {
  readonly index: number;
  readonly refusal: FhirResponse;
}

const readOrRefuse = (context: Context, entry: RawEntry, index: number): EntryIn | Refused => {
  try {
    return readEntry(context, entry, index);
  } catch (error) {
    return { index, refusal: refusalOf(context, error) };
  }
};

const answerOne = async (context: Context, entry: EntryIn, perform: Perform): Promise<FhirResponse> => {
  try {
    return await perform(context.service, context.viewer, entry.request);
  } catch (error) {
    return refusalOf(context, error);
  }
};

const inParallel = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
};
