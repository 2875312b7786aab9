/** What is read is what was written, to the byte, for any resource (https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/datatypes.html#decimal). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { engines } from '../fixture/engines.js';
import { startService, type RunningService } from '../fixture/http-service.js';
import { call } from '../support/http.js';

const digits = fc.stringMatching(/^[0-9]{1,12}$/);
const whole = fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,14}$/));
const exponent = fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.stringMatching(/^[0-9]{1,2}$/)).map((parts) => parts.join(''));
/** Any decimal that JSON can write, trailing zeros, signs of zero and exponents included. */
const decimals = fc.tuple(fc.constantFrom('', '-'), whole, fc.option(digits.map((text) => `.${text}`), { nil: '' }), fc.option(exponent, { nil: '' })).map((parts) => parts.join(''));

/** One character of a string, in one of the ways JSON can write it. */
const hex = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const escaped = (character: string): string => [...Array(character.length).keys()].map((at) => hex(character.charAt(at))).join('');
const unsafe = /["\\\u0000-\u001f\u007f-\u009f]/;
const characters = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), fc.boolean(), fc.boolean())
  .filter(([text]) => !unsafe.test(text))
  .map(([text, escape, upper]) => (!escape ? text : upper ? escaped(text).replace(/[a-f]/g, (letter) => letter.toUpperCase()).replaceAll('\\U', '\\u') : escaped(text)));
const strings = fc.array(fc.oneof({ weight: 8, arbitrary: characters }, fc.constantFrom('\\n', '\\t', '\\"', '\\\\', '\\/', '/', ' ')), { maxLength: 20 }).map((parts) => `"x${parts.join('')}y"`);

const spaces = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n  ');
interface Sent {
  readonly compact: string;
  readonly loose: string;
  /** Compact, no character escaped that need not be. */
  readonly plain: string;
}
const plainly = (token: string): string => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token);
/** The same members: without white space, with some between tokens, and with plain strings. */
const observations = fc.record({ numbers: fc.array(decimals, { minLength: 1, maxLength: 5 }), text: strings, note: strings, space: spaces, unit: strings }).map(({ numbers, text, note, space, unit }): Sent => {
  const tokens = ['"status"', ':', '"final"', ',', '"code"', ':', '{', '"text"', ':', text, '}', ',', '"note"', ':', '[', '{', '"text"', ':', note, '}', ']', ',', '"component"', ':', '[',
    ...numbers.flatMap((number, index) => [...(index === 0 ? [] : [',']), '{', '"code"', ':', '{', '"text"', ':', '"c"', '}', ',', '"valueQuantity"', ':', '{', '"value"', ':', number, ',', '"unit"', ':', unit, '}', '}']), ']'];
  return { compact: tokens.join(''), loose: tokens.join(space), plain: tokens.map(plainly).join('') };
});

describe.each(engines)('on the engine $name', ({ open }) => {
  let server: RunningService;
  beforeAll(async () => { server = await startService(await open()); });
  afterAll(async () => { await server.stop(); });
  const json = { 'Content-Type': 'application/fhir+json' };

  it('reads, searches and tells the history of exactly the text that was written', async () => {
    let count = 0;
    await fc.assert(fc.asyncProperty(observations, async ({ compact, loose }) => {
      count += 1;
      const id = `o${String(count)}`;
      const url = `${server.base}/Observation/${id}`;
      const made = await call({ method: 'PUT', url, headers: json, body: `{"resourceType":"Observation","id":"${id}",${loose}}` });
      expect({ status: made.status, text: made.status === 201 ? '' : made.text }).toEqual({ status: 201, text: '' });
      const stamp = /"meta":\{"versionId":"1","lastUpdated":"[^"]{24}"\}/.exec(made.text)?.[0] ?? 'no meta';
      const expected = `{"resourceType":"Observation","id":"${id}",${stamp},${compact}}`;
      expect(made.text).toBe(expected);
      expect((await call({ method: 'GET', url })).text).toBe(expected);
      expect((await call({ method: 'GET', url: `${url}/_history/1`, headers: { 'Accept-Encoding': 'gzip' } })).text).toBe(expected);
      expect((await call({ method: 'GET', url: `${server.base}/Observation?_id=${id}` })).text).toContain(`"resource":${expected}`);
      expect((await call({ method: 'GET', url: `${url}/_history` })).text).toContain(`"resource":${expected}`);
    }), { numRuns: 100 });
  });

  it('keeps every number and every character that a patch does not touch', async () => {
    let count = 0;
    await fc.assert(fc.asyncProperty(observations, decimals, async ({ compact, plain }, number) => {
      count += 1;
      const id = `p${String(count)}`;
      const url = `${server.base}/Observation/${id}`;
      await call({ method: 'PUT', url, headers: json, body: `{"resourceType":"Observation","id":"${id}",${compact}}` });
      const patched = await call({ method: 'PATCH', url, headers: { 'Content-Type': 'application/json-patch+json' }, body: `[{"op":"add","path":"/valueQuantity","value":{"value":${number}}}]` });
      expect({ status: patched.status, text: patched.status === 200 ? '' : patched.text }).toEqual({ status: 200, text: '' });
      const { text } = await call({ method: 'GET', url });
      expect(text.endsWith(`,${plain},"valueQuantity":{"value":${number}}}`)).toBe(true);
    }), { numRuns: 50 });
  });
});
