import { describe, expect, it } from '@jest/globals';
import { compareVersions, newestFirst } from '../../../src/core/newest.js';

describe('versions', () => {
  it('stand in their order', () => {
    const sorted = ['1.0-draft', '1.0', '1.0.1', '1.9', '1.10', '2.0.0-ballot', '2.0.0', '20240101'];
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  });

  it('active ones come first, of equal ones the first', () => {
    expect(newestFirst([{ version: '2', status: 'draft' }, { version: '1', status: 'active' }, { version: '1.5', status: 'active' }]).map(({ version }) => version)).toEqual(['1.5', '1', '2']);
    expect(newestFirst([{ version: '1', from: 'a' }, { version: '1', from: 'b' }]).map(({ from }) => from)).toEqual(['a', 'b']);
  });
});
