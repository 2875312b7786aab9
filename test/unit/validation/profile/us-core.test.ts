/** US Core: every example of its packages validates as the guide intends, and no longer does without what its profile demands. */
import { expect, it } from '@jest/globals';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { makeProfileValidator } from '../../../../src/validation/profile/validator.js';
import { ruleOfProfile } from '../../../../src/validation/profile/rule.js';
import { makeCoreSource } from '../../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../../../src/terminology/local/memory-source.js';
import type { ValueSet } from '../../../../src/terminology/resource.js';
import { makeValidator } from '../../../../src/validation/validator.js';
import type { Issue } from '../../../../src/core/error.js';
import { describeWith, jsonOf, sharedData } from '../../../fixture/shared-data.js';
import { readUsCore, type UsCore } from '../../../fixture/us-core.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type JsonObject = Readonly<Record<string, unknown>>;

const base = makeValidator();
const errorsOf = (issues: readonly Issue[]): Issue[] => issues.filter(({ severity }) => severity === 'error');
const validatorOf = (guides: readonly UsCore[]): ((resource: JsonObject) => Issue[]) => {
  const validate = makeProfileValidator({ library: makeProfileLibrary(guides.flatMap(({ profiles }) => profiles)), unknownModifiers: 'report' });
  return (resource) => {
    const found = errorsOf(base(resource));
    const profiled = validate(resource);
    if (profiled instanceof Promise) throw new Error('a promise without a terminology');
    return [...found, ...errorsOf(profiled)];
  };
};

for (const version of ['6.1.0', '7.0.0']) {
  describeWith(readUsCore(version), `US Core ${version}`, (guide) => {
    const validate = validatorOf([guide]);
    const library = makeProfileLibrary(guide.profiles);

    it('accepts every example', () => {
      expect(guide.examples.length).toBeGreaterThan(180);
      expect(guide.examples.flatMap(({ name, resource }) => validate(resource).map(({ diagnostics }) => `${name}: ${diagnostics}`))).toEqual([]);
    });

    it('accepts every example with its codes checked, and says which cannot be', async () => {
      const terminology = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource(guide.terminology as unknown as ValueSet[])] });
      const check = makeProfileValidator({ library, unknownModifiers: 'report', terminology });
      const issues = (await Promise.all(guide.examples.map(async ({ name, resource }) => (await check(resource)).map((issue) => ({ ...issue, name }))))).flat();
      expect(issues.filter(({ severity }) => severity === 'error').map(({ name, diagnostics }) => `${name}: ${diagnostics}`)).toEqual([]);
      // Value sets of VSAC are not part of the package.
      expect(issues.some(({ code, diagnostics }) => code === 'not-supported' && diagnostics.includes('cts.nlm.nih.gov'))).toBe(true);
    });

    it('refuses an example without an element its profile demands', () => {
      const passed: string[] = [];
      let tried = 0;
      for (const { name, resource } of guide.examples) {
        const claimed = (resource['meta'] as { profile?: string[] } | undefined)?.profile ?? [];
        const rules = claimed.flatMap((canonical) => { const profile = library.find(canonical); return profile === undefined ? [] : ruleOfProfile(profile).children; });
        for (const { name: element, min } of rules.filter((rule) => rule.min > 0)) {
          const without = Object.fromEntries(Object.entries(resource).filter(([key]) => !new RegExp(`^_?${element}([A-Z]|$)`).test(key)));
          if (Object.keys(without).length === Object.keys(resource).length) continue;
          tried += 1;
          if (validate(without).length === 0) passed.push(`${name} without ${element} (${String(min)})`);
        }
      }
      expect(tried).toBeGreaterThan(500);
      expect(passed).toEqual([]);
    });
  });
}

const sample = sharedData('us-core-sample');
const guides = ['6.1.0', '7.0.0'].flatMap((version) => readUsCore(version) ?? []);

/** What the sample data does not meet: each a fault of the data, by what is wrong. */
const faults: readonly (readonly [file: string, fault: RegExp, reason: string])[] = [
  ['us_quality_core_bundle_patient.json', /Attachment/, 'content.attachment.link is no element of R4'],
  ['uscore_bundle_patient_355.json', /"stop" is not an element of Period/, 'a misspelt end of a period'],
  ['uscore_bundle_patient_355.json', /the slice (Systolic|Diastolic)BP is missing/, 'claims the blood pressure profile of R4 without its components'],
  ['uscore_bundle_patient_355.json', /\(vs-1\)/, 'a time less precise than the day'],
  ['uscore_bundle_patient_908.json', /us-core-sex|gender: is missing|meets none of .*us-core-patient/, 'made for another version of US Core: no gender, and us-core-sex as a Coding'],
];

describeWith(sample !== undefined && guides.length === 2 ? sample : undefined, 'data that satisfies US Core', (folder) => {
  it.each(['uscore_bundle_patient_85.json', 'uscore_bundle_patient_355.json', 'uscore_bundle_patient_907.json', 'uscore_bundle_patient_908.json', 'uscore_group_1a.json', 'uscore_bundle_asserted-date.json', 'us_quality_core_bundle_patient.json'])('%s is accepted but for faults that are listed', (file) => {
    const resource = JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonObject;
    const unlisted = validatorOf(guides)(resource).filter(({ diagnostics }) => !faults.some(([name, fault]) => name === file && fault.test(diagnostics)));
    expect(unlisted.map(({ diagnostics }) => diagnostics)).toEqual([]);
  });
});

describeWith(jsonOf('r4-examples/hl7.fhir.r4.examples-4.0.1.tar.xz'), "HL7's examples of R4 profiles", (files) => {
  it('meet the profiles of R4 that they claim, but for those listed', () => {
    const validate = makeProfileValidator({ library: makeProfileLibrary([]), unknownModifiers: 'report' });
    let claims = 0;
    const found = files.flatMap(({ name, text }) => {
      const resource = JSON.parse(text) as JsonObject;
      if (!text.includes('"profile"') || resource['resourceType'] === undefined) return [];
      claims += ((resource['meta'] as { profile?: unknown[] } | undefined)?.profile ?? []).length;
      const issues = validate(resource);
      return issues instanceof Promise ? [] : errorsOf(issues).map(({ diagnostics }) => `${name}: ${diagnostics}`);
    });
    expect(found).toEqual([]);
    expect(claims).toBeGreaterThan(50);
  });
});
