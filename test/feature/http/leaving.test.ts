/** A client that leaves ends the search it waited for; nobody else's, and no read. */
import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { FhirRequest } from '../../../src/interaction/request.js';
import { run, until } from './harness.js';

const never = ({ signal }: FhirRequest): Promise<never> =>
  new Promise((_, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason instanceof Error ? signal.reason : new Error('ended')); }); });

describe('a client that leaves', () => {
  it('ends its search, and that is no failure of the server', async () => {
    const server = await run({ perform: never });
    const [leaving, staying] = ['name=a', 'name=b'].map((query) => request(`${server.origin}/fhir/Patient?${query}`));
    for (const one of [leaving, staying]) {
      one?.on('error', () => undefined);
      one?.end();
    }
    await until(() => server.performed.length === 2, 'both searches');
    leaving?.destroy();
    const signalOf = (value: string) => server.performed.find(({ params }) => params[0]?.[1] === value)?.signal;
    await until(() => signalOf('a')?.aborted === true, 'the search to end');
    expect(signalOf('b')?.aborted).toBe(false);
    await until(() => server.observed.some((each) => each.kind === 'request' && each.status === 499), 'the line in the log');
    expect(server.observed.filter(({ kind }) => kind === 'failure')).toEqual([]);
    staying?.destroy();
    await server.stop();
  });

  it('has its signal on searches and operations alone', async () => {
    const server = await run();
    await (await fetch(`${server.origin}/fhir/Patient/a`)).text();
    await (await fetch(`${server.origin}/fhir/Patient?name=a`)).text();
    expect(server.performed.map(({ signal }) => signal?.aborted)).toEqual([undefined, false]);
    await server.stop();
  });
});
