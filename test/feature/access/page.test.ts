/** docs/security-cases.md tells of every case, and tells the truth. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { page, unheld } from '../../access/page.js';
import { sections } from '../../access/sections.js';

describe('the cases of the security design', () => {
  it('are each held by a test, or it is said why not', () => { expect(unheld()).toEqual([]); });

  it('have one id each', () => {
    const ids = Object.values(sections).flat().map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('are what the page says', () => { expect(readFileSync(join(packageRoot, 'docs', 'security-cases.md'), 'utf8')).toBe(page()); });
});
