/** The name of the rules changes with what they extract: else data of an earlier release would be searched by an index that is not that of this one. */
import { expect, it } from '@jest/globals';
import { hashOf } from '../../../src/core/hash.js';
import { resourceTypes } from '../../../src/fhir/definitions.js';
import { indexRules } from '../../../src/search/index-rules.js';
import { makeRegistry } from '../../../src/search/registry.js';
import { clinicResources } from '../../../src/sample/generate.js';
import { richResource } from '../../fixture/generate-resource.js';

it('belongs to the entries of every type: raise it in src/search/index-rules.ts when they change, and put their hash here', () => {
  const registry = makeRegistry();
  const samples = [...resourceTypes.map((type) => richResource(type, 1)), ...[...clinicResources({ patients: 3, seed: 3, today: '2026-03-02' })].map(({ text }) => JSON.parse(text) as Record<string, unknown>)];
  const entries = samples.map((sample) => registry.extract(sample));
  expect({ rules: indexRules, entries: hashOf(JSON.stringify(entries)) }).toEqual({ rules: '1', entries: '8vPLl6uP4VH3T1a8OBPyTH1My5eECq45Bg0AG1LmDco' });
});
