/** Answers kept for Idempotency-Keys are deleted some time after they have expired; until then they are only not used. */
import { makeRepeatedJob, type Job } from '../core/job.js';
import type { Service } from './service.js';

const everyMs = 10 * 60_000;

/** Returns the job that deletes expired answers. */
export const makeExpireAnswers = ({ store, clock, observe }: Service): Job => makeRepeatedJob({
  name: 'expire-answers',
  everyMs,
  act: async () => { await store.maintain({ task: 'expire', now: clock.now() }); },
  onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'expire-answers', error }),
});
