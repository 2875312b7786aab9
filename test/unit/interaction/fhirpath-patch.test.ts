import { describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import { applyFhirPathPatch, parseFhirPathPatch } from '../../../src/interaction/fhirpath-patch.js';

type Part = Readonly<Record<string, unknown>>;
const typed = (value: unknown): Part => (typeof value === 'object' && value !== null ? value as Part : typeof value === 'number' ? { valueInteger: value } : { valueString: value });
const operation = (parts: Readonly<Record<string, unknown>>): Part => ({ name: 'operation', part: Object.entries(parts).map(([name, value]) => ({ name, ...typed(value) })) });
const document = (...operations: readonly Readonly<Record<string, unknown>>[]): string => JSON.stringify({ resourceType: 'Parameters', parameter: operations.map(operation) });
const patched = async (text: string, ...operations: readonly Readonly<Record<string, unknown>>[]): Promise<string> =>
  applyFhirPathPatch(text, parseFhirPathPatch(document(...operations), { maxDepth: 64 }));
const refusal = async (work: Promise<unknown>): Promise<FhirError> => {
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown);
  if (error instanceof FhirError) return error;
  throw new Error('the patch was accepted');
};

const patient = '{"resourceType":"Patient","id":"p","name":[{"use":"official","family":"A","given":["a",null,"c"],"_given":[null,{"id":"g"},null]},{"use":"usual","text":"t"}],"extension":[{"url":"http://x","valueDecimal":1.10},{"url":"http://y","valueCode":"c"}],"birthDate":"1970-01-01","_birthDate":{"extension":[{"url":"http://t","valueString":"s"}]}}';

