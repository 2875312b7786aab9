/** A Provenance for each patient whose record a write changes, in the same commit, visible like any other resource (https://hl7.org/fhir/R4/provenance.html). */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type Viewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Store } from '../../../src/store/store.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService, type Call } from '../../fixture/service.js';

interface Provenance {
  readonly id: string;
  readonly target: { reference: string }[];
  readonly activity?: { coding: { code: string }[] };
  readonly agent: { who: { reference?: string; identifier?: { value: string } } }[];
  readonly entity: { role: string; what: { identifier: { value: string } } }[];
}

const system = tokenViewer({ client: 'lab', scopes: parseScopes('system/*.cruds'), jti: 'j', expires: 9e15 });
const patient = (id: string): Viewer => tokenViewer({ client: 'app', user: `account-${id}`, fhirUser: `Patient/${id}`, patient: id, patients: [id], scopes: parseScopes('patient/*.rs'), jti: 'j', expires: 9e15 });
const observation = (subject: string) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${subject}` } });
const post = (resource: unknown) => ({ request: { method: 'POST', url: 'Observation' }, resource });

describe.each(engines)('provenance on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  const ask = (method: string, url: string, more: Partial<Call> = {}) => call(service, { method, url, viewer: system, ...more });
  const found = async (url: string, viewer: Viewer = system): Promise<Provenance[]> =>
    ((JSON.parse((await ask('GET', url, { viewer })).body ?? '{}') as { entry?: { resource: Provenance }[] }).entry ?? []).map(({ resource }) => resource);

  beforeEach(async () => {
    store = await open();
    service = { ...makeService(store, { referentialIntegrity: 'enforce' }), audit: { provenance: true } };
    for (const id of ['A', 'B']) await ask('PUT', `Patient/${id}`, { body: { resourceType: 'Patient', id } });
  });
  afterEach(() => store.close());

  it('names the version, the app, the person and the request of a write', async () => {
    const nurse = tokenViewer({ client: 'app', user: 'account-1', fhirUser: 'Practitioner/N', scopes: parseScopes('system/*.cruds'), jti: 'j', expires: 9e15 });
    const { version } = await ask('POST', 'Observation', { body: observation('A'), viewer: nurse });
    const [told, another] = await found(`Provenance?target=Observation/${version?.id ?? ''}`);
    expect(another).toBeUndefined();
    expect(told?.target.map(({ reference }) => reference)).toEqual([`Observation/${version?.id ?? ''}/_history/1`, 'Patient/A']);
    expect(told?.agent.map(({ who }) => who.reference ?? who.identifier?.value)).toEqual(['Practitioner/N', 'app']);
    expect(told?.activity?.coding[0]?.code).toBe('CREATE');
    expect(told?.entity).toMatchObject([{ role: 'source', what: { identifier: { value: 'r' } } }]);
    expect(makeValidator()(told as unknown as Record<string, unknown>).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('makes one for each patient of a bundle, and shows each patient theirs alone', async () => {
    const before = new Set((await found('Provenance?_count=100')).map(({ id }) => id));
    await ask('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [post(observation('A')), post(observation('A')), post(observation('B'))] } });
    const made = (await found('Provenance?_count=100')).filter(({ id }) => !before.has(id));
    expect(made.map(({ target }) => target.length).sort()).toEqual([2, 3]);
    const own = (await found('Provenance?_count=100', patient('A'))).filter(({ id }) => !before.has(id));
    expect(own.map(({ target }) => target.length)).toEqual([3]);
    expect(JSON.stringify(own)).not.toContain('Patient/B');
  });

  it('tells of a delete, and holds nothing that it tells of', async () => {
    const { version } = await ask('POST', 'Observation', { body: observation('A') });
    expect((await ask('DELETE', `Observation/${version?.id ?? ''}`)).status).toBe(204);
    const told = await found(`Provenance?target=Observation/${version?.id ?? ''}`);
    expect(told.map(({ activity }) => activity?.coding[0]?.code).sort()).toEqual(['CREATE', 'DELETE']);
  });

  it('makes none where nothing was stored, nor of one that a client stores itself', async () => {
    const before = (await found('Provenance?_count=100')).length;
    await ask('POST', 'Observation', { body: observation('A') });
    const refused = await ask('DELETE', 'Patient/A').then(() => 200, (error: unknown) => toFhirError(error).status);
    expect(refused).toBe(409);
    await ask('POST', 'Provenance', { body: { resourceType: 'Provenance', target: [{ reference: 'Patient/A' }], recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'someone' } }] } });
    expect((await found('Provenance?_count=100')).length).toBe(before + 2);
  });

  it('is in the same commit: where the write is refused there is none', async () => {
    const failing: Service = { ...service, store: { ...store, commit: async () => { throw new Error('the disk is gone'); } } };
    await expect(call(failing, { method: 'POST', url: 'Observation', body: observation('A'), viewer: system })).rejects.toThrow();
    const commits: number[] = [];
    const counting: Service = { ...service, store: { ...store, commit: async (commit) => { commits.push(commit.writes.length); return store.commit(commit); } } };
    await call(counting, { method: 'POST', url: 'Observation', body: observation('A'), viewer: system });
    expect(commits).toEqual([2]);
  });
});
