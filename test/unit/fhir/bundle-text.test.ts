import { describe, expect, it } from '@jest/globals';
import { readBundle } from '../../../src/fhir/bundle-text.js';

const read = (text: string) => {
  const bundle = readBundle(text, { maxDepth: 20 });
  return { entries: [...bundle.entries], head: bundle.head() };
};

describe('readBundle', () => {
  it('gives each entry with the exact text of its resource, and the members beside them', () => {
    const { entries, head } = read('{ "resourceType":"Bundle", "entry" : [ {"fullUrl":"urn:uuid:1","resource":{ "resourceType":"A", "v": 1.10 },"request":{"method":"POST","url":"A"}}, {"request":{"method":"GET","url":"B/1"}} ], "type":"batch" }');
    expect(entries).toEqual([
      { fullUrl: 'urn:uuid:1', request: { method: 'POST', url: 'A' }, resource: { text: '{"resourceType":"A","v":1.10}', value: { resourceType: 'A', v: 1.1 } } },
      { fullUrl: undefined, request: { method: 'GET', url: 'B/1' }, resource: undefined },
    ]);
    expect(head).toMatchObject({ resourceType: 'Bundle', type: 'batch' });
  });

  it.each([
    ['{"entry":[{"a":1,"a":2}]}', 'duplicate-key'],
    ['{"entry":[],"entry":[]}', 'duplicate-key'],
    ['{"entry":[{"resource":{"a":1,"a":1}}]}', 'duplicate-key'],
    ['{"entry":[{"resource":7}]}', 'invalid-bundle'],
    ['{"entry":[7]}', 'invalid-bundle'],
    ['{"entry":[{}', 'malformed-json'],
    ['{"entry":[{}]} x', 'malformed-json'],
    ['[]', 'invalid-structure'],
    ['', 'invalid-structure'],
    [`{"entry":[{"resource":{"a":${'['.repeat(30)}${']'.repeat(30)}}}]}`, 'too-deep'],
  ])('refuses %s', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }));
  });

  it('takes names of Object.prototype for what they are', () => {
    expect(read('{"toString":1,"valueOf":2}').head).toMatchObject({ toString: 1, valueOf: 2 });
  });
});
