/** batch and transaction: one Bundle of requests, https://hl7.org/fhir/R4/http.html#transaction */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import { readBundle } from '../fhir/bundle-text.js';
import { answerBatch } from './batch.js';
import { readEntry, type EntryIn } from './bundle-entry.js';
import type { Context, Interaction, Perform } from './context.js';
import { idempotent } from './idempotency.js';
import type { RawEntry } from './request.js';
import { replayTransaction, transact } from './transaction.js';

/** Returns the interaction, whose entries go through `perform`: 200 with a response Bundle; throws `invalid-bundle`, and for a transaction whatever its entries deserve. */
export const makeBundleInteraction = (perform: Perform): Interaction => async (context) => {
  const { type, raw } = await readParts(context);
  if (type === 'batch') return answerBatch(context, raw, perform);
  const entries = await readEntries(context, raw);
  const run = idempotent((inner) => transact(inner, entries, perform), (inner, recipe) => replayTransaction(inner, { recipe, entries, perform }));
  return run(context);
};

interface Parts {
  readonly type: 'batch' | 'transaction';
  readonly raw: readonly RawEntry[];
}

const readParts = async (context: Context): Promise<Parts> => {
  const { payload, requestId } = context.request;
  const { maxDepth, maxBundleEntries } = context.service.options;
  if (payload?.bundle !== undefined) return checkCount({ type: payload.bundle.type, raw: payload.bundle.entries }, maxBundleEntries);
  if (payload === undefined || payload.text.trim() === '') throw new FhirError('empty-body', 'Send a Bundle of type batch or transaction in the body.', { detail: requestId });
  const breathe = makeBreather();
  const raw: RawEntry[] = [];
  const bundle = readBundle(payload.text, { maxDepth });
  for (const entry of bundle.entries) {
    raw.push(entry);
    if (raw.length > maxBundleEntries) throw tooMany(maxBundleEntries);
    await breathe();
  }
  const { resourceType, type } = bundle.head();
  if (resourceType !== 'Bundle') throw new FhirError('wrong-resource-type', 'The base of the server takes a Bundle of type batch or transaction.', { expression: 'resourceType' });
  if (type !== 'batch' && type !== 'transaction') throw new FhirError('invalid-bundle', 'Bundle.type must be batch or transaction here.', { expression: 'Bundle.type' });
  return { type, raw };
};

const tooMany = (limit: number): FhirError =>
  new FhirError('too-many-entries', `The Bundle has more than ${String(limit)} entries; split it.`, { expression: 'Bundle.entry' });

const checkCount = (parts: Parts, limit: number): Parts => {
  if (parts.raw.length > limit) throw tooMany(limit);
  return parts;
};

const readEntries = async (context: Context, raw: readonly RawEntry[]): Promise<EntryIn[]> => {
  const breathe = makeBreather();
  const entries: EntryIn[] = [];
  for (const [index, entry] of raw.entries()) {
    entries.push(readEntry(context, entry, index));
    await breathe();
  }
  return entries;
};
