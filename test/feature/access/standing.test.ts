/** A change of what makes a patient someone's patient is known to the very next request, on every engine and in every process. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type TokenGrant, type Viewer } from '../../../src/access/viewer.js';
import type { Service } from '../../../src/interaction/service.js';
import { engines } from '../../fixture/engines.js';
import { call, makeService } from '../../fixture/service.js';

const user = (fhirUser: string, grant: Partial<TokenGrant> = {}): Viewer => tokenViewer({ client: 'app', user: fhirUser, fhirUser, scopes: parseScopes('user/*.cruds'), jti: 'j', expires: 9e15, ...grant });
const P = user('Practitioner/P');

describe.each(engines)('relations on $name', ({ open }) => {
  let service: Service;
  /** Another process on the same store. */
  let other: Service;
  const put = (resource: { resourceType: string; id: string; [more: string]: unknown }, through = service) => call(through, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
  const remove = (name: string) => call(service, { method: 'DELETE', url: name });
  const patients = async (viewer = P, through = service): Promise<string[]> => {
    const { body = '{}' } = await call(through, { method: 'GET', url: 'Patient?_count=100', viewer });
    return ((JSON.parse(body) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id).sort();
  };
  const reference = (name: string) => ({ reference: name });
  const team = (id: string, patient: string, member: string, more: object = {}) => put({ resourceType: 'CareTeam', id, status: 'active', subject: reference(`Patient/${patient}`), participant: [{ member: reference(member) }], ...more });

  beforeEach(async () => {
    const store = await open();
    [service, other] = [makeService(store), makeService(store)];
    for (const id of ['A', 'B', 'C']) await put({ resourceType: 'Patient', id });
    for (const id of ['P', 'Q']) await put({ resourceType: 'Practitioner', id });
  });
  afterEach(() => service.store.close());

  it('nobody treated is nobody seen; a care team lets its patient be seen at once, and no longer when it ends', async () => {
    expect([await patients(), await patients(P, other)]).toEqual([[], []]);
    await team('t', 'A', 'Practitioner/P');
    expect([await patients(), await patients(P, other)]).toEqual([['A'], ['A']]);
    await team('t', 'B', 'Practitioner/P');
    expect([await patients(), await patients(P, other)]).toEqual([['B'], ['B']]);
    await team('t', 'B', 'Practitioner/Q');
    expect([await patients(), await patients(P, other), await patients(user('Practitioner/Q'), other)]).toEqual([[], [], ['B']]);
    await team('t', 'B', 'Practitioner/P', { status: 'inactive' });
    expect(await patients(P, other)).toEqual([]);
    await team('t', 'B', 'Practitioner/P');
    expect(await patients(P, other)).toEqual(['B']);
    await remove('CareTeam/t');
    expect([await patients(), await patients(P, other)]).toEqual([[], []]);
  });

  it('two relations to one patient end one by one', async () => {
    await team('t', 'A', 'Practitioner/P');
    await put({ resourceType: 'Patient', id: 'A', generalPractitioner: [reference('Practitioner/P')] });
    await remove('CareTeam/t');
    expect(await patients()).toEqual(['A']);
    await put({ resourceType: 'Patient', id: 'A' });
    expect(await patients()).toEqual([]);
  });

  it('a role that is given or ended is known too, and so is a person who is no longer active', async () => {
    await team('t', 'A', 'PractitionerRole/r');
    expect(await patients()).toEqual([]);
    await put({ resourceType: 'PractitionerRole', id: 'r', practitioner: reference('Practitioner/P') });
    expect([await patients(), await patients(P, other)]).toEqual([['A'], ['A']]);
    await put({ resourceType: 'PractitionerRole', id: 'r', active: false, practitioner: reference('Practitioner/P') });
    expect([await patients(), await patients(P, other)]).toEqual([[], []]);
    await put({ resourceType: 'PractitionerRole', id: 'r', practitioner: reference('Practitioner/P') });
    await put({ resourceType: 'Practitioner', id: 'P', active: false });
    expect([await patients(), await patients(P, other)]).toEqual([[], []]);
  });

  it('much that is stored in between changes nothing of it', async () => {
    expect(await patients()).toEqual([]);
    const entry = Array.from({ length: 700 }, (_, index) => ({ request: { method: 'PUT', url: `Basic/${String(index)}` }, resource: { resourceType: 'Basic', id: String(index), code: { text: 'x' } } }));
    await call(service, { method: 'POST', url: '', body: { resourceType: 'Bundle', type: 'transaction', entry } });
    await team('t', 'C', 'Practitioner/P');
    expect([await patients(), await patients(P, other)]).toEqual([['C'], ['C']]);
  }, 60_000);
});
