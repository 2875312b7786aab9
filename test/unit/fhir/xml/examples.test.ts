/** HL7's examples for R4 survive the way to XML and back. */
import { expect, it } from '@jest/globals';
import { parseJson } from '../../../../src/core/json/parse.js';
import { JsonNumber, parseLexical, type Lexical } from '../../../../src/core/json/lexical.js';
import { isResourceType } from '../../../../src/fhir/definitions.js';
import { parseXml } from '../../../../src/fhir/xml/parse.js';
import { writeXml } from '../../../../src/fhir/xml/write.js';
import { describeWith, jsonOf } from '../../../fixture/shared-data.js';

/** What does not, and why. */
const exceptions: Readonly<Record<string, string>> = {};

/** The same text for the same elements and digits, whatever the order of members. */
const canonical = (value: Lexical): string => {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).sort().join(',')}}`;
};

/** Returns why the resource does not come back as it was; undefined when it does. */
const changeOf = (text: string, pretty: boolean): string | undefined => {
  const { text: compact } = parseJson(text, { depth: 100 });
  try {
    const back = parseXml(writeXml(compact, { pretty }), { maxDepth: 100 });
    return back === compact || canonical(parseLexical(back)) === canonical(parseLexical(compact)) ? undefined : `came back as ${back.slice(0, 400)}`;
  } catch (error) {
    return (error as Error).message.slice(0, 600);
  }
};

describeWith(jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz'), "HL7's examples in XML", (files) => {
  const resources = files.filter(({ text }) => isResourceType(String((JSON.parse(text) as { resourceType?: unknown }).resourceType)));
  const changed = (pretty: boolean): Record<string, string> =>
    Object.fromEntries(resources.filter((_, index) => !pretty || index % 10 === 0).flatMap(({ name, text }) => { const change = changeOf(text, pretty); return change === undefined ? [] : [[name, change]]; }));

  it('come back with the same elements and the same digits', () => {
    expect(resources.length).toBeGreaterThan(5290);
    expect(changed(false)).toEqual(exceptions);
  });

  it('come back the same from indented XML', () => {
    expect(changed(true)).toEqual(exceptions);
  });
});
