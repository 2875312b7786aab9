/** Searches by sets of codes: https://hl7.org/fhir/R4/search.html#token */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { makeCoreSource } from '../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../../src/terminology/local/memory-source.js';
import type { CodeSystem } from '../../../src/terminology/resource.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService } from '../../fixture/service.js';
import { animals, animalSets, animalSystem } from '../../fixture/terminology.js';

const many: CodeSystem = {
  resourceType: 'CodeSystem', url: 'http://example.org/many', status: 'active', content: 'complete', valueSet: 'http://example.org/vs/many',
  concept: [{ code: 'top', concept: Array.from({ length: 10_001 }, (_, index) => ({ code: String(index) })) }],
};
const manySet = { resourceType: 'ValueSet', url: 'http://example.org/vs/many', status: 'active', compose: { include: [{ system: many.url ?? '' }] } } as const;
const terminology = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource([animalSystem, ...animalSets, many, manySet])] });
const service = { ...makeService(makeMemoryStore(systemClock)), terminology: () => terminology };

const find = async (query: string, prefer = {}): Promise<string> => {
  const { body = '' } = await call(service, { method: 'GET', url: query, prefer });
  const { entry = [] } = JSON.parse(body) as { entry?: { resource: { id: string }; search: { mode: string } }[] };
  return entry.filter(({ search }) => search.mode === 'match').map(({ resource }) => resource.id).sort().join(' ');
};
const vs = (name: string): string => `http://example.org/vs/${name}`;

beforeAll(async () => {
  for (const code of ['animal', 'mammal', 'cat', 'dog', 'whale', 'swimmer', 'trout']) {
    await call(service, { method: 'PUT', url: `Basic/${code}`, body: { resourceType: 'Basic', id: code, code: { coding: [{ system: animals, code }] }, subject: { reference: 'Patient/p' } } });
  }
  await call(service, { method: 'PUT', url: 'Basic/stray', body: { resourceType: 'Basic', id: 'stray', code: { coding: [{ system: 'http://example.org/other', code: 'cat' }] } } });
  await call(service, { method: 'PUT', url: 'Basic/empty', body: { resourceType: 'Basic', id: 'empty', code: { text: 'a cat' } } });
  await call(service, { method: 'PUT', url: 'Patient/p', body: { resourceType: 'Patient', id: 'p', gender: 'female' } });
});

describe('token searches by sets of codes', () => {
  it.each([
    [`code:in=${vs('pets')}`, 'cat dog'],
    [`code:in=${vs('pets')},${vs('swimmers')}`, 'cat dog trout whale'],
    [`code:in=${vs('pets')}|1`, 'cat dog'],
    [`code:not-in=${vs('pets')}`, 'animal empty mammal stray swimmer trout whale'],
    [`code:below=${animals}|mammal`, 'cat dog mammal whale'],
    [`code:below=${animals}|swimmer,${animals}|dog`, 'dog swimmer trout whale'],
    [`code:above=${animals}|whale`, 'animal mammal swimmer whale'],
    [`code:above=${animals}|cat&code:not-in=${vs('animals')}`, ''],
  ])('Basic?%s', async (query, expected) => {
    expect(await find(`Basic?${query}`)).toBe(expected);
  });

  it('reach codes whose system the element implies, and through chains', async () => {
    expect(await find('Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender')).toBe('p');
    expect(await find('Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender')).toBe('');
    expect(await find('Patient?gender:below=female')).toBe('p');
    expect(await find(`Patient?_has:Basic:subject:code:in=${vs('pets')}`)).toBe('p');
    expect(await find('Basic?code=cat&subject:Patient.gender:in=http://hl7.org/fhir/ValueSet/administrative-gender')).toBe('cat');
  });

  it.each([
    [`code:in=${vs('none')}`, 'invalid-parameter', /value set .*none is not known/],
    ['code:in=http://hl7.org/fhir/ValueSet/condition-code', 'invalid-parameter', /snomed.info\/sct is not loaded/],
    [`code:in=${vs('half-known')}`, 'invalid-parameter', /plants is not loaded/],
    ['code:in=http://hl7.org/fhir/ValueSet/ucum-units', 'too-costly', /grammar/],
    [`code:in=${vs('many')}`, 'too-costly', /10000 codes/],
    ['code:below=http://example.org/many|top', 'too-costly', /10000 codes/],
    [`code:below=${animals}|unicorn`, 'invalid-parameter', /unicorn/],
    ['code:below=cat', 'invalid-parameter', /system\|code/],
    [`code:above=${animals}|`, 'invalid-parameter', /system\|code/],
    ['code:inn=x', 'unsupported-modifier', /Did you mean :in\?/],
  ])('Basic?%s is refused', async (query, code, message) => {
    await expect(find(`Basic?${query}`)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('are left out by lenient handling when the set is not known', async () => {
    expect(await find(`Basic?code=cat&code:in=${vs('none')}`, { handling: 'lenient' })).toBe('cat stray');
  });

  it('are refused where nobody can say which codes are meant', async () => {
    const plain = makeService(makeMemoryStore(systemClock));
    await expect(call(plain, { method: 'GET', url: `Basic?code:in=${vs('pets')}` })).rejects.toMatchObject({ code: 'unsupported-modifier' });
    await expect(call(service, { method: 'DELETE', url: `Basic?code:in=${vs('pets')}` })).rejects.toMatchObject({ code: 'unsupported-modifier' });
  });
});
