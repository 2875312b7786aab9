/** The terminology of R4 as the build lays it out, against hl7.fhir.r4.core 4.0.1 as HL7 published it. */
import { expect, it } from '@jest/globals';
import { codesOf, elementsOf, isType, resourceTypes } from '../../../src/fhir/definitions.js';
import { makeCoreSource } from '../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../src/terminology/local/engine.js';
import type { CodeSystem, ConceptMap, SystemConcept, TerminologyResources, TerminologyType, ValueSet } from '../../../src/terminology/resource.js';
import { describeWith, jsonOf } from '../../fixture/shared-data.js';

const files = jsonOf('r4-core/hl7.fhir.r4.core-4.0.1.tgz')?.filter(({ name }) => /^(CodeSystem|ValueSet|ConceptMap)-/.test(name));
const source = makeCoreSource();

type Resource = CodeSystem | ValueSet | ConceptMap;
/** Definitions and designations aside: the packager mended broken characters in some. */
const conceptText = (concepts: readonly SystemConcept[] = []): unknown =>
  concepts.map(({ code, display, property = [], concept }) => [code, display, property, conceptText(concept)]);
const bare = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null, (key, inner: unknown) => (key === 'id' || key === 'extension' || key.startsWith('_') || key === 'description' ? undefined : inner))) as unknown;
const essence = (resource: Resource): unknown => {
  if (resource.resourceType === 'CodeSystem') return [resource.version, resource.content, resource.caseSensitive, resource.hierarchyMeaning, bare(conceptText(resource.concept))];
  if (resource.resourceType === 'ValueSet') return [resource.version, bare(resource.compose)];
  return [resource.version, resource.sourceUri ?? resource.sourceCanonical, resource.targetUri ?? resource.targetCanonical, bare(resource.group)];
};

describeWith(files, 'terminology against hl7.fhir.r4.core 4.0.1', (published) => {
  const all = published.map(({ text }) => JSON.parse(text) as Resource);
  const own = async (type: TerminologyType, url: string): Promise<TerminologyResources[TerminologyType] | undefined> => (await source.resources(type, url))[0];

  it('has every code system, value set and map as published', async () => {
    const other: string[] = [];
    for (const resource of all) {
      const found = await own(resource.resourceType, resource.url ?? '');
      if (found === undefined || JSON.stringify(essence(found)) !== JSON.stringify(essence(resource))) other.push(`${resource.resourceType} ${resource.url ?? ''}`);
    }
    // Of HL7's own maps of every status element to the canonical ones none is packaged; in v2-0550 codes with broken characters are mended.
    expect(other.filter((name) => !name.startsWith('ConceptMap http://hl7.org/fhir/ConceptMap/sc-'))).toEqual(['CodeSystem http://terminology.hl7.org/CodeSystem/v2-0550']);
    expect(other).toHaveLength(62);
    expect(all).toHaveLength(2458);
  });

  it('has nothing else', async () => {
    const urls = new Set(all.filter(({ resourceType }) => resourceType === 'CodeSystem').map(({ url }) => url));
    expect((await source.codeSystems()).filter(([url]) => !urls.has(url))).toEqual([]);
  });
});

it('expands every required binding as the list that validation uses', async () => {
  const terminology = makeLocalTerminology({ sources: [source] });
  const types = [...resourceTypes, 'Element', 'Identifier', 'HumanName', 'Address', 'ContactPoint', 'Quantity', 'Timing', 'Attachment', 'Dosage'].filter(isType);
  const urls = new Set(types.flatMap((type) => [...elementsOf(type).values()]).flatMap(({ binding }) => (binding?.strength === 'required' ? [binding.valueSet] : [])));
  let compared = 0;
  for (const url of urls) {
    const known = codesOf(url);
    if (known === undefined) continue;
    const members = (await terminology.expand({ valueSet: url })).contains.flatMap(({ system, code }) => [`${system}|${code}`, code]);
    expect([url, [...new Set(members)].sort()]).toEqual([url, [...known].sort()]);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(80);
});
