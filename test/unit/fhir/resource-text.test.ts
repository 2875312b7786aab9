/** Words of resources: the quick look never decides otherwise than the whole one. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasWords, wordsOf } from '../../../src/fhir/resource-text.js';

describe('words', () => {
  it('are folded, without what is no letter or digit', () => {
    expect(wordsOf('  Métastases, in the BONE\n(5.4 mg) ')).toBe('metastases in the bone 5 4 mg');
  });

  it('of a narrative are those that are shown', () => {
    const body = JSON.stringify({ resourceType: 'Basic', text: { div: '<div title="hidden">A&nbsp;b&#228;r &lt;sits&gt;</div>' }, code: { text: 'outside' } });
    for (const words of ['a bar', 'sits']) expect(hasWords(body, 'narrative', words)).toBe(true);
    for (const words of ['hidden', 'div', 'outside', 'nbsp']) expect(hasWords(body, 'narrative', words)).toBe(false);
    expect(hasWords(body, 'content', 'outside')).toBe(true);
  });

  it('never reach from one element to the next', () => {
    expect(hasWords('{"a":"one","b":"two"}', 'content', 'one two')).toBe(false);
    expect(hasWords('{"a":"one two"}', 'content', 'one tw')).toBe(true);
  });

  it('are found whatever else the text has in it', () => {
    const word = fc.constantFrom('bone', 'Liver', 'ä', 'x-ray', '5.4', '"q"', 'a\nb', '\\', 'é', 'ﬁn');
    fc.assert(fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), word, (texts, wanted) => {
      fc.pre(wordsOf(wanted) !== '');
      const body = JSON.stringify({ list: texts.map((words) => words.join(' ')) });
      const expected = texts.some((words) => ` ${wordsOf(words.join(' '))}`.includes(` ${wordsOf(wanted)}`));
      expect(hasWords(body, 'content', wordsOf(wanted))).toBe(expected);
      expect(hasWords(`${body.slice(0, -1)},"plain":"é"}`, 'content', wordsOf(wanted))).toBe(expected || 'e'.startsWith(wordsOf(wanted)));
    }));
  });
});
