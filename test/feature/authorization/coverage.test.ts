/** That every case of sections A and G of the security design has a test, and that docs/smart.md names tests that exist. */
import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/core/package-root.js';

const folder = join(packageRoot, 'test');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
const texts = files.filter((name) => !name.endsWith('coverage.test.ts')).map(textOf);

/** A title begins with the ids of its cases, or with what they have in common. */
const titled = (id: string, text: string): boolean => new RegExp(`['"\`](?:[A-Z]\\d+ |[A-Za-z]+ )*${id}[ :'"\`]`).test(text);
const ids = [...Array.from({ length: 15 }, (_, index) => `A${String(index + 1)}`), ...Array.from({ length: 38 }, (_, index) => `G${String(index + 1)}`)];

describe('cases of the security design', () => {
  it.each(ids)('%s has a test with its id', (id) => { expect(texts.some((text) => titled(id, text))).toBe(true); });
});

interface Named {
  readonly file: string;
  readonly titles: readonly string[];
  readonly cases: readonly string[];
}

/** `token: G5, "a title"; unit/access/scope: B22` */
const namedIn = (cell: string): Named[] => cell.split(';').map((part) => {
  const [file = '', what = ''] = part.split(/:(.*)/s).map((each) => each.trim());
  return {
    file: `${file.includes('/') ? file : `feature/authorization/${file}`}.test.ts`,
    titles: [...what.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title), cases: [...what.replace(/"[^"]*"/g, '').matchAll(/\b[A-Z]\d+\b/g)].map(([id]) => id),
  };
});

const smart = readFileSync(join(packageRoot, 'docs', 'smart.md'), 'utf8');
const rows = smart.slice(smart.indexOf('| the server shall | test |')).split('\n').slice(2).filter((line) => line.startsWith('| ')).map((line) => line.split('|').map((cell) => cell.trim()));

describe('what docs/smart.md says SMART asks for', () => {
  it('is a list', () => { expect(rows.length).toBeGreaterThan(25); });

  it.each(rows.map(([, rule = '', cell = '']): [string, string] => [rule, cell]))('%s: its tests are there', (_rule, cell) => {
    for (const { file, titles, cases } of namedIn(cell)) {
      expect([file, existsSync(join(folder, file))]).toEqual([file, true]);
      const text = textOf(file);
      expect([file, titles.filter((title) => !text.includes(title))]).toEqual([file, []]);
      expect([file, cases.filter((id) => !titled(id, text))]).toEqual([file, []]);
      expect(titles.length + cases.length).toBeGreaterThan(0);
    }
  });
});
