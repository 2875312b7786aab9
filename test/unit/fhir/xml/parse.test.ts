import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FhirError } from '../../../../src/core/error.js';
import { parseXml, parseXmlGently } from '../../../../src/fhir/xml/parse.js';
import { writeXml } from '../../../../src/fhir/xml/write.js';

const read = (content: string, type = 'Patient'): string => parseXml(`<${type} xmlns="http://hl7.org/fhir">${content}</${type}>`, { maxDepth: 20 });
const refusal = (text: string): FhirError => {
  try {
    parseXml(text, { maxDepth: 20 });
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
};
const patient = (content: string): string => `<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`;

describe('FHIR XML is read', () => {
  it('with every digit and all white space of values', () => {
    expect(read('<valueQuantity><value value="1.10"/></valueQuantity><component><valueQuantity><value value="1E-22"/></valueQuantity></component>', 'Observation'))
      .toBe('{"resourceType":"Observation","valueQuantity":{"value":1.10},"component":[{"valueQuantity":{"value":1E-22}}]}');
    expect(read('<name><text value="  a &amp; b&#10;&#9;&quot;c&quot; "/></name>')).toBe('{"resourceType":"Patient","name":[{"text":"  a & b\\n\\t\\"c\\" "}]}');
  });

  it('with each primitive in its JSON form', () => {
    expect(read('<active value="true"/><birthDate value="1970-01-01"/><multipleBirthInteger value="+2"/>')).toBe('{"resourceType":"Patient","active":true,"birthDate":"1970-01-01","multipleBirthInteger":2}');
  });

  it('with ids and extensions of primitives beside them', () => {
    expect(read('<name><given value="a"/><given id="g"><extension url="http://x"><valueCode value="c"/></extension></given><given value="b"/></name><birthDate id="d" value="1970"/>'))
      .toBe('{"resourceType":"Patient","name":[{"given":["a",null,"b"],"_given":[null,{"id":"g","extension":[{"url":"http://x","valueCode":"c"}]},null]}],"birthDate":"1970","_birthDate":{"id":"d"}}');
  });

  it('with contained resources, comments and declarations', () => {
    expect(parseXml('\ufeff<?xml version="1.0" encoding="utf-8"?><!-- a --><f:Patient xmlns:f="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"><!-- b --><f:contained><f:Organization><f:id value="o"/></f:Organization></f:contained></f:Patient><!-- c -->', { maxDepth: 20 }))
      .toBe('{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]}');
  });

  it('with the narrative as it is written', () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml">a\n  <b class=\'x\'>&lt;&#160;</b><br/> </div>';
    expect(JSON.parse(read(`<text><status value="generated"/>${div}</text>`))).toEqual({ resourceType: 'Patient', text: { status: 'generated', div } });
  });

  it('with a narrative under a prefix written without it', () => {
    const text = '<Patient xmlns="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div><h:b title="&quot;">a &lt; b</h:b></h:div></text></Patient>';
    expect(JSON.parse(parseXml(text, { maxDepth: 20 }))).toMatchObject({ text: { div: '<div xmlns="http://www.w3.org/1999/xhtml"><b title="&quot;">a &lt; b</b></div>' } });
  });

  it('in portions with the same result, narratives included', async () => {
    const entries = Array.from({ length: 1_500 }, (_, index) => `<entry>\r\n<resource><Patient><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">\r\n<p title='${String(index)}'>\u{1f600}</p></div></text></Patient></resource></entry>`);
    const text = `<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>${entries.join('\r\n')}</Bundle>`;
    const json = await parseXmlGently(text, { maxDepth: 20 });
    expect(json).toBe(parseXml(text, { maxDepth: 20 }));
    expect(json).toContain(`"div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">\\n<p title='1499'>\u{1f600}</p></div>"`);
  });

  it('in portions with the same result', async () => {
    const text = patient(Array.from({ length: 5_000 }, (_, index) => `<identifier><value value="\u{1f600} ${String(index)}"/></identifier>`).join('\r\n'));
    expect(await parseXmlGently(text, { maxDepth: 20 })).toBe(parseXml(text, { maxDepth: 20 }));
  });
});

/** A text with a few of its characters taken out, doubled or replaced. */
const damaged = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(6), fc.constantFrom('', '<', '>', '"', '/', '&', ' ', '<!--', ']]>', '<a/>', 'x')), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), text));

