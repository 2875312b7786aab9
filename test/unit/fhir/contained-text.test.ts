/** Contained resources are cut out of the text as they stand. */
import { describe, expect, it } from '@jest/globals';
import { containedText, containedTexts } from '../../../src/fhir/contained-text.js';

const medication = '{"resourceType":"Medication","id":"m","amount":{"numerator":{"value":1.10}}}';
const body = `{"resourceType":"List","id":"l","note":[{"text":"\\"contained\\":[1]"}],"contained":[${medication},{"id":"x","resourceType":"Patient"},{"resourceType":"Patient"}],"status":"current"}`;

describe('contained resources as text', () => {
  it('keep every character, in their order', () => {
    expect(containedTexts(body)).toEqual([
      { type: 'Medication', id: 'm', text: medication }, { type: 'Patient', id: 'x', text: '{"id":"x","resourceType":"Patient"}' }, { type: 'Patient', id: '', text: '{"resourceType":"Patient"}' },
    ]);
    expect(containedText(body, { type: 'Medication', id: 'm' })).toBe(medication);
    expect(containedText(body, { type: 'Patient', id: 'm' })).toBeUndefined();
  });

  it('are none where there are none, or where the member is no array', () => {
    for (const text of ['{"resourceType":"List"}', '{"note":[{"text":"\\"contained\\":[1]"}]}', '{"contained":[]}', '{"contained":{"id":"m"}}']) expect(containedTexts(text)).toEqual([]);
  });
});
