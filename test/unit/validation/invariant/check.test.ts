/** Constraints of R4 on whole resources: what is found, where, and how severe it is (https://hl7.org/fhir/R4/validation.html). */
import { describe, expect, it } from '@jest/globals';
import { checkInvariants } from '../../../../src/validation/invariant/check.js';

const found = (resource: Readonly<Record<string, unknown>>): string[] =>
  checkInvariants({ text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' }, ...resource }).map(({ severity, expression, diagnostics }) => `${severity} ${expression ?? ''} ${/\((\S+)\)$/.exec(diagnostics)?.[1] ?? ''}`);
const observation = (more: object): Readonly<Record<string, unknown>> => ({ resourceType: 'Observation', status: 'final', code: { text: 'a' }, ...more });

describe('constraints', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    ['on the resource', observation({ valueString: 'a', dataAbsentReason: { text: 'b' } }), ['error Observation obs-6']],
    ['on a backbone', { resourceType: 'Patient', contact: [{ gender: 'male' }, { name: { text: 'a' } }] }, ['error Patient.contact[0] pat-1']],
    ['on an element', { resourceType: 'Organization', name: 'a', telecom: [{ system: 'phone', value: '1', use: 'home' }] }, ['error Organization.telecom[0] org-3']],
    ['on a datatype', observation({ effectivePeriod: { start: '2020', end: '2019' } }), ['error Observation.effective per-1']],
    ['on a datatype it is derived from', { resourceType: 'Condition', subject: { reference: 'Patient/1' }, clinicalStatus: { text: 'a' }, onsetAge: { value: 1, system: 'http://unitsofmeasure.org' } }, ['error Condition.onset age-1']],
    ['on a datatype inside of an extension of a primitive', { resourceType: 'Patient', birthDate: '2000', _birthDate: { extension: [{ url: 'http://a', valueQuantity: { value: 1, code: 'g' } }] } }, ['error Patient.birthDate.extension[0].value qty-3']],
    ['on a quantity without comparator', observation({ referenceRange: [{ low: { value: 1, comparator: '<' } }] }), ['error Observation.referenceRange[0].low sqt-1']],
    ['in a contained resource', { resourceType: 'List', status: 'current', mode: 'working', contained: [{ resourceType: 'Organization', id: 'a' }] }, ['error List.contained[0] org-1', 'warning List.contained[0] dom-6']],
    ['in an entry of a Bundle', { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', resource: { resourceType: 'Organization', text: { div: 'x' } } }] }, ['error Bundle.entry[0].resource org-1']],
    ['that warn', { resourceType: 'ValueSet', status: 'draft', name: 'a b' }, ['warning ValueSet vsd-0']],
    ['corrected: every event of a timing', { resourceType: 'Basic', code: { text: 'a' }, extension: [{ url: 'http://a', valueTiming: { repeat: { offset: 5, when: ['AC', 'C'] } } }] }, ['error Basic.extension[0].value.repeat tim-9']],
    ['corrected: two conditions of a question', { resourceType: 'Questionnaire', status: 'draft', item: [{ linkId: '1', type: 'string', enableWhen: [{ question: '2', operator: '=', answerBoolean: true }, { question: '3', operator: 'exists', answerString: 'x' }] }] }, ['error Questionnaire.item[0] que-12', 'error Questionnaire.item[0].enableWhen[1] que-7']],
    ['unknown counts as met where so listed', observation({ effectivePeriod: { start: '2020-05-03', end: '2020-05' } }), []],
    ['met', observation({ valueQuantity: { value: 1, comparator: '<', code: 'g', system: 'http://unitsofmeasure.org' }, referenceRange: [{ text: 'a' }] }), []],
  ])('%s', (_what, resource, expected) => {
    expect(found(resource)).toEqual(expected);
  });
});
