import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffJson } from '../../../../src/core/json/diff.js';
import { parseLexical, sameLexical } from '../../../../src/core/json/lexical.js';
import { applyJsonPatch, parseJsonPatch } from '../../../../src/interaction/json-patch.js';

describe('what changes between two JSON texts', () => {
  it.each([
    ['{"a":1}', '{"a":1}', '[]'],
    ['{"a":1.10}', '{"a":1.1}', '[{"op":"replace","path":"/a","value":1.1}]'],
    ['{"a":1,"b/c":{"d":2}}', '{"b/c":{"d":[]},"e":null}', '[{"op":"remove","path":"/a"},{"op":"replace","path":"/b~1c/d","value":[]},{"op":"add","path":"/e","value":null}]'],
    ['{"a":[1,2,3]}', '{"a":[1,9,2,3]}', '[{"op":"add","path":"/a/1","value":9}]'],
    ['{"a":[1,2,3,4]}', '{"a":[1,4]}', '[{"op":"remove","path":"/a/2"},{"op":"remove","path":"/a/1"}]'],
    [undefined, '{"a":1}', '[{"op":"add","path":"","value":{"a":1}}]'],
    ['{"a":1}', undefined, '[{"op":"remove","path":""}]'],
  ])('from %s to %s', (before, after, expected) => {
    expect(diffJson(before, after)).toBe(expected);
  });

  it('leaves out what does not count', () => {
    expect(diffJson('{"meta":{"v":1},"a":1}', '{"meta":{"v":2},"a":2}', new Set(['/meta/v']))).toBe('[{"op":"replace","path":"/a","value":2}]');
  });

  it('is a JSON Patch from the one to the other', async () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 3 }, fc.constantFrom('1', '1.0', '1E-22', '"a"', '"~/"', 'null', 'true'), tie('list'), tie('object')),
      list: fc.array(tie('tree'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c/d', '~', ''), tie('tree'), { maxKeys: 4 }).map((members) => `{${Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${String(value)}`).join(',')}}`),
    }));
    await fc.assert(fc.asyncProperty(tree, tree, async (one, other) => {
      const [before, after] = [String(one), String(other)];
      const patched = await applyJsonPatch(before, parseJsonPatch(diffJson(before, after), { maxDepth: 64 }));
      expect(sameLexical(parseLexical(patched), parseLexical(after))).toBe(true);
    }));
  });
});
