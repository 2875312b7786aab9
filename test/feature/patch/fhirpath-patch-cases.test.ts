/** The published cases of FHIRPath Patch and XML Patch. */
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseLexical, sameLexical, type Lexical } from '../../../src/core/json/lexical.js';
import { parseXml } from '../../../src/fhir/xml/parse.js';
import { applyFhirPathPatch, parseFhirPathPatch } from '../../../src/interaction/fhirpath-patch.js';
import { describeWith, sharedData } from '../../fixture/shared-data.js';

interface PatchCase {
  readonly name: string;
  readonly input: string;
  readonly diff: string;
  readonly output: string | undefined;
}

/** Cases that are not done, and why. */
const exceptions: Readonly<Record<string, string>> = {};

const inside = (text: string, tag: string): string | undefined => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1]?.trim();

const casesIn = (text: string): PatchCase[] =>
  [...text.matchAll(/<case name="([^"]*)"[^>]*>([^]*?)<\/case>/g)].map(([, name = '', content = '']) =>
    ({ name, input: inside(content, 'input') ?? '', diff: inside(content, 'diff') ?? '', output: inside(content, 'output') }));

const textOf = (name: string): string | undefined => {
  const file = sharedData(`fhir-patch-cases/${name}`);
  return file === undefined ? undefined : readFileSync(file, 'utf8');
};

/** The full resource has `&quot;` in its narrative where the patch gives `"`: the same text in XHTML. */
const lexical = (text: string): Lexical => parseLexical(text.replaceAll('&quot;', '\\"'));

const json = (xml: string): string => parseXml(xml, { maxDepth: 64 });

describeWith(textOf('fhir-patch-tests.xml'), 'the published FHIRPath Patch cases', (text) => {
  const cases = casesIn(text);
  it.each(cases.filter(({ name }) => !(name in exceptions)).map((one) => [one.name, one] as const))('%s', async (_, { input, diff, output }) => {
    const patched = applyFhirPathPatch(json(input), parseFhirPathPatch(json(diff), { maxDepth: 64 }));
    if (output === undefined) {
      await expect(patched).rejects.toMatchObject({ code: 'invalid-patch' });
      return;
    }
    expect(sameLexical(lexical(await patched), lexical(json(output)))).toBe(true);
  });

  it('are all there', () => {
    expect(cases.length).toBe(33);
    expect(Object.keys(exceptions).filter((name) => !cases.some((one) => one.name === name))).toEqual([]);
  });
});

describeWith(textOf('xml-patch-tests.xml'), 'the published XML Patch cases', (text) => {
  it('are not done: they patch XML documents of any kind by XPath (RFC 5261), which is answered 415; JSON Patch and FHIRPath Patch do the same', () => {
    expect(text.match(/<case name=/g)).toHaveLength(33);
  });
});
