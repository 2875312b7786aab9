/** Patient/$who-saw: the patient sees who looked, and nobody else's record through it (I9). */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import { toFhirError } from '../../../src/core/error.js';
import { makeAuditIndex } from '../../../src/interaction/audit-index.js';
import type { Service } from '../../../src/interaction/service.js';
import { whoSaw } from '../../../src/operation/audit/who-saw.js';
import type { Store } from '../../../src/store/store.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const token = (scope: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, ...grant });
const tS = token('system/*.cruds', { client: 'backend' });
const tU = token('user/*.rs', { client: 'chart', user: 'account', fhirUser: 'Practitioner/P' });
const tA = token('patient/Patient.rs', { client: 'phone', patient: 'A', user: 'u', fhirUser: 'Patient/A', patients: ['A'] });
const proxy = token('user/Patient.rs', { client: 'phone', user: 'v', fhirUser: 'RelatedPerson/R', patients: ['B'] });

interface Part { readonly name: string; readonly valueString?: string; readonly valueCode?: string; readonly valueReference?: { readonly reference?: string; readonly display?: string } }

describe.each(engines)('$who-saw on $name', ({ open }) => {
  let store: Store;
  let service: Service;
  const ask = (method: string, url: string, viewer: Viewer, body?: unknown) => call(service, { method, url, viewer, body });
  const accesses = async (url: string, viewer: Viewer): Promise<readonly Part[][]> =>
    ((JSON.parse((await ask('GET', url, viewer)).body ?? '{}') as { parameter?: { part: Part[] }[] }).parameter ?? []).map(({ part }) => part);
  const of = (parts: readonly Part[] | undefined, name: string): Part | undefined => parts?.find((part) => part.name === name);
  const refused = (asked: Promise<unknown>) => asked.then(() => 200, (error: unknown) => toFhirError(error).status);

  beforeEach(async () => {
    store = await open();
    service = { ...makeService(store), operations: new Map([[whoSaw.name, whoSaw]]), audit: { provenance: false, bringUpToDate: () => index.bringUpToDate() } };
    const index = makeAuditIndex(() => service);
    for (const id of ['A', 'B']) await ask('PUT', `Patient/${id}`, tS, { resourceType: 'Patient', id, generalPractitioner: [{ reference: 'Practitioner/P' }] });
    await ask('PUT', 'Practitioner/P', tS, { resourceType: 'Practitioner', id: 'P', name: [{ given: ['Pia'], family: 'Roth' }] });
  });
  afterEach(() => store.close());

  it('names person, app, interaction and what was seen, the newest first', async () => {
    await ask('GET', 'Patient/A', tU);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    await ask('GET', 'Patient?_id=A,B', tU);
    const [searched, read, created, more] = await accesses('Patient/A/$who-saw', tA);
    expect(more).toBeUndefined();
    expect(of(searched, 'search')?.valueString).toBe('Patient?_id=A%2CB');
    expect(of(read, 'person')?.valueReference).toMatchObject({ reference: 'Practitioner/P', display: 'Pia Roth' });
    expect([of(read, 'app')?.valueString, of(read, 'interaction')?.valueCode, of(read, 'what')?.valueReference?.reference]).toEqual(['chart', 'read', 'Patient/A']);
    expect([of(created, 'app')?.valueString, of(created, 'action')?.valueCode]).toEqual(['backend', 'C']);
    // Looking at it is an access too.
    expect(of((await accesses('Patient/A/$who-saw?count=1', tA))[0], 'app')?.valueString).toBe('phone');
  });

  it('shows nothing of refused looks, nor of what the patient did elsewhere', async () => {
    await refused(ask('GET', 'Patient/B', tA));
    expect((await accesses('Patient/A/$who-saw', tA)).map((parts) => of(parts, 'what')?.valueReference?.reference)).toEqual(['Patient/A/_history/1']);
    expect((await accesses('Patient/B/$who-saw', proxy))).toHaveLength(1);
  });

  it('is for the patient, who acts for them, and who sees the whole audit', async () => {
    expect(await refused(ask('GET', 'Patient/B/$who-saw', tA))).toBe(404);
    expect(await refused(ask('GET', 'Patient/nobody/$who-saw', tA))).toBe(404);
    expect(await refused(ask('GET', 'Patient/A/$who-saw', token('user/Patient.rs', { user: 'x', fhirUser: 'Practitioner/P' })))).toBe(403);
    expect(await refused(ask('GET', 'Patient/A/$who-saw', tS))).toBe(200);
    expect(await refused(ask('GET', 'Patient/A/$who-saw?count=0', tA))).toBe(400);
  });
});
