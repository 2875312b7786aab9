import { describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import { openPage, signPage } from '../../../src/search/page-link.js';

const secret = 'a secret of thirty-two characters';
const scope = { criteria: 'Patient?name=peter', viewerKey: 'client a' };
const position = ['Müller', 12, null] as const;

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof FhirError ? error.code : String(error);
  }
};

describe('page links', () => {
  const token = signPage(secret, { position, ...scope });

  it('give back the position to the search and caller they were made for', () => { expect(openPage(secret, token, scope)).toEqual(position); });
  it('are the same for the same page', () => { expect(signPage(secret, { position, ...scope })).toBe(token); });
  it('show nothing of the position', () => {
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('ller');
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  });
  it.each([
    ['other criteria', { ...scope, criteria: 'Patient?name=paul' }],
    ['another caller', { ...scope, viewerKey: 'client b' }],
    ['criteria and caller run together', { criteria: 'Patient?name=peterclient a', viewerKey: '' }],
  ])('do not open for %s', (_name, other) => { expect(codeOf(() => openPage(secret, token, other))).toBe('page-expired'); });
  it('do not open with another secret', () => { expect(codeOf(() => openPage('another secret of the same length', token, scope))).toBe('page-expired'); });
  it('do not open when any bit is changed', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(codeOf(() => openPage(secret, changed.toString('base64url'), scope))).toBe('page-expired');
    }
  });
  it.each(['', 'x', 'not a token', 'A'.repeat(5000)])('do not open from %j', (text) => { expect(codeOf(() => openPage(secret, text, scope))).toBe('page-expired'); });
});
