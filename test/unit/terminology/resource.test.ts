import { describe, expect, it } from '@jest/globals';
import { splitCanonical } from '../../../src/terminology/resource.js';

describe('splitCanonical', () => {
  it.each([
    ['http://x/vs', 'http://x/vs', undefined],
    ['http://x/vs|4.0.1', 'http://x/vs', '4.0.1'],
    ['http://x/vs|', 'http://x/vs', undefined],
    ['http://snomed.info/sct?fhir_vs=ecl/<|2', 'http://snomed.info/sct?fhir_vs=ecl/<', '2'],
  ])('reads %s', (canonical, url, version) => {
    expect(splitCanonical(canonical)).toEqual({ url, version });
  });
});
