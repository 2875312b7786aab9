/** Plain paths are read without the library; both must find the same places. */
import { describe, expect, it } from '@jest/globals';
import { parseLexical } from '../../../../src/core/json/lexical.js';
import { evaluatePlaces } from '../../../../src/fhir/fhirpath.js';
import { rootNode, type PatchNode } from '../../../../src/fhir/patch/node.js';
import { makeSelector } from '../../../../src/fhir/patch/select.js';
import { parseSteps } from '../../../../src/fhir/patch/steps.js';

const patient = JSON.stringify({
  resourceType: 'Patient', id: 'p', active: true, text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
  contained: [{ resourceType: 'Organization', id: 'o', name: 'O', telecom: [{ system: 'phone', value: '1' }] }, { resourceType: 'Practitioner', id: 'q', name: [{ family: 'Q' }] }],
  extension: [{ url: 'http://a', valueString: 'x' }, { url: 'http://b', extension: [{ url: 'c', valueBoolean: true }] }],
  name: [{ use: 'official', family: 'A', given: ['a', 'b'], _given: [null, { extension: [{ url: 'http://g', valueCode: 'g' }] }] }, { use: 'usual', given: [null, 'c'], _given: [{ id: 'only' }, null] }],
  birthDate: '1970-01-01', _birthDate: { extension: [{ url: 'http://t', valueDateTime: '1970-01-01T10:00:00Z' }] }, deceasedBoolean: false,
  contact: [{ relationship: [{ coding: [{ system: 's', code: 'N' }] }], name: { family: 'C' } }, { name: { family: 'D' } }],
});

const placeOf = ({ parent, key, index, element }: PatchNode): string => {
  const name = parent === undefined ? 'Patient' : element?.choice === true ? element.name : key;
  return `${parent === undefined ? '' : `${placeOf(parent)}.`}${name}${index === undefined ? '' : `[${String(index)}]`}`;
};

describe('plain paths', () => {
  it.each([
    'Patient', 'Patient.id', 'Patient.active', 'Patient.name', 'Patient.name[0]', 'Patient.name[1].use', 'Patient.name[5]', 'Patient.name.family', 'name.family', 'Patient.name.given', 'Patient.name[0].given[1]',
    'Patient.name.first().given.last()', "Patient.name.where(use = 'official')", "Patient.name.where(use='usual').given", "Patient.name.where(use = 'official' and family = 'A').family", "Patient.name.where(family = 'Z')",
    "Patient.name.where(given = 'c')", 'Patient.where(active = true).id', 'Patient.deceased', 'Patient.deceased.ofType(boolean)', 'Patient.deceased.ofType(dateTime)', 'Patient.contained.id', 'Patient.contained.ofType(Organization).telecom.value',
    'Patient.contained[1].name.family', "Patient.extension('http://a')", "Patient.extension('http://b').extension('c').value", "Patient.extension('http://none')", 'Patient.birthDate', 'Patient.birthDate.extension', "Patient.birthDate.extension('http://t').value",
    "Patient.name[0].given[1].extension('http://g').value", "Patient.contact.where(relationship.coding.code = 'N').name.family", 'Patient.contact.name.family', 'Observation.status', ' Patient . name [ 0 ] . family ',
  ])('%s', async (path) => {
    const expected = evaluatePlaces(path)(JSON.parse(patient) as Record<string, unknown>).map((found) => found.path);
    const found = await makeSelector(rootNode(parseLexical(patient))).find(path);
    expect(parseSteps(path)).toBeDefined();
    expect(found.map(placeOf)).toEqual(expected);
  });

  it.each(["Patient.name | Patient.contact.name", 'Patient.name.given.count()', "Patient.name.where(family.startsWith('A'))", 'Patient.name.where(use != \'usual\')', "Patient.name.where(family = 'it\\'s')", '%resource.name', '(Patient.name)', 'Patient.name as HumanName', 'Patient.name[0', ''])('%s is left to the library', (path) => {
    expect(parseSteps(path)).toBeUndefined();
  });

  it('finds the narrative, whose name is an operator of FHIRPath', async () => {
    expect((await makeSelector(rootNode(parseLexical(patient))).find('Patient.text.div')).map(placeOf)).toEqual(['Patient.text.div']);
  });
});
