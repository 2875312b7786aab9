import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readDocuments, type BadLine, type Document } from '../../../../src/bulk/import/documents.js';

const limits = { line: 60, whole: 500 };
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const read = async (content: string | Buffer, size = 1_000_000): Promise<(Document | BadLine)[]> => {
  const found: (Document | BadLine)[] = [];
  for await (const one of readDocuments(pieces(Buffer.from(content), size), limits)) found.push(one);
  return found;
};
const texts = async (content: string | Buffer, size?: number): Promise<string[]> => (await read(content, size)).map((one) => ('text' in one ? one.text.trim() : `! ${one.bad}`));

describe('the JSON texts of a source', () => {
  it('are its lines when each is an object, whatever ends them and with blank ones between', async () => {
    expect(await read('{"a":1}\n{"b":2}\n')).toEqual([{ text: '{"a":1}', line: 1 }, { text: '{"b":2}', line: 2 }]);
    expect(await texts('{"a":1}\r\n{"b":2}\r\n')).toEqual(['{"a":1}', '{"b":2}']);
    expect(await read('\n \r\n{"a":1}\n\n\n{"b":2}')).toEqual([{ text: '{"a":1}', line: 3 }, { text: '{"b":2}', line: 6 }]);
  });

  it('are one when it is laid out over lines, or all on one', async () => {
    for (const whole of ['{\n  "a": {\n "b": 1 }\n}\n', '{ "a": [\n{ "b": 1 },\n{ "c": 2 }\n] }', '{"a":{}\n,"b":1}', '{"a":{"b":1}}']) expect(await texts(whole)).toEqual([whole.trim()]);
    expect((await read('{"a":1}'))[0]?.line).toBeUndefined();
  });

  it('are lines also when the first or the second is broken', async () => {
    expect(await texts('{"a":1\n{"b":2}\n')).toEqual(['{"a":1', '{"b":2}']);
    expect(await texts('{"a":1}\nnonsense\n{"b":2}\n')).toEqual(['{"a":1}', 'nonsense', '{"b":2}']);
  });

  it('are without a byte order mark', async () => {
    expect(await read('\ufeff{"a":1}\n{"b":2}\n')).toEqual([{ text: '{"a":1}', line: 1 }, { text: '{"b":2}', line: 2 }]);
    expect(await texts('\ufeff{"a":1}')).toEqual(['{"a":1}']);
  });

  it('leave out a line that is too long or no UTF-8, by its number, and go on behind it', async () => {
    const long = `{"a":"${'x'.repeat(80)}"}`;
    expect(await read(`{"a":1}\n${long}\n{"b":2}\n`)).toEqual([{ text: '{"a":1}', line: 1 }, { bad: 'The line is longer than 60 bytes.', line: 2 }, { text: '{"b":2}', line: 3 }]);
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n{"b":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n{"c":3}\n')]);
    expect(await texts(bytes)).toEqual(['{"a":1}', '! The line is not UTF-8 text.', '{"c":3}']);
  });

  it('are nothing when there is nothing', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n \r\n')).toEqual([]);
  });

  it('cannot be had of an array, of other text, of one that is too large', async () => {
    await expect(read('[{"a":1}]')).rejects.toThrow('It is a JSON array. Send a Bundle');
    await expect(read('id,name\n1,x\n')).rejects.toThrow('does not begin as a JSON object');
    await expect(read(`{\n"a":"${'x'.repeat(600)}"}`)).rejects.toThrow('more than 500 bytes');
    await expect(read(`{"a":"${'x'.repeat(600)}"}`, 50)).rejects.toThrow('more than 500 bytes');
    await expect(read(Buffer.from([0x7b, 0xff, 0x7d]))).rejects.toThrow('not UTF-8');
  });

  it('are the same however the bytes are cut', async () => {
    const content = '\ufeff{"a":"é"}\r\n\n{"b":2}\n{"c":"\u{1f600}"}';
    const expected = await read(content);
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => { expect(await read(content, size)).toEqual(expected); }), { numRuns: 20 });
  });
});
