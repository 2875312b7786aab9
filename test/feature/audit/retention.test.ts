/** The end of the audit's time: whole signed segments go, and what is left is verified and proved as before, whenever it was interrupted. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal, type Journal } from '../../../src/audit/journal.js';
import { isConsistent } from '../../../src/audit/tree.js';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import { expireAudit, retentionEnd } from '../../../src/interaction/audit-retention.js';
import type { Service } from '../../../src/interaction/service.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const day = 86_400_000;

describe.each(engines.filter(({ name }) => name !== 'memory'))('retention on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  let journal: Journal;
  let folder = '';
  let shift = -8 * 365 * day;
  const clock: Clock = { now: () => systemClock.now() + shift, monotonic: () => systemClock.monotonic() };
  const read = async (times: number): Promise<void> => { for (let n = 0; n < times; n += 1) await call(service, { method: 'GET', url: 'Patient/A' }); };
  const records = () => store.records('audit', 0, 10_000);

  beforeEach(async () => {
    shift = -8 * 365 * day;
    store = await open();
    folder = mkdtempSync(join(tmpdir(), 'concierge-audit-'));
    const made: Service = { ...makeService(store), clock, audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } };
    const index = makeAuditIndex(() => made);
    service = made;
    journal = openJournal({ folder, checkpointFile: join(folder, 'second-place'), secret: 'a secret of this test only', store, clock, origin: () => 'http://test/fhir', tell: () => undefined });
  });
  /** Old records, the last of them a write, and five of today. */
  const fill = async (old: number): Promise<void> => {
    await store.commit({ writes: [], audit: Array.from({ length: old - 1 }, (_, n) => ({ text: `{"v":1,"id":"old-${String(n)}","begun":0,"recorded":0,"action":"read","subtype":"read","outcome":"0","agent":{},"requestId":"r","site":"s"}` })) });
    await call(service, { method: 'PUT', url: 'Patient/A', body: { resourceType: 'Patient', id: 'A' } });
    await journal.follow(true);
    shift = 0;
    await read(5);
    await journal.follow(true);
  };
  afterEach(async () => {
    journal.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('names what is old enough by signed checkpoints, and nothing younger', async () => {
    await fill(20);
    expect(journal.expirable(retentionEnd(service))).toBe(20);
    expect(journal.expirable(retentionEnd({ ...service, audit: { provenance: false, years: 9 } }))).toBe(0);
  });

  it('removes the AuditEvents made of the records, and what they said', async () => {
    await fill(6);
    await service.audit?.bringUpToDate?.();
    expect((await call(service, { method: 'GET', url: 'AuditEvent/old-0' })).status).toBe(200);
    await expireAudit(service, { upTo: 6 });
    await expect(call(service, { method: 'GET', url: 'AuditEvent/old-0' })).rejects.toMatchObject({ code: 'deleted' });
    expect((await store.read({ type: 'AuditEvent', id: 'old-0' }, 1))?.body).toBeUndefined();
  });

  it('removes records, ended in between, and verifies before, between and after', async () => {
    await fill(2_301);
    const old = journal.checkpoint();
    const upTo = journal.expirable(retentionEnd(service));
    journal.expired(upTo);
    expect((await journal.verify()).fault).toBeUndefined();
    const ended = new AbortController();
    await expect(expireAudit(service, { upTo, signal: ended.signal, report: () => { ended.abort(new Error('killed')); } })).rejects.toThrow('killed');
    const [first] = await records();
    expect(first?.number).toBeGreaterThan(1);
    expect(first?.number).toBeLessThan(upTo);
    expect((await journal.verify()).fault).toBeUndefined();
    await expireAudit(service, { upTo });
    const left = await records();
    // MongoDB removes whole blocks of a thousand; what is left of the segment goes with a later one.
    expect(left[0]?.number).toBeGreaterThan(2_000);
    expect(left.at(-1)?.number).toBe(2_306);
    expect(await journal.verify()).toMatchObject({ expired: (left[0]?.number ?? 0) - 1, records: left.length, signed: 2_306, fault: undefined });
    await read(3);
    await journal.follow(true);
    const now = journal.checkpoint();
    const proof = (journal.consistency(old?.size ?? 0, now?.size ?? 0) ?? []).map((hash) => Buffer.from(hash, 'base64'));
    expect(now?.size).toBeGreaterThan(old?.size ?? 0);
    expect(isConsistent({ old: { size: old?.size ?? 0, root: Buffer.from(old?.root ?? '', 'base64') }, now: { size: now?.size ?? 0, root: Buffer.from(now?.root ?? '', 'base64') }, proof })).toBe(true);
  });

  it('shows removal that nobody signed, or of more than was signed', async () => {
    await fill(2_301);
    await store.maintain({ task: 'expire-audit', upTo: 1_000, events: [] });
    expect((await journal.verify()).fault).toMatchObject({ record: 1 });
    journal.expired(500);
    expect((await journal.verify()).fault).toMatchObject({ record: 1 });
    journal.expired(1_000);
    expect((await journal.verify()).fault).toBeUndefined();
  });
});
