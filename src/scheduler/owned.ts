/** A job that one of several processes does, again and again; when that one dies another takes it over. */
import { makeRepeatedJob, type Job, type Repeated } from '../core/job.js';
import type { Hold } from './hold.js';

export interface Owned extends Omit<Repeated, 'act'> {
  readonly hold: Hold;
  readonly act: (signal: AbortSignal) => Promise<void>;
}

/** Returns the job. Its signal is aborted when the job was lost to another process, or is to stop. */
export const makeOwnedJob = ({ hold, act, ...rest }: Owned): Job => {
  const repeated = makeRepeatedJob({
    ...rest,
    act: async () => {
      if (await hold.mine()) await act(hold.signal);
    },
  });
  return {
    ...repeated,
    shared: true,
    stop: async () => {
      const stopped = repeated.stop();
      await hold.close();
      await stopped;
    },
  };
};
