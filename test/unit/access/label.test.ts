/** Security labels: who is cleared for which (https://hl7.org/fhir/R4/security-labels.html). */
import { describe, expect, it } from '@jest/globals';
import { labelRights, labelRoleOf, type LabelRole } from '../../../src/access/clearance.js';
import { beyondClearance } from '../../../src/access/label.js';
import type { TokenGrant } from '../../../src/access/viewer.js';
import { matchesPlan } from '../../../src/search/matches.js';
import { makeRegistry } from '../../../src/search/registry.js';

const registry = makeRegistry();
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const isShown = (role: LabelRole, ...security: { system?: string; code: string }[]): boolean => {
  const hidden = beyondClearance(labelRights[role]);
  const resource = { resourceType: 'Observation', id: 'x', meta: { security } };
  return hidden === undefined || !matchesPlan(hidden, { type: 'Observation', id: 'x', updated: 0, entries: registry.extract(resource) });
};

describe('labels', () => {
  it.each([
    ['N', ['patient', 'proxy', 'practitioner', 'staff', 'admin', 'system', 'partner']],
    ['R', ['patient', 'practitioner', 'admin', 'system', 'partner']],
    ['V', ['patient', 'admin', 'system']],
  ] as const)('level %s is shown to %s', (code, roles) => {
    for (const role of Object.keys(labelRights) as LabelRole[]) expect([role, isShown(role, { system: confidentiality, code })]).toEqual([role, (roles as readonly string[]).includes(role)]);
  });

  it.each([
    ['HIV', ['patient', 'practitioner', 'admin', 'system', 'partner']], ['PSY', ['patient', 'practitioner', 'admin', 'system', 'partner']], ['42CFRPart2', ['patient', 'admin', 'system']], ['CEL', ['patient', 'admin', 'system']],
    ['NOPAT', ['practitioner', 'staff', 'admin', 'system', 'partner']],
  ] as const)('%s is shown to %s', (code, roles) => {
    for (const role of Object.keys(labelRights) as LabelRole[]) expect([role, isShown(role, { system: act, code })]).toEqual([role, (roles as readonly string[]).includes(role)]);
  });

  it('count in the older system too, and a level without one', () => {
    for (const system of ['http://hl7.org/fhir/v3/Confidentiality', undefined]) expect(isShown('staff', { ...(system === undefined ? {} : { system }), code: 'R' })).toBe(false);
    expect(isShown('staff', { system: 'https://clinic.example/shelves', code: 'R' })).toBe(true);
  });

  it('go by the role of the account, else by what the person is', () => {
    const grant: TokenGrant = { client: 'x', scopes: [], jti: 'j', expires: 0 };
    const roles: Partial<TokenGrant>[] = [{ fhirUser: 'Patient/A', user: 'a' }, { fhirUser: 'RelatedPerson/R', user: 'a' }, { fhirUser: 'Practitioner/P', user: 'a' }, { fhirUser: 'Practitioner/P', user: 'a', role: 'staff' }, { fhirUser: 'Person/P', user: 'a' }, { fhirUser: 'Practitioner/P', user: 'a', role: 'admin' }, {}, { user: 'a' }, { fhirUser: 'Patient/A', user: 'a', role: 'admin' }, { policy: 'Group/g' }];
    expect(roles.map((one) => labelRoleOf({ ...grant, ...one }))).toEqual(['patient', 'proxy', 'practitioner', 'staff', 'staff', 'admin', 'system', 'staff', 'patient', 'partner']);
  });
});
