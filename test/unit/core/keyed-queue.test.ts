/** Work that competes waits for each other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { makeKeyedQueue } from '../../../src/core/keyed-queue.js';

describe('a keyed queue', () => {
  const log: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    log.push(`${name} begins`);
    await sleep(2);
    log.push(`${name} ends`);
    return name;
  };

  it('runs work on one key one after the other, on others beside it', async () => {
    log.length = 0;
    const queue = makeKeyedQueue();
    expect(await Promise.all([queue.run('a', work('1')), queue.run('a', work('2')), queue.run('b', work('3'))])).toEqual(['1', '2', '3']);
    expect(log.indexOf('2 begins')).toBeGreaterThan(log.indexOf('1 ends'));
    expect(log.indexOf('3 begins')).toBeLessThan(log.indexOf('1 ends'));
    await sleep(1);
    expect(queue.size).toBe(0);
  });

  it('runs work on several keys after what came before on any of them, and never waits in a circle', async () => {
    log.length = 0;
    const queue = makeKeyedQueue();
    await Promise.all([queue.run(['a', 'b'], work('1')), queue.run(['b', 'a'], work('2')), queue.run('b', work('3')), queue.run('c', work('4'))]);
    expect(log.filter((line) => !line.startsWith('4'))).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
    await sleep(1);
    expect(queue.size).toBe(0);
  });

  it('goes on after work that failed', async () => {
    const queue = makeKeyedQueue();
    const failed = queue.run(['a', 'b'], async () => { throw new Error('no'); });
    const next = queue.run('b', work('1'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('1');
    await sleep(1);
    expect(queue.size).toBe(0);
  });
});
