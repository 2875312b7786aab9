/** How candidates are fetched: by one query outside of any transaction, which is of one moment by itself, or by a cursor within one (https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/). */
import type { QueryFilter } from 'mongoose';
import type { ResourceDocument } from '../model.js';
import { maxTimeMS } from '../transaction.js';
import { candidateFields, type CandidateDocument } from './candidate.js';
import { NotAtOnce, type Finding } from './scope.js';

/** What of the resources is fetched. */
export interface Fetching {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly hint?: Readonly<Record<string, 1>> | undefined;
  readonly sort?: Readonly<Record<string, 1>> | undefined;
  /** Documents of one query; when that many come and more are wanted, it has to be asked in a transaction. */
  readonly enough: number;
}

/** Documents of a batch within a transaction. */
export const batch = 200;

/** Yields the documents; throws NotAtOnce, outside of a transaction, where one query does not bring all that are wanted. */
export async function* fetched({ models, session }: Finding, { filter, hint, sort, enough }: Fetching): AsyncGenerator<CandidateDocument> {
  const query = models.resource.find(filter as QueryFilter<ResourceDocument>, candidateFields).session(session).maxTimeMS(maxTimeMS).lean<CandidateDocument[]>();
  if (hint !== undefined) query.hint(hint);
  if (sort !== undefined) query.sort(sort);
  if (session === null) {
    // One more than the limit, or the server keeps the cursor open. Batches beyond the size of a message are of the same moment.
    const documents = await query.limit(enough).batchSize(enough + 1).readConcern('snapshot');
    yield* documents;
    if (documents.length === enough) throw new NotAtOnce();
    return;
  }
  const cursor = query.batchSize(batch).cursor();
  try {
    yield* cursor;
  } finally {
    await cursor.close();
  }
}
