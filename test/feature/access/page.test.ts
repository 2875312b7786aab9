/** docs/security-cases.md tells of every case, and tells the truth. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { unheldOn } from '../../access/held.js';
import { heldIds, page, unheld } from '../../access/page.js';
import { sections } from '../../access/sections.js';

describe('the cases of the security design', () => {
  it('are each held by a test, or it is said why not', () => { expect(unheld()).toEqual([]); });

  it('have one id each', () => {
    const ids = Object.values(sections).flat().map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('are held on an engine by tests that passed there and name them', () => {
    const all = heldIds();
    const names = all.map((id) => `on the engine sqlite section x ${id} holds`);
    expect([all.includes('B1'), all.includes('F-11'), all.includes('I10'), all.length]).toEqual([true, true, true, 110]);
    expect([unheldOn('sqlite', names), unheldOn('mongo', names)]).toEqual([[], all]);
    expect(unheldOn('mongo', names.map((name) => name.replace('the engine sqlite', 'MongoDB')).filter((name) => !/ (B1|F-1) /.test(name)))).toEqual(['B1', 'F-1']);
  });

  it('are what the page says', () => { expect(readFileSync(join(packageRoot, 'docs', 'security-cases.md'), 'utf8')).toBe(page()); });
});
