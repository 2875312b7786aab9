/** The published cases of JSON Patch (RFC 6902, appendix A and more). */
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FhirError } from '../../../src/core/error.js';
import { parseLexical, sameLexical } from '../../../src/core/json/lexical.js';
import { parseJson } from '../../../src/core/json/parse.js';
import { applyJsonPatch, parseJsonPatch } from '../../../src/interaction/json-patch.js';
import { describeWith, sharedData } from '../../fixture/shared-data.js';

interface PatchCase {
  readonly comment?: string;
  readonly doc: unknown;
  readonly patch: unknown;
  readonly expected?: unknown;
  readonly error?: string;
}

const file = sharedData('fhir-patch-cases/json-patch-tests.json');

describeWith(file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8')) as PatchCase[], 'the published JSON Patch cases', (cases) => {
  it.each(cases.map((one) => [one.comment ?? '', one] as const))('%s', async (_, { doc, patch, expected, error }) => {
    const apply = async (): Promise<string> => applyJsonPatch(JSON.stringify(doc), parseJsonPatch(JSON.stringify(patch), { maxDepth: 64 }));
    if (error !== undefined) await expect(apply()).rejects.toThrow(FhirError);
    else expect(sameLexical(parseLexical(await apply()), parseLexical(parseJson(JSON.stringify(expected), { depth: 64 }).text))).toBe(true);
  });

  it('are all there', () => { expect(cases.length).toBeGreaterThan(15); });
});