it('FHIR XML that is damaged is read as JSON or refused with a place', () => {
  const whole = '<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="a"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a<b>c</b></div></text><contained><Basic><id value="b"/></Basic></contained><extension url="x"><valueDecimal value="1.10"/></extension><name id="n"><given value="a"/><given><extension url="y"><valueBoolean value="true"/></extension></given></name></Patient>';
  fc.assert(fc.property(damaged(whole), (text) => {
    try {
      const json = parseXml(text, { maxDepth: 20 });
      expect((JSON.parse(json) as { resourceType: string }).resourceType).toMatch(/^[A-Z]/);
      expect(parseXml(writeXml(json), { maxDepth: 20 })).toBe(json);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      expect(error.status).toBeLessThan(500);
      expect(error.options.location).toMatch(/^line \d+, column \d+$/);
    }
  }), { numRuns: 2_000 });
});

describe('FHIR XML is refused by place', () => {
  it.each([
    ['<Patient xmlns="http://hl7.org/fhir">\n  <name>\n    <famly value="a"/></name></Patient>', 'invalid-structure', 'line 3, column 5', 'Patient.name[0]'],
    [patient('<birthDate valu="1970"/>'), 'invalid-structure', 'line 1, column 38', 'Patient.birthDate'],
    [patient('<name><given value="a"/></name><name><given value="a"/><given/></name>'), 'invalid-structure', 'line 1, column 93', 'Patient.name[1].given[1]'],
    [patient('<gender value="male"/><active value="true"/>'), 'invalid-structure', 'line 1, column 60', 'Patient'],
    [patient('<active value="true"/><active value="true"/>'), 'invalid-structure', 'line 1, column 60', 'Patient'],
    [patient('<active value="yes"/>'), 'invalid-structure', 'line 1, column 38', 'Patient.active'],
    [patient('<multipleBirthInteger value="2.0"/>'), 'invalid-structure', 'line 1, column 38', 'Patient.multipleBirthInteger'],
    [patient('text'), 'invalid-structure', undefined, 'Patient'],
    [patient('<![CDATA[text]]>'), 'invalid-structure', undefined, 'Patient'],
    [patient('<name/>'), 'invalid-structure', undefined, 'Patient.name[0]'],
    [patient('<contained/>'), 'invalid-structure', undefined, 'Patient.contained[0]'],
    [patient('<contained><Patient/><Patient/></contained>'), 'invalid-structure', undefined, 'Patient.contained[0]'],
    [patient('<contained><Pation/></contained>'), 'wrong-resource-type', undefined, 'Patient.contained[0]'],
    [patient('<active value="true" xmlns="http://other"/>'), 'malformed-xml', undefined, 'Patient'],
    [patient('<text><status value="generated"/><div>a</div></text>'), 'malformed-xml', undefined, 'Patient.text'],
    [patient('<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></div></text>'), 'malformed-xml', undefined, 'Patient.text'],
    ['<Patient/>', 'malformed-xml', 'line 1, column 1', undefined],
    ['', 'malformed-xml', undefined, undefined],
    ['{"resourceType":"Patient"}', 'malformed-xml', undefined, undefined],
    [patient('<active value="true">'), 'malformed-xml', undefined, undefined],
    [`${patient('')}${patient('')}`, 'malformed-xml', undefined, undefined],
    [patient('<name><text value="&nbsp;"/></name>'), 'malformed-xml', undefined, undefined],
    ['<?xml version="1.1"?><Patient xmlns="http://hl7.org/fhir"/>', 'malformed-xml', undefined, undefined],
    ['<?xml version="1.0" encoding="UTF-16"?><Patient xmlns="http://hl7.org/fhir"/>', 'malformed-xml', undefined, undefined],
    [patient('<?php a?>'), 'malformed-xml', undefined, undefined],
    [`<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>${patient('<name><text value="&lol2;"/></name>')}`, 'malformed-xml', undefined, undefined],
    [`<!DOCTYPE Patient SYSTEM "file:///etc/passwd">${patient('')}`, 'malformed-xml', undefined, undefined],
    [`<?xml version="1.0"?><!-- a --> <!-- b --><!DOCTYPE a [${'<!ENTITY a "b">'.repeat(9)}`, 'malformed-xml', 'line 1, column 43', undefined],
    [patient('<extension url="a">'.repeat(40)), 'too-deep', undefined, undefined],
    [patient(`<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(300)}`), 'too-deep', undefined, 'Patient.text'],
  ])('%s', (text, code, location, expression) => {
    const error = refusal(text);
    expect(error.code).toBe(code);
    expect(error.options.location).toMatch(/^line \d+, column \d+$/);
    if (location !== undefined) expect(error.options.location).toBe(location);
    if (expression !== undefined) expect(error.options.expression).toBe(expression);
  });
});
