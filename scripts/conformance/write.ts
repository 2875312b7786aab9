/** Writes `docs/conformance.md` from `test/spec/*.yaml`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { conformancePage } from './page.js';
import { locatedCases } from './read.js';

mkdirSync(join(packageRoot, 'docs'), { recursive: true });
writeFileSync(join(packageRoot, 'docs', 'conformance.md'), conformancePage(locatedCases()));
