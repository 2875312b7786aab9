import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { makeCronJob } from '../../../src/scheduler/cron.js';
import { makeSharedLeases } from '../../fixture/shared-leases.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

describe('a job by the calendar', () => {
  it('is done once in each slot, however many processes have it', async () => {
    const leasesOf = makeSharedLeases(systemClock);
    const slots: number[] = [];
    const failures: unknown[] = [];
    const jobs = ['a', 'b', 'c'].map((owner) => makeCronJob({
      name: 'job', schedule: '* * * * * *', leases: leasesOf(owner), clock: systemClock, onFailure: (error) => { failures.push(error); },
      act: async () => { slots.push(Math.round(Date.now() / 1_000)); },
    }));
    for (const job of jobs) job.start();
    while (slots.length < 3) await pause(50);
    await Promise.all(jobs.map((job) => job.stop()));
    const { length } = slots;
    expect(new Set(slots).size).toBe(length);
    expect(failures).toEqual([]);
    await pause(1_200);
    expect(slots).toHaveLength(length);
  });

  it('tells of an act that fails and of a store that cannot be asked, and goes on', async () => {
    const failures: string[] = [];
    let away = true;
    const leases = makeSharedLeases(systemClock)('a');
    const job = makeCronJob({
      name: 'job', schedule: '* * * * * *', clock: systemClock, onFailure: (error) => { failures.push(String(error)); },
      leases: { ...leases, claim: async (name, expires) => { if (away) { away = false; throw new Error('away'); } return leases.claim(name, expires); } },
      act: async () => { throw new Error('act'); },
    });
    job.start();
    while (failures.length < 3) await pause(50);
    await job.stop();
    expect(failures.slice(0, 3)).toEqual(['Error: away', 'Error: act', 'Error: act']);
  });
});
