import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { editJson } from '../../../../src/core/json/edit.js';
import { parseLexical, stringifyLexical } from '../../../../src/core/json/lexical.js';
import { selectMembers } from '../../../../src/core/json/select.js';
import { memberSpans } from '../../../../src/core/json/span.js';
import { stampResource } from '../../../../src/core/json/stamp.js';

const stamp = { id: 'a', versionId: '2', lastUpdated: '2026-01-31T10:00:00.000Z' };

describe('stampResource', () => {
  it('adds id and meta behind resourceType and leaves every other byte', () => {
    const { text, stampAt } = stampResource('{"resourceType":"Observation","v":1.10,"w":[1E-22]}', stamp);
    expect(text).toBe('{"resourceType":"Observation","id":"a","meta":{"versionId":"2","lastUpdated":"2026-01-31T10:00:00.000Z"},"v":1.10,"w":[1E-22]}');
    expect(text.slice(stampAt, stampAt + 24)).toBe(stamp.lastUpdated);
  });

  it.each([
    '{"id":"b","meta":{"tag":[{"code":"x"}],"versionId":"9","lastUpdated":"2000-01-01T00:00:00Z"},"resourceType":"X","v":1.0}',
    '{"meta":{"profile":["p"]},"resourceType":"X"}',
    '{"resourceType":"X","id":"b"}',
    '{"text":{"div":"\\"id\\":\\"z\\" \\\\"},"resourceType":"X","meta":{}}',
    '{"resourceType":"X","contained":[{"resourceType":"Y","id":"inner","meta":{"versionId":"7"}}]}',
  ])('sets the three members of %s in place and keeps the rest', (before) => {
    const { text, stampAt } = stampResource(before, stamp);
    const old = JSON.parse(before) as { meta?: object };
    const { versionId, lastUpdated } = stamp;
    expect(JSON.parse(text)).toEqual({ ...old, id: 'a', meta: { ...old.meta, versionId, lastUpdated } });
    expect(text.slice(stampAt, stampAt + 24)).toBe(lastUpdated);
    expect(memberSpans(text).map(({ name }) => name).filter((name) => name !== 'id' && name !== 'meta')).toEqual(Object.keys(old).filter((name) => name !== 'id' && name !== 'meta'));
  });
});

describe('editJson', () => {
  it('replaces values at paths and nothing else', () => {
    const text = '{"a":[{"b":1.0,"c":"x,]}"},{"b":2.00}],"d":{"e":null}}';
    expect(editJson(text, [{ path: ['d', 'e'], json: '[1]' }, { path: ['a', 1, 'b'], json: '"n"' }, { path: ['a', 0, 'c'], json: '{}' }]))
      .toBe('{"a":[{"b":1.0,"c":{}},{"b":"n"}],"d":{"e":[1]}}');
  });

  it('refuses a path that is not there', () => {
    expect(() => editJson('{"a":1}', [{ path: ['b'], json: '1' }])).toThrow('nothing to replace at b');
  });
});

describe('parseLexical', () => {
  it('gives back the same text for any compact JSON', () => {
    fc.assert(fc.property(fc.dictionary(fc.string().filter((name) => name !== '__proto__' && !/^\d+$/.test(name)), fc.jsonValue().filter((value) => !/"(\d+|__proto__)":/.test(JSON.stringify(value)))), (value) => {
      const text = JSON.stringify(value);
      expect(stringifyLexical(parseLexical(text))).toBe(text);
    }));
    expect(stringifyLexical(parseLexical('{"a":1.10,"b":[1E-22,-0]}'))).toBe('{"a":1.10,"b":[1E-22,-0]}');
  });
});

describe('selectMembers', () => {
  it('keeps the named members, meta always, and tags what is left', () => {
    const cut = JSON.parse(selectMembers('{"resourceType":"P","id":"a","meta":{"tag":[{"code":"k"}],"versionId":"1"},"b":1.0,"c":2}', (name) => ['resourceType', 'id', 'c'].includes(name))) as unknown;
    expect(cut).toEqual({ resourceType: 'P', id: 'a', c: 2, meta: { versionId: '1', tag: [{ code: 'k' }, { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }] } });
  });
});
