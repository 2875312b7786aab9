/** HL7's examples for R4: the ones that R4 itself makes invalid are refused, at the right place, and no other. */
import { expect, it } from '@jest/globals';
import { makeValidator } from '../../../src/validation/validator.js';
import { describeWith, jsonOf } from '../../fixture/shared-data.js';

const searchParameters = ['codesystem', 'valueset'].flatMap((set) => ['author', 'effective', 'end', 'keyword', 'workflow']
  .map((code): [string, string] => [`SearchParameter-${set}-extensions-${set === 'valueset' ? 'ValueSet' : 'CodeSystem'}-${code}.json`, 'SearchParameter.base']));

/** File and path of its first error, by reason. */
const refused: Readonly<Record<string, readonly (readonly [file: string, path: string])[]>> = {
  'mandatory elements are missing': [...searchParameters, ['ImplementationGuide-fhir.json', 'ImplementationGuide.name'], ['Questionnaire-qs1.json', 'Questionnaire.item[0].item[0].linkId']],
  'an id of 67 characters': [['SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json', 'SearchParameter.id']],
  'txt-2: a narrative without content': ['ActivityDefinition-blood-tubes-supply', 'ActivityDefinition-heart-valve-replacement', 'EventDefinition-example', 'Questionnaire-zika-virus-exposure-assessment']
    .map((name) => [`${name}.json`, `${name.split('-')[0] ?? ''}.text.div`] as const),
  'sdf-4: not abstract, and derived from nothing': ['Definition', 'Event', 'FiveWs', 'Request'].map((name) => [`StructureDefinition-${name}.json`, 'StructureDefinition'] as const),
  'arguable: a reference to a type that its element does not list': [
    ['DeviceMetric-example.json', 'DeviceMetric.parent'], ['DeviceUseStatement-example.json', 'DeviceUseStatement.reasonReference[0]'],
    ['MedicationRequest-medrx0301.json', 'MedicationRequest.dispenseRequest.performer'], ['Observation-clinical-gender.json', 'Observation.performer[0]']],
};

describeWith(jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz'), "HL7's examples", (files) => {
  it('are accepted but for those that R4 itself makes invalid', () => {
    const validate = makeValidator();
    const found = files.flatMap(({ name, text }) => {
      const resource = JSON.parse(text) as Record<string, unknown>;
      const error = resource['resourceType'] === undefined ? undefined : validate(resource).find(({ severity }) => severity === 'error');
      return error === undefined ? [] : [`${name} ${error.expression ?? ''}`];
    });
    const expected = Object.values(refused).flatMap((rows) => rows.map((row) => row.join(' ')));
    expect(files.length).toBeGreaterThan(5290);
    expect(found.sort()).toEqual(expected.sort());
  });
});
