/**
 * Jobs by the calendar: every process has the schedule, and of all of them one claims each slot in the store, so that it is done once
 * (https://nodecron.com/). A slot is not made up for when no process ran.
 */
import { createTask, type ScheduledTask } from 'node-cron';
import type { Clock } from '../core/clock.js';
import type { Job } from '../core/job.js';
import type { LeaseStore } from '../store/lease.js';

export interface Scheduled {
  /** Also what the slots are claimed under. */
  readonly name: string;
  /** As cron has it, in UTC: minute, hour, day of month, month, day of week; six fields begin with the second. */
  readonly schedule: string;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly act: () => Promise<void>;
  /** Told of an act that failed, and of a store that could not be asked; the next slot comes all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** How long a claim is remembered at least: longer than clocks of servers differ and timers are late. */
const rememberedMs = 3_600_000;

/** Returns the job. */
export const makeCronJob = ({ name, schedule, leases, clock, act, onFailure }: Scheduled): Job => {
  let task: ScheduledTask | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    running = act().catch(onFailure);
    await running;
    running = undefined;
  };
  const claim = async (slot: string, ttlMs: number): Promise<boolean> => {
    try {
      return await leases.claim(`slot/${slot}`, clock.now() + Math.max(ttlMs, rememberedMs));
    } catch (error) {
      onFailure(error);
      return false;
    }
  };
  return {
    name, shared: true,
    start: () => {
      task ??= createTask(schedule, run, {
        name, timezone: 'Etc/UTC', noOverlap: true, distributed: true, runCoordinator: { shouldRun: claim }, unref: true, suppressMissedWarning: true, logger: silent,
      });
      void task.start();
    },
    stop: async () => {
      await task?.destroy();
      task = undefined;
      await running;
    },
  };
};

/** What goes wrong is told by `onFailure`; nothing else may write to the log. */
const nothing = (): void => undefined;
const silent = { info: nothing, warn: nothing, error: nothing, debug: nothing };
