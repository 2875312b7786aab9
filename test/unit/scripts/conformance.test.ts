/** The conformance page is what the cases say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { conformancePage } from '../../../scripts/conformance/page.js';
import { locatedCases } from '../../../scripts/conformance/read.js';
import { packageRoot } from '../../../src/core/package-root.js';

describe('docs/conformance.md', () => {
  const files = locatedCases();

  it('is generated from the cases as they are', () => {
    const isCurrent = readFileSync(join(packageRoot, 'docs', 'conformance.md'), 'utf8') === conformancePage(files);
    expect(isCurrent ? 'current' : 'stale: run node dist/scripts/conformance/write.js').toBe('current');
  });

  it('has the at least 250 cases of the spine, and each search type by each of its prefixes', () => {
    expect(files.filter(({ name }) => !name.startsWith('search-')).reduce((sum, { cases }) => sum + cases.length, 0)).toBeGreaterThanOrEqual(250);
    const page = conformancePage(files);
    for (const type of ['number', 'date', 'quantity']) expect(page.split('\n').filter((line) => line.startsWith(`| ${type} |`)).at(-1)).not.toContain('|  |');
  });
});
