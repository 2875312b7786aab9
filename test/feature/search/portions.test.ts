/** Long answers are made in portions: whoever else waits has a turn in between. Every look at the time finds that much has passed, so that each pause that may be made is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import type { Service } from '../../../src/interaction/service.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import { call, makeService } from '../../fixture/service.js';

const many = 256;

/** Returns how often the event loop came round while it ran: never, for what runs in one go on this thread. */
const turnsDuring = async (act: () => Promise<unknown>): Promise<number> => {
  let [turns, isOver] = [0, false];
  const turn = (): void => {
    if (isOver) return;
    turns += 1;
    setImmediate(turn);
  };
  setImmediate(turn);
  await act();
  isOver = true;
  return turns;
};

describe('long answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-portions-'));
  let service: Service;
  let now = 0;
  beforeAll(async () => {
    // Everything is found on this thread: to wait for another one would be turns, too.
    service = makeService(await openSqliteStore({ folder, clock: systemClock, observe: observeNothing, thresholds: { sortable: 100_000, quick: 1_000_000 } }));
    const put = (type: string, id: string, more: object) => call(service, { method: 'PUT', url: `${type}/${id}`, body: { resourceType: type, id, ...more } });
    await Promise.all(Array.from({ length: many }, (_, at) => put('Patient', `p${String(at)}`, { name: [{ family: `n${String(at)}` }] })));
    await Promise.all(Array.from({ length: many }, (_, at) => put('MedicationRequest', `m${String(at)}`, {
      status: 'active', intent: 'order', subject: { reference: `Patient/p${String(at)}` }, medicationReference: { reference: '#d' }, contained: [{ resourceType: 'Medication', id: 'd', status: 'active' }],
    })));
  });
  afterAll(async () => {
    await service.store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => { jest.spyOn(performance, 'now').mockImplementation(() => (now += 1_000)); });
  afterEach(() => { jest.restoreAllMocks(); });

  const searches: readonly string[] = [
    'Patient?_count=256', 'Patient?_sort=name&_count=256', 'Patient?_summary=true&_count=256', 'Patient?_elements=name&_count=256', 'MedicationRequest?_include=MedicationRequest:subject&_count=256',
    'Patient?_revinclude=MedicationRequest:subject&_count=256', 'Patient?_revinclude=*&_count=256', 'Medication?status=active&_contained=true&_containedType=contained&_count=256',
  ];
  it.each(searches)('let others have their turn while %s is made', async (url) => {
    let entries = 0;
    const turns = await turnsDuring(async () => { entries = ((await call(service, { method: 'GET', url, takesStored: true })).body ?? '').split('"fullUrl"').length - 1; });
    expect(entries).toBeGreaterThanOrEqual(many);
    expect(turns).toBeGreaterThanOrEqual(entries / 32);
  });

  it('are answered after what was asked meanwhile', async () => {
    const order: string[] = [];
    const ask = async (name: string, url: string): Promise<void> => {
      await call(service, { method: 'GET', url });
      order.push(name);
    };
    const long = ask('long', 'Patient?_summary=true&_revinclude=MedicationRequest:subject&_count=256');
    const short = new Promise<void>((resolve, reject) => { setImmediate(() => { ask('short', 'Patient/p1').then(resolve, reject); }); });
    await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
  });

  it('are not needed for short ones', async () => {
    expect(await turnsDuring(() => call(service, { method: 'GET', url: 'Patient?_count=20' }))).toBeLessThanOrEqual(1);
  });
});
