/** Whether anything refers to a resource, by any reference parameter there is (https://hl7.org/fhir/R4/references.html). */
import type { ClientSession } from 'mongoose';
import { tellingTypes, type ResourceKey } from '../store/resource.js';
import type { Keys } from '../store-index/keys.js';
import { kinds } from '../store-index/packed.js';
import { referrerKey } from './index-keys.js';
import type { Models } from './model.js';
import { nameOf } from './name.js';
import { candidateFields, toCandidate, type CandidateDocument } from './search/candidate.js';
import { maxTimeMS } from './transaction.js';

interface Looking {
  readonly models: Models;
  readonly keys: Keys;
  readonly session: ClientSession | null;
}

/** Resolves with whether a current resource outside of `except` ("Type/id") refers to the resource. */
export const isReferenced = async ({ models, keys, session }: Looking, key: ResourceKey, except: ReadonlySet<string>): Promise<boolean> => {
  const target = nameOf(key);
  const query = models.resource.find({ keys: { $in: [referrerKey(keys, target)] }, deleted: false }, candidateFields);
  for await (const document of query.session(session).maxTimeMS(maxTimeMS).lean<CandidateDocument[]>().cursor()) {
    if (!except.has(document._id) && !tellingTypes.has(document._id.split('/')[0] ?? '') && refersTo(document, target)) return true;
  }
  return false;
};

const refersTo = (document: CandidateDocument, target: string): boolean => {
  const { entries } = toCandidate(document);
  while (entries.next()) if (entries.kind === kinds.reference && entries.text === target) return true;
  return false;
};
