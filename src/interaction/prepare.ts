/** Prepares in small steps, once the server listens, what the first request about everything would else wait for. */
import { makeBreather } from '../core/breathe.js';
import type { Job } from '../core/job.js';
import { resourceTypes } from '../fhir/definitions.js';
import type { Service } from './service.js';

/** Returns the job that has the search parameters of every type read; it gives way to requests after each few milliseconds. */
export const makePrepare = ({ registry, observe }: Service): Job => {
  let stopped = false;
  let running: Promise<void> | undefined;
  const prepare = async (): Promise<void> => {
    const breathe = makeBreather();
    for (const type of resourceTypes) {
      if (stopped) return;
      registry.parametersOf(type);
      await breathe();
    }
  };
  return {
    name: 'prepare',
    start: () => { running ??= prepare().catch((error: unknown) => observe({ kind: 'failure', requestId: undefined, where: 'prepare', error })); },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
};
