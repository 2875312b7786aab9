import { describe, expect, it } from '@jest/globals';
import { unbzip2 } from '../../../../src/bulk/import/bzip2/unbzip2.js';

/** Made by the bzip2 program. */
const packed = {
  small: 'QlpoOTFBWSZTWZAPBfIAABDblAAQEAQAEEQALiHeKgAgCAAgACKAyGgDagoAMRppo0XaIZqIUYwq8zzT4FY+gSiqgAvO+LuSKcKEhIB4L5A=',
  empty: 'QlpoORdyRThQkAAAAAA=',
  runs: 'QlpoOTFBWSZTWQyQCtcAAAPBAeAQPAAAgAAIIAAxBkxA2qGYo9fqOJGlY4S9Ilz4u5IpwoSAZIBWuA==',
  /** Four blocks of 100,000 bytes. */
  blocks: 'QlpoMTFBWSZTWQELLgsAa2bZgAAQQAB/AANlnCAwAPhqKYTTQGmIJqqjIYTTTAKVUHqaPSaB6mqgqM1BUZSKYSKdkimyRTukU8JFMpFMbVBUb1BUb1BUe6gqOKgqPlQVGqgqPohUv4qhXAqhXwVQrEVRGKgqOaoKjVQVGqhCuzFBWSZTWdzhQkYAZG3ZgAAQQAB/AANlnCAwAPjIUwmmgNMQTVVGmTTBHqAUqppk02kA9TNQVGKgqNsJFOyRTRIpukU7pFOEimEim9QVHNQVHNQVHuoKjyKoV8FUK/CqFYSUWO0oEwKoV3FUK8iqE1qCo2qCo0VBUZqCozUFR/MUFZJlNZyBvZFQB39FmAABBAAH8AA2WcIDAA+YhTCaaA0xBNVUZGCaYjBSqhhNqNA9TNQVGKgqMJFNUimyRTdIp3SKcJFMJFO29KoVsKoVsKoVwKoVuKoVyKoV/FUK6FUK5FUK6pKL34KBMhVCa1BUbVBUdVQVGagqM1BUfzFBWSZTWTqqfWMADN9ZgAAQQAB/AANlnCAwALgKYTTQGmIUwmmgNMQTVVB6mTJoaepkkGxINdgq8BVoFWoVeapWAq2CrQkG5INyQfKCr10hJwSD6SDJIOZIMSQcyQaEg7kgwSDrEgySDJIP4u5IpwoSGig2wWA=',
};
const bytesOf = (name: keyof typeof packed): Buffer => Buffer.from(packed[name], 'base64');
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const unpack = async (bytes: Buffer, size = 1_000_000): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of unbzip2(inPieces(bytes, size))) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};
const small = '{"resourceType":"Patient","id":"é"}\n';

describe('bzip2', () => {
  it('unpacks what the bzip2 program has packed, runs of every length included', async () => {
    expect(await unpack(bytesOf('small'))).toBe(small);
    expect(await unpack(bytesOf('empty'))).toBe('');
    expect(await unpack(bytesOf('runs'))).toBe(`${'a'.repeat(1000)}bbbbccccc${'d'.repeat(259)}\n`);
  });

  it('unpacks many blocks, however the input is cut', async () => {
    const story = Array.from({ length: 16_000 }, (_, index) => `line ${String(index % 7)} of the story\n`).join('');
    for (const size of [1, 7, 1_000_000]) expect(await unpack(bytesOf('blocks'), size) === story).toBe(true);
  });

  it('reads several streams one after the other as one, as parallel packers write them', async () => {
    expect(await unpack(Buffer.concat([bytesOf('small'), bytesOf('empty'), bytesOf('small')]))).toBe(small + small);
  });

  it('refuses a stream that is cut off or damaged anywhere', async () => {
    const whole = bytesOf('small');
    for (let length = 4; length < whole.length; length += 1) await expect(unpack(whole.subarray(0, length))).rejects.toThrow(/ends in the middle|checksum|damaged|table|length|start|end|overlap/);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const result = await unpack(damaged).catch((error: unknown) => error);
      expect(result === small || result instanceof Error).toBe(true);
    }
    await expect(unpack(Buffer.concat([whole, Buffer.from('rest')]))).rejects.toThrow('does not start');
  });
});
