/** What of a dry run does not show over HTTP: what the store is asked, and who may learn what. */
import { describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { openViewer, tokenViewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import { perform } from '../../../src/interaction/perform.js';
import type { FhirRequest } from '../../../src/interaction/request.js';
import type { Operation } from '../../../src/interaction/service.js';
import type { Commit } from '../../../src/store/resource.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

const dry = (request: Partial<FhirRequest> & Pick<FhirRequest, 'interaction'>): FhirRequest => ({ params: [], conditions: {}, prefer: {}, requestId: 'r', dryRun: true, ...request });
const payload = (value: unknown): FhirRequest['payload'] => ({ text: JSON.stringify(value), format: 'json' });

describe('a dry run', () => {
  it('asks the store to try and keeps no answer', async () => {
    const commits: Commit[] = [];
    const store = makeMemoryStore(systemClock);
    const service = makeService({ ...store, commit: (commit) => { commits.push(commit); return store.commit(commit); } });
    await perform(service, openViewer, dry({ interaction: 'create', type: 'Patient', payload: payload({ resourceType: 'Patient' }), idempotencyKey: 'k' }));
    const bundle = { resourceType: 'Bundle', type: 'batch', entry: [{ resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } }] };
    await perform(service, openViewer, dry({ interaction: 'batch-or-transaction', payload: payload(bundle), idempotencyKey: 'k' }));
    await perform(service, openViewer, dry({ interaction: 'batch-or-transaction', payload: payload({ ...bundle, type: 'transaction' }), idempotencyKey: 'k' }));
    expect(commits).toHaveLength(3);
    expect(commits.every(({ dryRun, answer }) => dryRun === true && answer === undefined)).toBe(true);
    expect((await store.statistics()).versions).toBe(0);
  });

  it('is decided again when the store moves on meanwhile, as a write is', async () => {
    const store = makeMemoryStore(systemClock);
    const service = makeService(store);
    await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p' } });
    let moved = false;
    const racing = makeService({
      ...store,
      commit: async (commit) => {
        if (!moved) {
          moved = true;
          await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p', active: true } });
        }
        return store.commit(commit);
      },
    });
    const { trial } = await perform(racing, openViewer, dry({ interaction: 'update', type: 'Patient', id: 'p', payload: payload({ resourceType: 'Patient', id: 'p', active: false }) }));
    expect(trial).toMatchObject([{ version: 3, diff: '[{"op":"replace","path":"/active","value":false}]' }]);
  });

  it('shows no difference to those who may write but not read', async () => {
    const service = makeService(makeMemoryStore(systemClock));
    await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p', gender: 'male' } });
    const writer = tokenViewer({ client: 'app', scopes: parseScopes('system/Patient.u'), jti: 'j', expires: 9e15 });
    const { trial, body } = await perform(service, writer, dry({ interaction: 'update', type: 'Patient', id: 'p', payload: payload({ resourceType: 'Patient', id: 'p' }) }));
    expect(trial).toMatchObject([{ status: 200, version: 2, diff: undefined }]);
    expect(body).not.toContain('gender');
  });

  it('is refused by operations that do not know it', async () => {
    let handled = 0;
    const operation: Operation = { name: 'do', definition: 'http://test/do', levels: ['system'], affectsState: true, handle: async () => { handled += 1; return { status: 200 }; } };
    const service = { ...makeService(makeMemoryStore(systemClock)), operations: new Map([['do', operation], ['try', { ...operation, name: 'try', dryRun: true }]]) };
    await expect(perform(service, openViewer, dry({ interaction: 'operation', operation: 'do', method: 'POST' }))).rejects.toMatchObject({ code: 'not-implemented' });
    expect(handled).toBe(0);
    await perform(service, openViewer, dry({ interaction: 'operation', operation: 'try', method: 'POST' }));
    expect(handled).toBe(1);
  });
});
