/** Writes docs/security-cases.md anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { page } from './page.js';

writeFileSync(join(packageRoot, 'docs', 'security-cases.md'), page());
