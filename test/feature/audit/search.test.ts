/** AuditEvents are found as soon as they are recorded, and by those only whom they are about: cases I1 and I2. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import type { AuditFacts } from '../../../src/audit/event.js';
import { auditRecordText } from '../../../src/audit/record.js';
import { toFhirError } from '../../../src/core/error.js';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const tS = token('system/*.cruds');
const tA = token('patient/*.rs', { patient: 'A', user: 'u', fhirUser: 'Patient/A', patients: ['A'] });
const tAobs = token('patient/Observation.rs', { patient: 'A', user: 'u', fhirUser: 'Patient/A', patients: ['A'] });

const facts: AuditFacts = { id: '', begun: 0, recorded: 0, action: 'read', subtype: 'read', outcome: '0', agent: { client: 'app' }, requestId: 'r', site: 'http://clinic.example/fhir' };

interface Bundle { readonly total?: number; readonly entry?: { readonly resource: { readonly id: string; readonly entity: { readonly what?: { readonly reference?: string } }[]; readonly subtype: { code: string }[] } }[] }

describe.each(engines)('AuditEvents on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  const makeAudited = (patience?: number): Service => {
    const made: Service = { ...makeService(store), audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } };
    const index = makeAuditIndex(() => made, patience);
    return made;
  };
  const ask = (method: string, url: string, viewer = tS, body?: unknown) => call(service, { method, url, viewer, body });
  const found = async (url: string, viewer = tS) => (JSON.parse((await ask('GET', url, viewer)).body ?? '{}') as Bundle).entry?.map(({ resource }) => resource) ?? [];
  const about = (events: Awaited<ReturnType<typeof found>>) => new Set(events.flatMap(({ entity }) => entity.flatMap(({ what }) => (what?.reference?.startsWith('Patient/') === true ? [what.reference.replace(/\/_history.*/, '')] : []))));

  beforeEach(async () => {
    store = await open();
    service = makeAudited();
    for (const id of ['A', 'B']) await ask('PUT', `Patient/${id}`, tS, { resourceType: 'Patient', id });
  });
  afterEach(() => store.close());

  it('finds an access at once, by patient, action and time', async () => {
    await ask('GET', 'Patient/B');
    expect((await found('AuditEvent?patient=Patient/B&action=R')).map(({ subtype }) => subtype[0]?.code)).toEqual(['read']);
    expect((await found('AuditEvent?patient=Patient/B&action=C'))).toHaveLength(1);
    expect((await found('AuditEvent?date=gt2200-01-01'))).toHaveLength(0);
    const [event] = await found('AuditEvent?action=R');
    expect((await ask('GET', `AuditEvent/${event?.id ?? ''}`)).status).toBe(200);
    expect(await found('Patient?_id=B&_revinclude=AuditEvent:patient')).not.toHaveLength(1);
  });

  it('goes on where it stopped, after a start', async () => {
    for (let n = 0; n < 7; n += 1) await ask('GET', 'Patient/A');
    expect(await found('AuditEvent?action=R&_count=100')).toHaveLength(7);
    service = makeAudited();
    for (let n = 0; n < 3; n += 1) await ask('GET', 'Patient/A');
    expect(await found('AuditEvent?action=R&_count=100')).toHaveLength(10);
  });

  it('answers with what can be found where the rest takes too long, and says so', async () => {
    await found('AuditEvent');
    const [record] = await store.records('audit', (await store.records('audit', 0, 1_000)).length, 1);
    expect(record).toBeUndefined();
    await ask('GET', 'Patient/A');
    const last = (await store.records('audit', 0, 1_000)).at(-1);
    const { id } = JSON.parse(last?.text ?? '{}') as { id: string };
    service = makeAudited(0);
    const { status, body = '' } = await ask('GET', 'AuditEvent?action=R');
    expect([status, body.includes(id), /"severity":"warning","code":"incomplete"/.test(body)]).toEqual([200, false, true]);
    // What may be there in a moment is not said to be absent.
    await expect(ask('GET', `AuditEvent/${id}`)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await ask('GET', 'Patient/A')).status).toBe(200);
    service = makeAudited();
    expect((await ask('GET', `AuditEvent/${id}`)).status).toBe(200);
    expect((await ask('GET', 'AuditEvent?action=R')).body).not.toContain('incomplete');
  });

  it('does not wait for accesses that come after the question', async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ topic: 'audit', number: index + 1, text: auditRecordText({ ...facts, id: `later-${String(index)}`, recorded: Date.now() + 3_600_000 }) }));
    const wrapped: Store = { ...store, records: async (_topic, after, count) => many.filter(({ number }) => number > after).slice(0, count) };
    const made: Service = { ...makeService(wrapped), audit: { provenance: false } };
    const index = makeAuditIndex(() => made);
    expect(await index.bringUpToDate()).toBeUndefined();
    expect(await store.read({ type: 'AuditEvent', id: 'later-0' })).toBeDefined();
    expect(await store.read({ type: 'AuditEvent', id: 'later-299' })).toBeUndefined();
  });

  it('has one version of each, which nobody changes', async () => {
    const [event] = await found('AuditEvent?_count=1');
    const history = JSON.parse((await ask('GET', `AuditEvent/${event?.id ?? ''}/_history`)).body ?? '{}') as Bundle;
    expect(history.total).toBe(1);
    await expect(ask('DELETE', `AuditEvent/${event?.id ?? ''}`)).rejects.toMatchObject({ code: 'method-not-allowed' });
  });

  it('I2 shows a patient what is about them, and of others nothing', async () => {
    await ask('GET', 'Patient/B');
    await ask('GET', 'Patient/A');
    await ask('GET', 'Patient');
    const own = await found('AuditEvent?_count=100', tA);
    expect(own.length).toBeGreaterThan(2);
    expect([...about(own)]).toEqual(['Patient/A']);
    expect(await found('AuditEvent?patient=Patient/B', tA)).toEqual([]);
    expect(await found('AuditEvent?entity=Patient/B', tA)).toEqual([]);
    const [other] = await found('AuditEvent?patient=Patient/B');
    expect(await ask('GET', `AuditEvent/${other?.id ?? ''}`, tA).then(() => 200, (error: unknown) => toFhirError(error).status)).toBe(404);
    expect(await ask('GET', 'AuditEvent', tAobs).then(() => 200, (error: unknown) => toFhirError(error).status)).toBe(403);
  });

  it('tells who was refused nothing about whether there was something', async () => {
    for (const id of ['B', 'nobody']) await ask('GET', `Patient/${id}`, tA).catch(() => undefined);
    const events = (await found('AuditEvent?_count=100', tA)).map((event) => JSON.stringify(event)).filter((text) => text.includes('"outcome":"4"'));
    const [one, other] = events.map((text) => text.replace(/"id":"[^"]+"|"meta":\{[^}]*\}|"period":\{[^}]*\}|"recorded":"[^"]+"|Patient\/(B|nobody)/g, ''));
    expect(one).toBe(other);
  });
});
