/** What a server does about the mark of its store: it does not serve data that another store has (https://hl7.org/fhir/R4/http.html#versioning). */
import { FhirError } from '../../core/error.js';
import { makeRepeatedJob, type Job } from '../../core/job.js';
import type { Service } from '../../interaction/service.js';
import type { Store } from '../../store/store.js';

/** Throws where the data must not be served from this store: another one has it, or will have. */
export const demandServed = async (store: Store): Promise<void> => {
  const { mark: { state, text } } = await store.head();
  if (state === 'moved') throw new Error(`The data of this store has ${text}. Set STORE_URL to where it is now. (A move that was interrupted is finished by the same "concierge migrate".)`);
  if (state === 'copying') throw new Error(`This store is an unfinished copy (${text}) and must not be served. Run the same "concierge migrate" again to finish it, or set STORE_URL to where the data is.`);
};

const watchMs = 1_000;

/** Returns the job that looks at the mark. Other processes may move the data; this one stops when it learns of it, so that nobody is answered from what was left behind. */
export const watchMark = ({ store, observe }: Service, onFatal: ((error: unknown) => void) | undefined): Job => makeRepeatedJob({
  name: 'store-mark', everyMs: watchMs,
  act: async () => { await store.commit({ writes: [], dryRun: true }); },
  onFailure: (error) => {
    if (error instanceof FhirError && error.code === 'store-unavailable') return; // Readiness tells of it.
    observe({ kind: 'failure', requestId: undefined, where: 'store-mark', error });
    if (error instanceof FhirError && error.code === 'store-moved') onFatal?.(error);
  },
});
