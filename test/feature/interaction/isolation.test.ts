/** What belongs together is seen together, and integrity holds, however requests fall into each other. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import type { Service } from '../../../src/interaction/service.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

const attempt = async (service: Service, request: Call): Promise<number> => {
  try {
    return (await call(service, request)).status;
  } catch (error) {
    if (error instanceof FhirError) return error.status;
    throw error;
  }
};

interface Numbered { readonly id: string; readonly multipleBirthInteger: number }
const numbered = (id: string, n: number) => ({ resourceType: 'Patient', id, multipleBirthInteger: n });
const put = (resource: { readonly id: string }) => ({ resource, request: { method: 'PUT', url: `Patient/${resource.id}` } });
const transaction = (entry: unknown[]): Call => ({ method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry } });

const found = async (service: Service, url: string): Promise<Numbered[]> => {
  const { body = '{}' } = await call(service, { method: 'GET', url });
  return ((JSON.parse(body) as { entry?: { resource: Numbered }[] }).entry ?? []).map(({ resource }) => resource);
};
const versionsOf = async (service: Service, id: string): Promise<number[]> => (await found(service, `Patient/${id}/_history?_count=1000`)).map(({ multipleBirthInteger }) => multipleBirthInteger);

describe.each(engines)('on the engine $name', ({ open }) => {
  it('never shows one resource of a transaction without the other', async () => {
    const service = makeService(await open());
    await call(service, transaction([put(numbered('a', 0)), put(numbered('b', 0))]));
    let writing = true;
    const write = async (from: number): Promise<void> => {
      for (let n = from; n < from + 25; n += 1) await call(service, transaction([put(numbered('a', n)), put(numbered('b', n))]));
    };
    const seen: number[][] = [];
    const read = async (): Promise<void> => {
      while (writing) {
        seen.push((await found(service, 'Patient?_id=a,b')).map(({ multipleBirthInteger }) => multipleBirthInteger));
        await turn();
      }
    };
    const readers = [read(), read()];
    await Promise.all([1, 101, 201, 301].map(write));
    writing = false;
    await Promise.all(readers);
    expect(seen.length).toBeGreaterThan(0);
    for (const [a, b, ...more] of seen) expect([more.length, a]).toEqual([0, b]);
    const [historyOfA, historyOfB] = [await versionsOf(service, 'a'), await versionsOf(service, 'b')];
    expect(historyOfA).toHaveLength(101);
    expect(historyOfB).toEqual(historyOfA);
    await service.store.close();
  });

  it('never leaves a reference to what was deleted meanwhile, where integrity is enforced', async () => {
    const service = makeService(await open(), { referentialIntegrity: 'enforce' });
    for (let round = 0; round < 25; round += 1) {
      const id = `p${String(round)}`;
      await call(service, { method: 'PUT', url: `Patient/${id}`, body: numbered(id, 1) });
      const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${id}` } };
      const writers = [
        attempt(service, { method: 'DELETE', url: `Patient/${id}` }),
        attempt(service, { method: 'POST', url: 'Observation', body: observation }),
        attempt(service, { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: observation, request: { method: 'POST', url: 'Observation' } }] } }),
      ];
      const [deleted, ...made] = await Promise.all(round % 2 === 0 ? writers : [...writers].reverse()).then((all) => (round % 2 === 0 ? all : all.reverse()));
      const stored = await found(service, `Observation?subject=Patient/${id}`);
      expect(stored).toHaveLength(made.filter((status) => status < 300).length);
      expect(deleted).toBe(stored.length > 0 ? 409 : 204);
      expect(await attempt(service, { method: 'GET', url: `Patient/${id}` })).toBe(stored.length > 0 ? 200 : 410);
    }
    await service.store.close();
  });

  it('lets one of many conditional creates win, also between single requests, batches and transactions', async () => {
    const service = makeService(await open());
    const resource = { resourceType: 'Patient', identifier: [{ system: 's', value: 'v' }] };
    const entry = [{ resource, request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=s|v' } }];
    const requests: Call[] = [
      { method: 'POST', url: 'Patient', body: resource, conditions: { ifNoneExist: 'identifier=s|v' } },
      { method: 'PUT', url: 'Patient?identifier=s|v', body: resource },
      { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'batch', entry } },
      { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry } },
    ];
    const statuses = await Promise.all(Array.from({ length: 48 }, (_, index) => attempt(service, requests[index % 4] ?? transaction([]))));
    expect(statuses.filter((status) => status >= 300)).toEqual([]);
    expect(await found(service, 'Patient?identifier=s|v')).toHaveLength(1);
    await service.store.close();
  });
});
