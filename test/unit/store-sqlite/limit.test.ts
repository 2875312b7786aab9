/** SQLite prepares a statement anew whenever a number is bound to a bare `LIMIT ?`, since that number may change its plan (https://sqlite.org/c3ref/prepare.html). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';

const folder = join(packageRoot, 'src', 'store-sqlite');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('the statements of the embedded engine', () => {
  it.each(files)('bind no number to a bare LIMIT in %s: with `+ 0` the plan is made once', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text.match(/LIMIT (?:\?|@\w+\b)(?! \+ 0)/g)).toBeNull();
  });
});