describe('FHIRPath Patch', () => {
  it.each([
    ['replaces a value and keeps all other digits', { type: 'replace', path: "Patient.name.where(use = 'official').family", value: 'B' }, '"family":"B"'],
    ['finds by extension', { type: 'replace', path: "Patient.extension('http://y').value", value: { valueCode: 'd' } }, '{"url":"http://y","valueCode":"d"}'],
    ['changes the type of a choice', { type: 'replace', path: "Patient.extension('http://x').value", value: { valueBoolean: true } }, '{"url":"http://x","valueBoolean":true}'],
    ['adds a choice under its type', { type: 'add', path: 'Patient', name: 'deceased', value: { valueDateTime: '2020' } }, '"deceasedDateTime":"2020"'],
    ['appends to a list with a gap', { type: 'add', path: 'Patient.name[0]', name: 'given', value: 'd' }, '"given":["a",null,"c","d"],"_given":[null,{"id":"g"},null,null]'],
    ['inserts into a list with a gap', { type: 'insert', path: 'Patient.name[0].given', index: 1, value: 'd' }, '"given":["a","d",null,"c"],"_given":[null,null,{"id":"g"},null]'],
    ['inserts into a list that is not there', { type: 'insert', path: 'Patient.contact', index: 0, value: { part: [{ name: 'gender', valueCode: 'male' }] } }, '"contact":[{"gender":"male"}]'],
    ['moves within a list with a gap', { type: 'move', path: 'Patient.name.first().given', source: 1, destination: 0 }, '"given":[null,"a","c"],"_given":[{"id":"g"},null,null]'],
    ['deletes what has only an id', { type: 'delete', path: 'Patient.name[0].given[1]' }, '"given":["a","c"]}'],
    ['deletes an extension of a primitive and keeps the value', { type: 'delete', path: "Patient.birthDate.extension('http://t')" }, '"birthDate":"1970-01-01"}'],
    ['adds an extension to a primitive', { type: 'add', path: 'Patient.name[1].text', name: 'extension', value: { part: [{ name: 'url', valueUri: 'http://z' }, { name: 'value', valueCode: 'z' }] } }, '"text":"t","_text":{"extension":[{"url":"http://z","valueCode":"z"}]}'],
    ['sets a value with an id beside it', { type: 'replace', path: 'Patient.birthDate', value: { valueDate: '1971', _valueDate: { id: 'b' } } }, '"birthDate":"1971","_birthDate":{"id":"b"}'],
    ['puts parts in parts', { type: 'add', path: 'Patient', name: 'contact', value: { part: [{ name: 'name', part: [{ name: 'family', valueString: 'F' }, { name: 'given', valueString: 'g' }, { name: 'given', valueString: 'h' }] }] } }, '"contact":[{"name":{"family":"F","given":["g","h"]}}]'],
    ['finds by any other FHIRPath', { type: 'replace', path: "Patient.name.where(given.count() = 2 or family.startsWith('A')).family", value: 'C' }, '"family":"C"'],
    ['finds a gap by any other FHIRPath', { type: 'delete', path: "Patient.name.given.where($this = 'c')" }, '"given":["a",null],"_given":[null,{"id":"g"}]'],
    ['finds inside of contained resources and choices', { type: 'add', path: 'Patient.extension[1]', name: 'id', value: 'e' }, '"id":"e"'],
  ])('%s', async (_, parts, expected) => {
    const text = await patched(patient, parts);
    expect(text).toContain(expected);
    expect(text.includes('1.10')).toBe(!text.includes('valueBoolean'));
  });

  it('removes what would be left empty', async () => {
    const text = '{"resourceType":"Patient","contact":[{"name":{"text":"a"}}],"birthDate":"1970","_birthDate":{"id":"x"}}';
    expect(await patched(text, { type: 'delete', path: 'Patient.contact[0].name.text' })).toBe('{"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"x"}}');
    expect(await patched(text, { type: 'delete', path: 'Patient.birthDate' })).toBe('{"resourceType":"Patient","contact":[{"name":{"text":"a"}}]}');
  });

  it('does nothing for a delete of nothing', async () => {
    expect(await patched(patient, { type: 'delete', path: 'Patient.photo' }, { type: 'delete', path: 'Patient.name[7]' })).toBe(patient);
  });

  it('applies one after the other', async () => {
    expect(await patched('{"resourceType":"Patient"}', { type: 'add', path: 'Patient', name: 'name', value: { valueHumanName: { family: 'A' } } }, { type: 'add', path: 'Patient.name[0]', name: 'given', value: 'b' }))
      .toBe('{"resourceType":"Patient","name":[{"family":"A","given":["b"]}]}');
  });

  it.each([
    [{ type: 'add', path: 'Patient.photo[0]', name: 'title', value: 'x' }, 'no element matches'],
    [{ type: 'replace', path: 'Patient.name.family.given', value: 'x' }, 'no element "given"'],
    [{ type: 'replace', path: 'Patient.name', value: 'x' }, 'matches 2 elements'],
    [{ type: 'delete', path: 'Patient.name' }, 'matches 2 elements'],
    [{ type: 'replace', path: 'Patient.nam', value: 'x' }, 'Did you mean name?'],
    [{ type: 'add', path: 'Patient', name: 'birthDat', value: 'x' }, 'Did you mean birthDate?'],
    [{ type: 'add', path: 'Patient', name: 'birthDate', value: 'x' }, 'there already'],
    [{ type: 'add', path: 'Patient.extension[0]', name: 'value', value: 'x' }, 'there already'],
    [{ type: 'add', path: 'Patient', name: 'multipleBirth', value: 'x' }, 'boolean, integer'],
    [{ type: 'add', path: 'Patient', name: 'gender', value: { part: [{ name: 'x', valueString: 'y' }] } }, 'no parts'],
    [{ type: 'insert', path: 'Patient.name', index: 3, value: 'x' }, 'at most 2'],
    [{ type: 'insert', path: 'Patient.gender', index: 0, value: 'x' }, 'no list'],
    [{ type: 'insert', path: 'Patient.name.given', index: 0, value: 'x' }, 'matches 2 elements'],
    [{ type: 'move', path: 'Patient.name', source: 2, destination: 0 }, 'below 2'],
    [{ type: 'delete', path: 'Patient' }, 'whole resource'],
    [{ type: 'replace', path: "'a' + 'b'", value: 'x' }, 'computes a value'],
    [{ type: 'replace', path: 'Observation.status', value: 'x' }, 'no element matches'],
  ])('refuses %j', async (parts, text) => {
    const error = await refusal(patched(patient, parts));
    expect(error).toMatchObject({ code: 'invalid-patch', status: 422, options: { expression: 'Parameters.parameter[0]' } });
    expect(error.message).toContain(text);
    expect(error.message).toMatch(/^Operation 0 \(/);
  });

  it.each([
    ['{"resourceType":"Patient"}', 'Parameters'],
    ['[]', 'application/json-patch+json'],
    ['{"resourceType":"Parameters","parameter":[{"name":"other"}]}', 'must be named "operation"'],
    [document({ type: 'put', path: 'Patient' }), 'type must be one of'],
    [document({ type: 'delete' }), '"path" is missing'],
    [document({ type: 'delete', path: 'Patient.name', value: 'x' }), 'has no part "value"'],
    [document({ type: 'replace', path: 'Patient.name' }), '"value" is missing'],
    [document({ type: 'replace', path: 'Patient.name', value: { valueFoo: 1 } }), 'value[x]'],
    [document({ type: 'insert', path: 'Patient.name', index: 'x', value: 'y' }), 'valueInteger'],
    [document({ type: 'move', path: 'Patient.name', source: -1, destination: 0 }), 'valueInteger'],
  ])('refuses the malformed document %s', async (text, expected) => {
    const error = await refusal((async () => parseFhirPathPatch(text, { maxDepth: 64 }))());
    expect(error).toMatchObject({ code: 'malformed-patch', status: 400 });
    expect(error.message).toContain(expected);
  });

  it('refuses what cannot be read, by its expression', async () => {
    const error = await refusal(patched(patient, { type: 'replace', path: 'Patient.name.where(', value: 'x' }));
    expect(error).toMatchObject({ code: 'invalid-expression', status: 422 });
    expect(error.message).toContain('Patient.name.where(');
  });
});
