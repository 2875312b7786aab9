import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseXml } from '../../../../src/fhir/xml/parse.js';
import { writeXml, writeXmlGently } from '../../../../src/fhir/xml/write.js';

const written = (json: string): string => writeXml(json).replace('<?xml version="1.0" encoding="UTF-8"?>', '');

describe('FHIR XML is written', () => {
  it('from the exact text, in the order of the definition', () => {
    expect(written('{"resourceType":"Observation","valueQuantity":{"unit":"mg","value":1.10},"status":"final","_status":{"id":"s"},"id":"o"}'))
      .toBe('<Observation xmlns="http://hl7.org/fhir"><id value="o"/><status id="s" value="final"/><valueQuantity><value value="1.10"/><unit value="mg"/></valueQuantity></Observation>');
  });

  it('with extensions, contained resources and escaped values', () => {
    expect(written('{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b"}],"name":[{"given":["a<\\"b\\n",null],"_given":[null,{"extension":[{"url":"http://x?a&b","valueDecimal":1E-22}]}]}]}'))
      .toBe('<Patient xmlns="http://hl7.org/fhir"><contained><Basic><id value="b"/></Basic></contained><name><given value="a&lt;&quot;b&#10;"/><given><extension url="http://x?a&amp;b"><valueDecimal value="1E-22"/></extension></given></name></Patient>');
  });

  it('with the narrative as it is, but for names of characters that XML does not know', () => {
    expect(written('{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">&nbsp;&lt;&eacute;<br/></div>"}}'))
      .toBe('<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">&#160;&lt;&#233;<br/></div></text></Patient>');
  });

  it('with the line ends of the narrative', () => {
    const json = '{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a\\r\\nb\\nc</div>"}}';
    expect(written(json)).toContain('a&#13;\nb\nc</div>');
    expect(parseXml(writeXml(json), { maxDepth: 20 })).toBe(json);
    expect(parseXml(writeXml(json).replaceAll('&#13;\n', '\r\n'), { maxDepth: 20 })).toBe(json.replace('\\r', ''));
  });

  it('indented on wish', () => {
    expect(writeXml('{"resourceType":"Patient","active":true,"name":[{"family":"a"}]}', { pretty: true }))
      .toBe('<?xml version="1.0" encoding="UTF-8"?>\n<Patient xmlns="http://hl7.org/fhir">\n  <active value="true"/>\n  <name>\n    <family value="a"/>\n  </name>\n</Patient>');
  });

  it.each([
    ['{"resourceType":"Patient","name":[{"text":"\\u0000"}]}', 'character'],
    ['{"resourceType":"Patient","nam":1}', '"nam"'],
    ['{"resourceType":"Pation"}', 'no resource type'],
  ])('or not at all: %s', (json, text) => {
    expect(() => writeXml(json)).toThrow(text);
  });

  it.each([false, true])('in pauses with the same result (pretty: %s)', async (pretty) => {
    const entries = Array.from({ length: 3_000 }, (_, index) => `{"fullUrl":"http://test/Patient/${String(index)}","resource":{"resourceType":"Patient","id":"${String(index)}","name":[{"family":"a"}]}}`);
    const bundle = `{"resourceType":"Bundle","type":"searchset","entry":[${entries.join(',')}]}`;
    expect(bundle.length).toBeGreaterThan(200_000);
    expect(await writeXmlGently(bundle, { pretty })).toBe(writeXml(bundle, { pretty }));
  });

  it('so that any text and any number comes back', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => [...value].every((one) => (one >= ' ' || '\t\n\r'.includes(one)) && one !== '\ufffe' && one !== '\uffff'));
    const number = fc.tuple(fc.integer(), fc.constantFrom('', '.0', '.10', 'E-22', '.5e+7')).map(([whole, rest]) => `${String(whole)}${rest}`);
    fc.assert(fc.property(text, number, (string, decimal) => {
      const json = `{"resourceType":"Basic","extension":[{"url":"http://x","valueString":${JSON.stringify(string)}},{"url":"http://y","valueDecimal":${decimal}}]}`;
      expect(parseXml(writeXml(json), { maxDepth: 20 })).toBe(json);
    }));
  });
});
