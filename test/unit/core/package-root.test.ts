/** The folder everything on disk is found from. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';

describe('packageRoot', () => {
  it('holds the package.json of this project', () => {
    const { name } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { name: string };
    expect(name).toBe('concierge-fhir');
    expect(isAbsolute(packageRoot)).toBe(true);
  });
});
