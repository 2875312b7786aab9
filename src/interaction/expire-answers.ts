/** Answers kept for Idempotency-Keys are deleted some time after they have expired; until then they are only not used. */
import type { Job } from '../core/job.js';
import { makeCronJob } from '../scheduler/cron.js';
import type { LeaseStore } from '../store/lease.js';
import type { Service } from './service.js';

/** Returns the job that deletes expired answers, every ten minutes, by one of the processes that share the store. */
export const makeExpireAnswers = ({ store, clock, observe }: Service, leases: LeaseStore): Job => makeCronJob({
  name: 'expire-answers', schedule: '*/10 * * * *', leases, clock,
  act: async () => { await store.maintain({ task: 'expire', now: clock.now() }); },
  onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'expire-answers', error }),
});
