/** What R4 expects of content without making it a rule is a warning, at the right place: extensible bindings, codes of their systems, absolute canonicals. */
import { describe, expect, it } from '@jest/globals';
import type { Issue } from '../../../../src/core/error.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { makeCoreSource } from '../../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../../src/terminology/local/engine.js';
import { makeProfileValidator } from '../../../../src/validation/profile/validator.js';

const validate = makeProfileValidator({ library: makeProfileLibrary([]), terminology: makeLocalTerminology({ sources: [makeCoreSource()] }), unknownModifiers: 'report' });
const found = async (resource: object, thorough = false): Promise<string[]> =>
  (await validate(resource as Readonly<Record<string, unknown>>, { thorough })).filter(({ code }) => code === 'code-invalid' || code === 'not-supported' || code === 'value').map(({ severity, expression, diagnostics }: Issue) => `${severity} ${expression ?? ''}: ${diagnostics}`);

const married = (...coding: object[]): object => ({ maritalStatus: { coding } });
const v3 = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus';
const identifier = (code: string): object => ({ type: { coding: [{ system: code === 'MR' ? 'http://terminology.hl7.org/CodeSystem/v2-0203' : 'http://example.org', code }] }, value: '1' });

describe('a code of an extensible binding', () => {
  it('within the value set, beside one that is, or as text alone is right', async () => {
    for (const status of [married({ system: v3, code: 'M' }), married({ system: 'http://example.org', code: 'x' }, { system: v3, code: 'M' }), { maritalStatus: { text: 'complicated' } }]) {
      expect(await found({ resourceType: 'Patient', ...status })).toEqual([]);
    }
  });

  it('outside of it is a warning that names the value set', async () => {
    expect(await found({ resourceType: 'Patient', ...married({ system: 'http://example.org', code: 'x' }) })).toEqual(['warning Patient.maritalStatus: Patient.maritalStatus: "http://example.org|x" is not in http://hl7.org/fhir/ValueSet/marital-status; another code is right only where none of it fits']);
  });

  it('is found in datatypes, extensions, elements beside primitives, contained resources and entries', async () => {
    expect(await found({ resourceType: 'Patient', identifier: [identifier('MR'), identifier('nothing')], managingOrganization: { type: 'Nonsense', display: 'a' } })).toEqual([expect.stringContaining('warning Patient.identifier[1].type:'), expect.stringContaining('warning Patient.managingOrganization.type: Patient.managingOrganization.type: "Nonsense"')]);
    expect(await found({ resourceType: 'Patient', extension: [{ url: 'http://a', valueIdentifier: identifier('nothing') }], _birthDate: { extension: [{ url: 'http://a', valueIdentifier: identifier('nothing') }] } })).toEqual([expect.stringContaining('Patient.extension[0].value.type'), expect.stringContaining('Patient.birthDate.extension[0].value.type')]);
    const organization = { resourceType: 'Organization', id: 'o', identifier: [identifier('nothing')] };
    expect(await found({ resourceType: 'Patient', contained: [organization], managingOrganization: { reference: '#o' } })).toEqual([expect.stringContaining('warning Patient.contained[0].identifier[0].type:')]);
    expect(await found({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: organization }] })).toEqual([expect.stringContaining('warning Bundle.entry[0].resource.identifier[0].type:')]);
  });

  it('whose system is not loaded is told as not checked where everything is asked for', async () => {
    const resource = { resourceType: 'Condition', subject: { display: 'a' }, severity: { text: 'a' }, evidence: [{ code: [{ coding: [{ system: 'http://snomed.info/sct', code: '1' }] }] }] };
    expect(await found(resource)).toEqual([]);
    const procedure = { resourceType: 'DocumentReference', status: 'current', securityLabel: [{ coding: [{ system: 'http://example.org', code: 'x' }] }], content: [{ attachment: { url: 'http://a' } }] };
    expect((await found(procedure, true)).every((one) => /^(warning|information) DocumentReference\.securityLabel/.test(one))).toBe(true);
  });

  it('that its system does not have is a warning, whatever it is bound to', async () => {
    const dose = (unit: object): object => ({ resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] }, valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', ...unit } });
    expect(await found(dose({ code: 'mg/dL' }))).toEqual([]);
    expect(await found(dose({ code: 'ml/hr' }))).toEqual([expect.stringContaining('warning Observation.value: Observation.value: "ml/hr" is not a code of http://unitsofmeasure.org')]);
    expect(await found({ resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'Q' }, { system: 'http://example.org/own', code: 'Q' }] } })).toEqual([expect.stringContaining('warning Observation.code.coding[0]: Observation.code.coding[0]: "Q" is not a code of')]);
  });

  it('is told once where a profile binds to the same value set', async () => {
    const bp = { resourceType: 'Observation', status: 'final', meta: { profile: ['http://hl7.org/fhir/StructureDefinition/bodyweight'] }, category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }], code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] }, subject: { reference: 'Patient/1' }, effectiveDateTime: '2020', valueQuantity: { value: 80, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' }, interpretation: [{ coding: [{ system: 'http://example.org', code: 'fine' }] }] };
    expect((await found(bp)).filter((one) => one.includes('Observation.interpretation'))).toHaveLength(1);
  });
});

it('a canonical that is not absolute is a warning', async () => {
  const capability = (profile: string): object => ({ resourceType: 'Questionnaire', status: 'draft', derivedFrom: [profile] });
  expect(await found(capability('http://example.org/q|1'))).toEqual([]);
  expect(await found(capability('urn:uuid:c757873d-ec9a-4326-a141-556f43239520'))).toEqual([]);
  expect(await found(capability('Questionnaire/1'))).toEqual([expect.stringContaining('warning Questionnaire.derivedFrom[0]: Questionnaire.derivedFrom[0]: "Questionnaire/1" is no absolute URL')]);
});
