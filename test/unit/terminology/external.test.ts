/** Another terminology server: asked for what is not known here, believed only in what it says plainly. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { makeExternalTerminology } from '../../../src/terminology/external.js';
import { makeLayeredTerminology } from '../../../src/terminology/layered.js';
import { makeCoreSource } from '../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../../src/terminology/local/memory-source.js';
import type { Terminology } from '../../../src/terminology/port.js';
import { animals, animalSets, animalSystem } from '../../fixture/terminology.js';

interface Answer { readonly status?: number; readonly body?: unknown; readonly text?: string; readonly headers?: Record<string, string>; readonly silent?: boolean }
interface Asked { readonly path: string; readonly parameter: { readonly name: string; readonly [member: string]: unknown }[] }

let server: Server;
let other: Server;
let base = '';
let elsewhere = 0;
let answer: (asked: Asked) => Answer = () => ({ status: 500 });
const asked: Asked[] = [];

const parameters = (...parameter: unknown[]): Answer => ({ body: { resourceType: 'Parameters', parameter } });
const listen = async (made: Server): Promise<number> => {
  await new Promise<void>((resolve) => { made.listen(0, '127.0.0.1', resolve); });
  return (made.address() as AddressInfo).port;
};

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    request.on('end', () => {
      const question: Asked = { path: request.url ?? '', parameter: (JSON.parse(text) as { parameter: Asked['parameter'] }).parameter };
      asked.push(question);
      const { status = 200, body, text: plain, headers, silent } = answer(question);
      if (silent === true) return;
      response.writeHead(status, { 'Content-Type': 'application/fhir+json', ...headers });
      response.end(plain ?? JSON.stringify(body ?? {}));
    });
  });
  other = createServer((_request, response) => { elsewhere += 1; response.end('{}'); });
  base = `http://127.0.0.1:${String(await listen(server))}/r4`;
  await listen(other);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  other.close();
});
beforeEach(() => { asked.length = 0; });

const make = (timeoutMs = 10_000): Terminology => makeExternalTerminology({ baseUrl: base, timeoutMs, clock: systemClock });
const layered = (external = make()): Terminology => makeLayeredTerminology(makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource([animalSystem, ...animalSets])] }), external);
const plants = { system: 'http://example.org/plants', code: 'oak' };

describe('a terminology server behind the port', () => {
  it('is asked what the local engine does not know, and that only', async () => {
    answer = () => parameters({ name: 'result', valueBoolean: true }, { name: 'display', valueString: 'Oak' });
    const terminology = layered();
    expect(terminology.validateCode({ valueSet: 'http://example.org/vs/pets', system: animals, code: 'dog' })).toMatchObject({ result: 'in' });
    expect(await terminology.validateCode({ valueSet: 'http://example.org/vs/pets', system: animals, code: 'oak' })).toMatchObject({ result: 'out' });
    expect(asked).toEqual([]);
    expect(await terminology.validateCode(plants)).toEqual({ result: 'in', display: 'Oak' });
    expect(asked).toEqual([{ path: '/r4/CodeSystem/$validate-code', parameter: [{ name: 'url', valueUri: plants.system }, { name: 'code', valueCode: 'oak' }] }]);
  });

  it('is asked once for the same', async () => {
    answer = () => parameters({ name: 'result', valueBoolean: false }, { name: 'message', valueString: 'no' });
    const terminology = make();
    const valueSet = 'http://example.org/vs/trees|2';
    const all = await Promise.all([terminology.validateCode({ ...plants, valueSet }), terminology.validateCode({ ...plants, valueSet }), terminology.validateCode({ ...plants, valueSet })]);
    expect(all).toEqual(Array.from({ length: 3 }, () => ({ result: 'out', message: 'no' })));
    expect(asked.map(({ parameter }) => parameter.map(({ name }) => name).join())).toEqual(['url,valueSetVersion,system,code']);
  });

  it.each<[string, Answer, RegExp]>([
    ['an error', { status: 404, body: { resourceType: 'OperationOutcome', issue: [{ details: { text: 'no such set' } }] } }, /answered 404: no such set/],
    ['no JSON', { text: '<html>' }, /not JSON/], ['another resource', { body: { resourceType: 'Bundle' } }, /no Parameters/], ['no result', parameters({ name: 'x', valueString: 'y' }), /no result/],
    ['an unknown system', parameters({ name: 'result', valueBoolean: false }, { name: 'message', valueString: 'unknown here' }, { name: 'x-caused-by-unknown-system', valueCanonical: 'x' }), /unknown here/],
    ['a redirection in a circle', { status: 307, headers: { Location: '/r4/again' } }, /on and on/],
    ['silence', { silent: true }, /more than 0.2 s/],
  ])('that answers with %s leaves the code unknown', async (_name, given, message) => {
    answer = () => given;
    // Only silence needs a short patience; a busy machine must not turn an answer into one.
    const patience = given.silent === true ? 200 : 10_000;
    expect(await make(patience).validateCode(plants)).toEqual({ result: 'unknown', message: expect.stringMatching(message) });
    expect(await layered(make(patience)).validateCode(plants)).toEqual({ result: 'unknown', message: expect.stringMatching(/plants is not loaded.*And /) });
  });

  it('that sends on to another host is not followed there, to itself it is', async () => {
    answer = () => ({ status: 307, headers: { Location: `http://127.0.0.1:${String((other.address() as AddressInfo).port)}/x` } });
    expect(await make().validateCode(plants)).toMatchObject({ result: 'unknown', message: expect.stringContaining('not followed') });
    expect(elsewhere).toBe(0);
    answer = ({ path }) => (path.startsWith('/r5') ? parameters({ name: 'result', valueBoolean: true }) : { status: 308, headers: { Location: '/r5/x' } });
    expect(await make().validateCode(plants)).toEqual({ result: 'in' });
  });

  it('that is not there leaves the code unknown, and errors say so', async () => {
    const gone = makeExternalTerminology({ baseUrl: 'http://127.0.0.1:1/fhir', timeoutMs: 1000, clock: systemClock });
    expect(await gone.validateCode(plants)).toMatchObject({ result: 'unknown', message: expect.stringContaining('cannot be reached') });
    await expect(layered(gone).lookup(plants)).rejects.toMatchObject({ code: 'terminology-unknown', message: expect.stringMatching(/plants is not loaded.*cannot be reached/) });
    await expect(layered(gone).expand({ valueSet: 'http://example.org/vs/trees' })).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(/not known.*cannot be reached/) });
  });

  it('expands, looks up, compares and translates', async () => {
    const terminology = layered();
    answer = () => ({ body: { resourceType: 'ValueSet', url: 'http://x', status: 'active', expansion: { total: 2, contains: [{ system: plants.system, code: 'oak', display: 'Oak', contains: [{ system: plants.system, code: 'elm' }] }] } } });
    expect(await terminology.expand({ valueSet: 'http://example.org/vs/trees', filter: 'o', count: 5 })).toMatchObject({ total: 2, contains: [{ code: 'oak', display: 'Oak' }, { code: 'elm' }] });
    expect(await terminology.codesFor('http://example.org/vs/trees', 2)).toEqual([{ system: plants.system, code: 'oak' }, { system: plants.system, code: 'elm' }]);
    await expect((async () => terminology.codesFor('http://example.org/vs/trees', 1))()).rejects.toMatchObject({ code: 'too-costly' });
    expect(await terminology.related(plants, 'descendants', 5)).toHaveLength(2);
    answer = () => parameters({ name: 'name', valueString: 'Plants' }, { name: 'display', valueString: 'Oak' }, { name: 'designation', part: [{ name: 'value', valueString: 'Eiche' }, { name: 'language', valueCode: 'de' }] },
      { name: 'property', part: [{ name: 'code', valueCode: 'parent' }, { name: 'value', valueCode: 'tree' }] }, { name: 'property', part: [{ name: 'code', valueCode: 'height' }, { name: 'value', valueInteger: 30 }] }, { name: 'property', part: [{ name: 'code', valueCode: 'inactive' }, { name: 'value', valueBoolean: true }] });
    expect(await terminology.lookup(plants)).toMatchObject({ name: 'Plants', display: 'Oak', designation: [{ value: 'Eiche', language: 'de' }], parents: [{ code: 'tree' }], property: [{ code: 'height', valueInteger: 30 }], inactive: true });
    answer = () => parameters({ name: 'outcome', valueCode: 'subsumes' });
    expect(await terminology.subsumes({ system: plants.system, codeA: 'tree', codeB: 'oak' })).toBe('subsumes');
    answer = () => parameters({ name: 'result', valueBoolean: true }, { name: 'match', part: [{ name: 'equivalence', valueCode: 'equal' }, { name: 'concept', valueCoding: { code: 'x' } }, { name: 'source', valueUri: 'http://map' }] });
    expect(await terminology.translate({ url: 'http://map', ...plants })).toEqual([{ equivalence: 'equal', concept: { code: 'x' }, source: 'http://map' }]);
    answer = () => parameters({ name: 'outcome', valueCode: 'perhaps' });
    await expect((async () => terminology.subsumes({ system: plants.system, codeA: 'a', codeB: 'b' }))()).rejects.toMatchObject({ code: 'terminology-unknown' });
  });

  it('is not asked about a code that a loaded system has not', async () => {
    await expect((async () => layered().lookup({ system: animals, code: 'unicorn' }))()).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([]);
  });
});
