import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { LeaseLost, makeHold, type Hold } from '../../../src/scheduler/hold.js';
import { makeOwnedJob } from '../../../src/scheduler/owned.js';
import type { LeaseStore } from '../../../src/store/lease.js';
import { makeSharedLeases } from '../../fixture/shared-leases.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => { while (!(await holds())) await pause(5); };

const failing = (error: unknown): void => { throw error; };

const makeTime = () => {
  let skipped = 0;
  return { clock: { now: () => Date.now() + skipped, monotonic: () => performance.now() + skipped }, skip: (ms: number) => { skipped += ms; } };
};

const holdOf = (leases: LeaseStore, clock = systemClock, leaseMs = 60): Hold => makeHold({ name: 'job', leases, clock, leaseMs, onFailure: failing });

describe('a hold', () => {
  it('is of one at a time, is renewed by itself, and goes on to another when it is let go', async () => {
    const leasesOf = makeSharedLeases(systemClock);
    const [one, other] = [holdOf(leasesOf('a')), holdOf(leasesOf('b'))];
    expect(await one.mine()).toBe(true);
    await one.note('half');
    for (let at = 0; at < 10; at += 1) {
      await pause(15);
      expect(await other.mine()).toBe(false);
      expect(await one.mine()).toBe(true);
    }
    await one.close();
    expect(one.signal.aborted).toBe(true);
    expect(await other.mine()).toBe(true);
    expect(await other.read()).toBe('half');
    await other.close();
  });

  it('of a process that was paused is lost: its signal says so, and what it notes is refused', async () => {
    const { clock, skip } = makeTime();
    const leasesOf = makeSharedLeases(clock);
    const [one, other] = [holdOf(leasesOf('a'), clock, 30_000), holdOf(leasesOf('b'), clock, 30_000)];
    expect(await one.mine()).toBe(true);
    const { signal } = one;
    skip(30_001);
    expect(await other.mine()).toBe(true);
    await expect(one.note('too late')).rejects.toThrow(LeaseLost);
    expect(signal.aborted).toBe(true);
    expect(await one.mine()).toBe(false);
    await other.close();
    expect(await one.mine()).toBe(true);
    expect(one.signal.aborted).toBe(false);
    await one.close();
  });

  it('runs out when the store cannot be asked', async () => {
    const { clock, skip } = makeTime();
    const leases = makeSharedLeases(clock)('a');
    let away = false;
    const told: unknown[] = [];
    const hold = makeHold({
      name: 'job', clock, leaseMs: 60, onFailure: (error) => { told.push(error); },
      leases: { ...leases, take: async (name, ms) => { if (away) throw new Error('away'); return leases.take(name, ms); } },
    });
    expect(await hold.mine()).toBe(true);
    away = true;
    skip(60);
    await until(() => hold.signal.aborted);
    expect(String(told[0])).toContain('away');
    await expect(hold.mine()).rejects.toThrow('away');
    away = false;
    expect(await hold.mine()).toBe(true);
    await hold.close();
  });
});

describe('an owned job', () => {
  it('is done by one of two, and by the other when that one stops', async () => {
    const leasesOf = makeSharedLeases(systemClock);
    const acts: string[] = [];
    const job = (owner: string) => makeOwnedJob({ name: 'job', everyMs: 5, hold: holdOf(leasesOf(owner)), act: async () => { acts.push(owner); }, onFailure: failing });
    const [one, other] = [job('a'), job('b')];
    one.start();
    await until(() => acts.length > 2);
    other.start();
    await pause(50);
    expect(new Set(acts)).toEqual(new Set(['a']));
    await one.stop();
    await until(() => acts.includes('b'));
    const handedOver = acts.indexOf('b');
    await other.stop();
    expect(acts.slice(handedOver)).not.toContain('a');
  });
});
