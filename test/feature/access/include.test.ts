/** What a page brings along is narrowed like the page itself: cases B7 to B11 of the security design, and explanations. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseScopes } from '../../../src/access/scope.js';
import { tokenViewer, type Viewer } from '../../../src/access/viewer.js';
import { systemClock } from '../../../src/core/clock.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

const ofA = (scope: string): Viewer => tokenViewer({ client: 'app', scopes: parseScopes(scope), jti: 'j', expires: 9e15, patient: 'A', user: 'u', fhirUser: 'Patient/A', patients: ['A'] });
const all = ofA('patient/*.rs');

let service: Service;
const found = async (viewer: Viewer, url: string): Promise<string[]> => {
  const { body = '{}' } = await call(service, { method: 'GET', url, viewer });
  return ((JSON.parse(body) as { entry?: { resource: { resourceType: string; id: string } }[] }).entry ?? []).map(({ resource }) => `${resource.resourceType}/${resource.id}`);
};
const put = (resource: { resourceType: string; id: string; [more: string]: unknown }) => call(service, { method: 'PUT', url: `${resource.resourceType}/${resource.id}`, body: resource });
const observation = (id: string, subject: string, more: Record<string, unknown> = {}) => put({ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${subject}` }, ...more });

beforeEach(async () => {
  service = makeService(makeMemoryStore(systemClock));
  for (const id of ['A', 'B']) await put({ resourceType: 'Patient', id });
  await observation('ofA', 'A', { focus: [{ reference: 'Patient/B' }] });
  await observation('ofB', 'B', { focus: [{ reference: 'Patient/A' }], hasMember: [{ reference: 'Observation/ofA' }] });
  await put({ resourceType: 'Encounter', id: 'A', status: 'finished', class: { code: 'AMB' }, subject: { reference: 'Patient/A' }, partOf: { reference: 'Encounter/A' } });
});

describe('a patient in context', () => {
  it('B7 is brought nothing of others that refers to the own record', async () => {
    expect(await found(all, 'Patient?_id=A&_revinclude=Observation:focus')).toEqual(['Patient/A']);
    expect(await found(all, 'Patient?_id=A&_revinclude=Observation:subject')).toEqual(['Patient/A', 'Observation/ofA']);
  });

  it.each(['Observation:focus', 'Observation:*', '*'])('B8 is not brought another patient by _include=%s', async (include) => {
    expect(await found(all, `Observation?_id=ofA&_include=${include}`)).not.toContain('Patient/B');
  });

  it('B9 is brought nothing of others by :iterate, and circles end', async () => {
    const names = await found(all, 'Patient?_id=A&_revinclude=*&_revinclude:iterate=*&_include:iterate=*');
    expect(names.sort()).toEqual(['Encounter/A', 'Observation/ofA', 'Patient/A']);
  });

  it('B11 is brought only types that a scope names', async () => {
    expect(await found(ofA('patient/Observation.rs'), 'Observation?_id=ofA&_include=Observation:subject')).toEqual(['Observation/ofA']);
    expect(await found(ofA('patient/Patient.rs'), 'Patient?_id=A&_revinclude=Observation:subject')).toEqual(['Patient/A']);
  });

  it('finds in a compartment what is within the own', async () => {
    expect(await found(all, 'Patient/A/Observation')).toEqual(['Observation/ofA']);
    expect(await found(all, 'Patient/B/Observation')).toEqual([]);
    expect((await found(all, 'Patient/B/*')).length).toBe(0);
  });

  it('is not told how much was looked at', async () => {
    const { body = '' } = await call(service, { method: 'GET', url: 'Observation?_explain=true', viewer: all });
    expect(body).toContain('Plan: Observation, all of them.');
    expect(body).toContain('shown to those only');
    expect(body).not.toMatch(/\d ms|rows/);
  });
});
