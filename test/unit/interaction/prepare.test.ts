/** What is prepared after the start, and that it ends when it is asked to. */
import { describe, expect, it } from '@jest/globals';
import { makePrepare } from '../../../src/interaction/prepare.js';
import type { Service } from '../../../src/interaction/service.js';
import { resourceTypes } from '../../../src/fhir/definitions.js';

const serviceWith = (parametersOf: (type: string) => void, failures: unknown[] = []): Service =>
  ({ registry: { parametersOf }, observe: (observation: unknown) => failures.push(observation) }) as unknown as Service;

describe('makePrepare', () => {
  it('asks for every type once, however often it is started', async () => {
    const asked: string[] = [];
    const job = makePrepare(serviceWith((type) => asked.push(type)));
    job.start();
    job.start();
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    await job.stop();
    expect(asked).toEqual(resourceTypes);
  });

  it('goes no further when it is stopped', async () => {
    let asked = 0;
    const busy = (): void => { for (const end = performance.now() + 12; performance.now() < end;); };
    const job = makePrepare(serviceWith(() => { asked += 1; busy(); }));
    job.start();
    await job.stop();
    expect(asked).toBeLessThan(5);
  });

  it('observes a failure and throws none', async () => {
    const failures: unknown[] = [];
    const job = makePrepare(serviceWith(() => { throw new Error('no'); }, failures));
    job.start();
    await job.stop();
    expect(failures).toMatchObject([{ kind: 'failure', where: 'prepare' }]);
  });
});
