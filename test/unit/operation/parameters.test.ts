import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import type { Operation } from '../../../src/interaction/service.js';
import { answerPart, parametersText, readParameters, type ParameterRules } from '../../../src/operation/parameters.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';

const rules: ParameterRules = {
  url: { kind: 'text' }, language: { kind: 'text', many: true }, active: { kind: 'boolean' }, count: { kind: 'integer' }, date: { kind: 'dateTime' },
  coding: { kind: 'Coding' }, valueSet: { kind: 'resource', body: true }, context: { kind: 'text', refused: 'there is none' },
};
const echo: Operation = {
  name: 'echo', definition: 'http://example.org/echo', levels: ['system'], affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const body = parametersText([
      ...answerPart('url', 'valueUri', given.text('url')), ...given.texts('language').flatMap((one) => answerPart('language', 'valueCode', one)), ...answerPart('active', 'valueBoolean', given.flag('active')),
      ...answerPart('count', 'valueInteger', given.count('count')), ...answerPart('coding', 'valueCoding', given.object('coding')), ...answerPart('valueSet', 'resource', given.object('valueSet')),
    ]);
    return { status: 200, body };
  },
};
const service = { ...makeService(makeMemoryStore(systemClock)), operations: new Map([['echo', echo]]) };
const get = async (query: string): Promise<unknown> => JSON.parse((await call(service, { method: 'GET', url: `$echo?${query}` })).body ?? '') as unknown;
const post = async (body: unknown, query = ''): Promise<unknown> => JSON.parse((await call(service, { method: 'POST', url: `$echo?${query}`, body })).body ?? '') as unknown;
const sent = (...parameter: unknown[]): unknown => ({ resourceType: 'Parameters', parameter });

describe('parameters of an operation', () => {
  it('come in the URL', async () => {
    expect(await get('url=http://x&language=de&language=fr&active=true&count=5')).toEqual(sent(
      { name: 'url', valueUri: 'http://x' }, { name: 'language', valueCode: 'de' }, { name: 'language', valueCode: 'fr' }, { name: 'active', valueBoolean: true }, { name: 'count', valueInteger: 5 }));
    expect(await get('')).toEqual({ resourceType: 'Parameters' });
  });

  it('come as a Parameters resource, and beside it in the URL', async () => {
    expect(await post(sent({ name: 'url', valueString: 'http://x' }, { name: 'coding', valueCoding: { code: 'a' } }, { name: 'count', valuePositiveInt: 2 }), 'active=false')).toEqual(sent(
      { name: 'url', valueUri: 'http://x' }, { name: 'active', valueBoolean: false }, { name: 'count', valueInteger: 2 }, { name: 'coding', valueCoding: { code: 'a' } }));
  });

  it('come as the resource itself', async () => {
    expect(await post({ resourceType: 'ValueSet', status: 'draft' })).toEqual(sent({ name: 'valueSet', resource: { resourceType: 'ValueSet', status: 'draft' } }));
  });

  it.each([
    ['urll=x', 'unknown-parameter', /Did you mean url/, { location: 'http.urll' }], ['url=a&url=b', 'invalid-parameter', /2 times/, { location: 'http.url' }], ['active=yes', 'invalid-parameter', /true or false/, { location: 'http.active' }],
    ['count=-1', 'invalid-parameter', /whole number/, { location: 'http.count' }], ['coding=a', 'invalid-parameter', /POST a Parameters/, { location: 'http.coding' }], ['context=x', 'invalid-parameter', /there is none/, { location: 'http.context' }],
    ['url=', 'invalid-parameter', /empty/, { location: 'http.url' }], ['toString=x', 'unknown-parameter', /not a parameter/, { location: 'http.toString' }],
  ])('%s is refused', async (query, code, message, options) => {
    await expect(get(query)).rejects.toMatchObject({ code, message: expect.stringMatching(message), options });
  });

  it.each([
    [sent({ name: 'active', valueString: 'true' }), 'invalid-parameter', 'Parameters.parameter[0]'], [sent({ name: 'url', valueUri: 'x' }, { name: 'count', valueInteger: 1.5 }), 'invalid-parameter', 'Parameters.parameter[1]'],
    [sent({ name: 'url' }), 'invalid-parameter', 'Parameters.parameter[0]'], [sent({ valueUri: 'x' }), 'invalid-structure', 'Parameters.parameter[0]'], [sent({ name: 'coding', valueCoding: 'x' }), 'invalid-parameter', 'Parameters.parameter[0]'],
    [{ resourceType: 'Parameters', parameter: {} }, 'invalid-structure', 'Parameters.parameter'], [[], 'wrong-resource-type', 'resourceType'], [{ resourceType: 'Nothing' }, 'wrong-resource-type', 'resourceType'],
  ])('%j is refused', async (body, code, expression) => {
    await expect(post(body)).rejects.toMatchObject({ code, options: { expression } });
  });

  it('lenient handling leaves unknown ones out', async () => {
    const answer = await call(service, { method: 'GET', url: '$echo?nothing=1&count=1', prefer: { handling: 'lenient' } });
    expect(JSON.parse(answer.body ?? '')).toEqual(sent({ name: 'count', valueInteger: 1 }));
  });
});
