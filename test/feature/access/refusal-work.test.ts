/** Design rule 4, held without a clock: what is hidden and what never was are refused after the same looks at the store. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toFhirError } from '../../../src/core/error.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Store } from '../../../src/store/store.js';
import { observation } from '../../access/clinic.js';
import { patientToken } from '../../access/viewers.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const tAw = patientToken('A', 'patient/*.cruds');

describe.each(engines)('a refusal on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  let looks: string[];

  beforeEach(async () => {
    store = await open();
    looks = [];
    const read: Store['read'] = async (key, version) => {
      const found = await store.read(key, version);
      looks.push(`${version === undefined ? 'current' : 'version'} ${found === undefined ? 'not there' : 'there'}`);
      return found;
    };
    service = makeService({ ...store, read });
    for (const patient of ['A', 'B']) {
      await call(service, { method: 'PUT', url: `Patient/${patient}`, body: { resourceType: 'Patient', id: patient } });
      await call(service, { method: 'PUT', url: `Observation/obs${patient}`, body: observation(`obs${patient}`, patient) });
    }
    // One that was the patient's own, and is not any more.
    await call(service, { method: 'PUT', url: 'Observation/obsG', body: observation('obsG', 'A') });
    await call(service, { method: 'PUT', url: 'Observation/obsG', body: observation('obsG', 'B') });
  });
  afterEach(() => store.close());

  const looksOf = async (method: string, url: string, body?: unknown): Promise<readonly string[]> => {
    looks.length = 0;
    const status = await call(service, { method, url, viewer: tAw, body }).then((answer) => answer.status, (thrown: unknown) => toFhirError(thrown).status);
    expect([url, status]).toEqual([url, method === 'DELETE' ? 204 : 404]);
    return [...looks].sort();
  };

  it.each([['GET', ''], ['GET', '/_history/1'], ['GET', '/_history'], ['PUT', ''], ['DELETE', ''], ['PATCH', '']] as const)('%s Observation/[id]%s costs the same looks whatever is hidden', async (method, rest) => {
    const bodyOf = (id: string): unknown => (method === 'PUT' ? observation(id, 'A') : method === 'PATCH' ? [{ op: 'add', path: '/language', value: 'de' }] : undefined);
    const ask = (id: string): Promise<readonly string[]> => looksOf(method, `Observation/${id}${rest}`, bodyOf(id));
    await ask('obsB');
    const absent = await ask('obsN');
    expect([await ask('obsB'), await ask('obsG')]).toEqual([absent, absent]);
    expect(absent.length).toBeGreaterThan(1);
  });
});
