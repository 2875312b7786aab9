/** Formats of the primitive types: what each takes and refuses (https://hl7.org/fhir/R4/datatypes.html#primitive). */
import { describe, expect, it } from '@jest/globals';
import { isPrimitive } from '../../../src/fhir/definitions.js';
import { primitiveForms, primitives } from '../../../src/validation/primitive.js';

const table: Readonly<Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>> = {
  date: { good: ['2024', '2024-02', '2024-02-29', '2000-02-29', '1900-02-28'], bad: ['2023-02-29', '1900-02-29', '2024-02-31', '2024-04-31', '2024-13', '2024-00', '2024-1-1', '0000', '24', '2024-02-29T10:00:00Z', ' 2024', '2024\n', 2024, null] },
  dateTime: {
    good: ['2024', '2024-02', '2024-02-29', '2024-02-29T23:59:59Z', '2016-12-31T23:59:60Z', '2024-02-29T10:00:00.123456789+14:00', '2024-02-29T10:00:00-00:30'],
    bad: ['2024-02-29T10:00:00', '2024-02-29T10:00Z', '2024-02-31T10:00:00Z', '2024-02-29T24:00:00Z', '2024-02-29T10:00:61Z', '2024-02-29T10:00:00+14:30', '2024-02-29T10:00:00+15:00', '2024-02-29 10:00:00Z', '2024-02T10:00:00Z', '2024-02-29T10:00:00.Z'],
  },
  instant: { good: ['2024-02-29T10:00:00Z', '2015-02-07T13:28:17.239+02:00'], bad: ['2024-02-29', '2024-02-29T10:00:00', '2023-02-29T10:00:00Z', ''] },
  time: { good: ['00:00:00', '23:59:60', '10:00:00.5'], bad: ['24:00:00', '10:00', '10:00:00Z', '1:00:00'] },
  id: { good: ['a', 'A-1.b', 'x'.repeat(64)], bad: ['', 'x'.repeat(65), 'a b', 'a_b', 'é'] },
  code: { good: ['a', 'a b', 'a\tb', 'a\u00a0b'], bad: ['', ' a', 'a ', 'a  b', '\n'] },
  uri: { good: ['urn:x', 'http://a', '#a', 'ä'], bad: ['', 'a b', 'http://a\n'] },
  canonical: { good: ['http://a|1', '#x'], bad: ['http://a |1', ''] },
  url: { good: ['https://a/b?c'], bad: [' https://a'] },
  oid: { good: ['urn:oid:1.2.3', 'urn:oid:2.16.840.1.113883'], bad: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1.02', 'urn:oid:1'] },
  uuid: { good: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'], bad: ['c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-ec9a-4326-a141-556f43239520', 'urn:uuid:1'] },
  base64Binary: { good: ['QUJD', 'QUI=', 'QQ==', 'QU JD\nQUJD'], bad: ['', 'QUJ', 'Q===', 'QU=D', 'QU*D', 'QQ=='.replace('==', '=')] },
  boolean: { good: [true, false], bad: ['true', 1, 0, null] },
  decimal: { good: [0, -1.5, 1e10], bad: ['1', Infinity, NaN] },
  integer: { good: [0, -2147483648, 2147483647], bad: [1.5, 2147483648, '1'] },
  positiveInt: { good: [1, 2147483647], bad: [0, -1, 2147483648, 1.5] },
  unsignedInt: { good: [0, 1], bad: [-1, 0.5, '0'] },
  string: { good: ['a', ' ', 'a\u00a0b', 'x'.repeat(1024 * 1024)], bad: ['', 'x'.repeat(1024 * 1024 + 1), 1, null] },
  markdown: { good: ['# a\n\nb'], bad: ['', false] },
  xhtml: { good: ['<div xmlns="http://www.w3.org/1999/xhtml">a</div>'], bad: ['<div>a</div>', 'a', ''] },
  language: { good: ['en', 'de-CH', 'zh-Hant-TW', 'en-x-private', 'sl-rozaj-biske', 'i-klingon', 'de-CH-1996', 'hi'], bad: ['english language', 'e', 'en_US', 'en-', '-en', 'en--US', '12', 'x'.repeat(200)] },
  currency: { good: ['EUR', 'USD'], bad: ['eur', 'Euro', '€'] },
  mimetype: { good: ['text/plain', 'application/fhir+json', 'text/plain; charset=UTF-8', 'json'], bad: ['text', 'text/', '/plain', 'text/plain, text/html'] },
};

describe('primitive values', () => {
  for (const [type, { good, bad }] of Object.entries(table)) {
    it(`${type} takes what the format allows and nothing else`, () => {
      expect(good.filter((value) => primitives[type]?.(value) !== true)).toEqual([]);
      expect(bad.filter((value) => primitives[type]?.(value) !== false)).toEqual([]);
    });
  }

  it('every check has its words, and a row here', () => {
    expect(Object.keys(primitiveForms).sort()).toEqual(Object.keys(primitives).sort());
    expect(Object.keys(table).sort()).toEqual(Object.keys(primitives).sort());
    expect(Object.keys(primitives).filter((name) => !isPrimitive(name))).toEqual(['language', 'currency', 'mimetype']);
  });

  it('takes no long time over a text made to hold it up', () => {
    expect(primitives['mimetype']?.(`a/${'b;'.repeat(100_000)}\n`)).toBe(false);
    const long = `${'a'.repeat(100_000)} ${'\t'.repeat(50_000)}`;
    expect(Object.entries(primitives).filter(([, check]) => check(long)).map(([name]) => name).sort()).toEqual(['base64Binary', 'markdown', 'string']);
  });
});
