/** Reads the cases together with the names of their files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { caseFileNames, readCases } from '../../test/spec/case.js';
import type { Located } from './page.js';

/** Returns the case files by name. */
export const locatedCases = (): Located[] => {
  const folder = join(packageRoot, 'test', 'spec');
  return caseFileNames(folder).map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return { ...readCases(text, name), name };
  });
};
