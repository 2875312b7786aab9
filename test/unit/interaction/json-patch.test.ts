import { describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import { applyJsonPatch, parseJsonPatch } from '../../../src/interaction/json-patch.js';

const base = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.10},"component":[{"valueDecimal":1E-22},{"x":"y"}]}';
const patched = async (patch: unknown): Promise<string> => applyJsonPatch(base, parseJsonPatch(typeof patch === 'string' ? patch : JSON.stringify(patch), { maxDepth: 64 }));
const refusal = async (patch: unknown): Promise<FhirError> => {
  try {
    await patched(patch);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error('the patch was accepted');
};

describe('JSON Patch', () => {
  it('changes what it names and keeps every other number as it was written', async () => {
    expect(await patched('[{"op":"replace","path":"/status","value":"amended"},{"op":"add","path":"/component/-","value":{"n":7.00}}]'))
      .toBe('{"resourceType":"Observation","status":"amended","valueQuantity":{"value":1.10},"component":[{"valueDecimal":1E-22},{"x":"y"},{"n":7.00}]}');
  });

  it('moves, copies, removes and tests with exact numbers', async () => {
    expect(await patched('[{"op":"test","path":"/valueQuantity/value","value":1.10},{"op":"copy","from":"/valueQuantity/value","path":"/c"},{"op":"move","from":"/component/0","path":"/m"},{"op":"remove","path":"/component"}]'))
      .toBe('{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.10},"c":1.10,"m":{"valueDecimal":1E-22}}');
  });

  it.each([
    [[{ op: 'remove', path: '/nothing' }], 'Operation 0 (remove /nothing)'],
    [[{ op: 'replace', path: '/component/7/x', value: 1 }], 'Operation 0'],
    [[{ op: 'replace', path: '/component/00', value: 1 }], 'Operation 0'],
    [[{ op: 'replace', path: '/component/-', value: 1 }], 'Operation 0'],
    [[{ op: 'add', path: '/component/9', value: 1 }], 'Operation 0'],
    [[{ op: 'remove', path: '/component/length' }], 'Operation 0'],
    [[{ op: 'add', path: '/status/x', value: 1 }], 'Operation 0'],
    [[{ op: 'replace', path: '/status/0', value: 'x' }], 'Operation 0'],
    [[{ op: 'remove', path: '/toString' }], 'Operation 0'],
    [[{ op: 'copy', from: '/nothing', path: '/a' }], 'Operation 0'],
    [[{ op: 'replace', path: '/status', value: 'a' }, { op: 'test', path: '/status', value: 'final' }], 'Operation 1 (test /status)'],
  ])('refuses %j as a whole', async (patch, text) => {
    const error = await refusal(patch);
    expect(error).toMatchObject({ code: 'invalid-patch', status: 422 });
    expect(error.message).toContain(text);
  });

  it.each([
    [{ op: 'add' }, 'array'],
    [[{ op: 'put', path: '/a', value: 1 }], 'op must be one of'],
    [[{ op: 'add', path: 'a', value: 1 }], 'JSON Pointer'],
    [[{ op: 'add', path: '/a' }], 'needs a value'],
    [[{ op: 'move', path: '/a' }], 'needs from'],
    [[{ op: 'add', path: '/__proto__/x', value: 1 }], 'JSON Pointer'],
    [[{ op: 'add', path: '/constructor/prototype/x', value: 1 }], 'JSON Pointer'],
    [[7], 'must be an object'],
    [[{ op: 'move', from: '/component', path: '/component/0' }], 'into itself'],
    [[{ op: 'remove', path: '' }], 'cannot be removed'],
  ])('refuses the malformed document %j', async (patch, text) => {
    const error = await refusal(patch);
    expect(error).toMatchObject({ code: 'malformed-patch', status: 400 });
    expect(error.message).toContain(text);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('bounds what copies of copies make', async () => {
    const doubling = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '', path: `/c${String(index)}` }));
    expect(await refusal(doubling)).toMatchObject({ code: 'too-costly' });
    expect(await refusal(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/status', value: 'final' })))).toMatchObject({ code: 'too-costly' });
  });

  it('makes values that later operations do not share', async () => {
    expect(await patched('[{"op":"add","path":"/a","value":{"n":1}},{"op":"copy","from":"/a","path":"/b"},{"op":"replace","path":"/a/n","value":2}]')).toContain('"a":{"n":2},"b":{"n":1}');
  });
});
