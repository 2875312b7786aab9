/** The terminology operations on stored resources: https://hl7.org/fhir/R4/terminology-service.html */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import type { Operation, Service } from '../../../src/interaction/service.js';
import { makeFollower, makeStamp } from '../../../src/operation/terminology/follow.js';
import { asValueSet, makeFreshTerminology } from '../../../src/operation/terminology/fresh.js';
import { terminologyOperations } from '../../../src/operation/terminology/operations.js';
import { makeStoredSource } from '../../../src/operation/terminology/stored-source.js';
import { makeCoreSource } from '../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../src/terminology/local/engine.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { call, makeService, type Call } from '../../fixture/service.js';
import { animalMap, animals, animalSets, animalSupplement, animalSystem } from '../../fixture/terminology.js';

const store = makeMemoryStore(systemClock);
const stored = makeStoredSource(() => service);
const local = makeLocalTerminology({ sources: [makeCoreSource(), stored] });
const refresh = makeFollower(makeStamp(() => service), () => { stored.forget(); local.forget(); });
const terminology = makeFreshTerminology({
  terminology: local, refresh,
  valueSet: async (id) => asValueSet(JSON.parse((await call(service, { method: 'GET', url: `ValueSet/${id}` })).body ?? '') as Record<string, unknown>),
});
const operations = new Map(terminologyOperations(() => terminology).map((one): [string, Operation] => [one.name, one]));
const service: Service = { ...makeService(store), validate: makeValidator(), terminology: () => terminology, operations };

interface Part { readonly name: string; readonly part?: readonly Part[]; readonly [member: string]: unknown }
type Body = Record<string, unknown> & { readonly parameter: readonly Part[] };
const ask = async (request: Call): Promise<Body> => JSON.parse((await call(service, request)).body ?? '') as Body;
const get = (url: string): Promise<Body> => ask({ method: 'GET', url });
const post = (url: string, ...parameter: unknown[]): Promise<Body> => ask({ method: 'POST', url, body: { resourceType: 'Parameters', parameter } });
const valueOf = ({ parameter }: Body, name: string): unknown => Object.entries(parameter.find((one) => one.name === name) ?? {}).find(([member]) => member !== 'name')?.[1];
const codes = (body: Body): string => (((body['expansion'] as { contains?: { code: string }[] }).contains) ?? []).map(({ code }) => code).join(' ');
const vs = (name: string): string => `http://example.org/vs/${name}`;
const put = (resource: object, type: string, id: string): Promise<unknown> => call(service, { method: 'PUT', url: `${type}/${id}`, body: { ...resource, id } });

beforeAll(async () => {
  await put(animalSystem, 'CodeSystem', 'animals');
  await put(animalSupplement, 'CodeSystem', 'dutch');
  for (const set of animalSets) await put(set, 'ValueSet', set.name ?? '');
  await put(animalMap, 'ConceptMap', 'food');
});

describe('ValueSet/$expand', () => {
  it('expands a stored value set by URL, by id and as sent', async () => {
    expect(codes(await get(`ValueSet/$expand?url=${vs('pets')}`))).toBe('dog cat');
    expect(codes(await get('ValueSet/mammals/$expand'))).toBe('mammal cat dog whale mammoth');
    const inline = { resourceType: 'ValueSet', status: 'draft', compose: { include: [{ valueSet: [vs('pets')] }], exclude: [{ system: animals, concept: [{ code: 'cat' }] }] } };
    expect(codes(await post('ValueSet/$expand', { name: 'valueSet', resource: inline }))).toBe('dog');
    expect(codes(await ask({ method: 'POST', url: 'ValueSet/$expand', body: inline }))).toBe('dog');
  });

  it('gives a valid ValueSet with what shaped the expansion', async () => {
    const body = await get(`ValueSet/$expand?url=${vs('animals')}&filter=m&count=2&offset=1&includeDesignations=true&displayLanguage=de&activeOnly=true`);
    expect(body).toMatchObject({
      resourceType: 'ValueSet', url: vs('animals'), status: 'active',
      expansion: { identifier: expect.stringMatching(/^urn:uuid:/), total: 1, offset: 1, parameter: expect.arrayContaining([{ name: 'filter', valueString: 'm' }, { name: 'count', valueInteger: 2 }, { name: 'activeOnly', valueBoolean: true }, { name: 'displayLanguage', valueCode: 'de' }, { name: 'version', valueUri: `${animals}|2.0` }]) },
    });
    expect(makeValidator()(body).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(body['compose']).toBeUndefined();
    expect((await get('ValueSet/pets/$expand?includeDefinition=true'))['compose']).toBeDefined();
  });

  it('knows what supplements add', async () => {
    const { expansion } = (await get('ValueSet/pets/$expand?displayLanguage=nl')) as unknown as { expansion: { contains: { display: string }[] } };
    expect(expansion.contains.map(({ display }) => display)).toEqual(['Hond', 'Cat']);
  });

  it('sees what was written just before', async () => {
    const set = { resourceType: 'ValueSet', url: vs('changing'), status: 'active', compose: { include: [{ system: animals, concept: [{ code: 'cat' }] }] } };
    await expect(get(`ValueSet/$expand?url=${vs('changing')}`)).rejects.toMatchObject({ code: 'not-found' });
    await put(set, 'ValueSet', 'changing');
    expect(codes(await get(`ValueSet/$expand?url=${vs('changing')}`))).toBe('cat');
    await put({ ...set, compose: { include: [{ system: animals, concept: [{ code: 'dog' }] }] } }, 'ValueSet', 'changing');
    expect(codes(await get(`ValueSet/$expand?url=${vs('changing')}`))).toBe('dog');
    await call(service, { method: 'DELETE', url: 'ValueSet/changing' });
    await expect(get(`ValueSet/$expand?url=${vs('changing')}`)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('takes the version asked for', async () => {
    await put({ resourceType: 'ValueSet', url: vs('versions'), version: '1.0', status: 'active', compose: { include: [{ system: animals, concept: [{ code: 'cat' }] }] } }, 'ValueSet', 'v1');
    await put({ resourceType: 'ValueSet', url: vs('versions'), version: '1.10', status: 'active', compose: { include: [{ system: animals, concept: [{ code: 'dog' }] }] } }, 'ValueSet', 'v2');
    expect(codes(await get(`ValueSet/$expand?url=${vs('versions')}`))).toBe('dog');
    expect(codes(await get(`ValueSet/$expand?url=${vs('versions')}|1.0`))).toBe('cat');
    expect(codes(await get(`ValueSet/$expand?url=${vs('versions')}&valueSetVersion=1.0`))).toBe('cat');
    await expect(get(`ValueSet/$expand?url=${vs('versions')}|3`)).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['ValueSet/$expand', 'invalid-parameter', /which value set/], [`ValueSet/pets/$expand?url=${vs('pets')}`, 'invalid-parameter', /one way only/], ['ValueSet/none/$expand', 'not-found', /no ValueSet/],
    [`ValueSet/$expand?url=${vs('pets')}&context=x`, 'invalid-parameter', /context is not supported/], [`ValueSet/$expand?url=${vs('pets')}&countt=1`, 'unknown-parameter', /Did you mean count/],
    [`ValueSet/$expand?url=${vs('half-known')}`, 'terminology-unknown', /plants is not loaded/], [`ValueSet/$expand?url=${vs('circle')}`, 'invalid-value-set', /defined by itself/],
    ['ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/mimetypes', 'too-costly', /grammar/], ['$expand?url=x', 'no-such-endpoint', /type and instance/], ['CodeSystem/$expand?url=x', 'no-such-endpoint', /ValueSet/],
  ])('%s is refused', async (url, code, message) => {
    await expect(get(url)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses an inline value set that is not valid', async () => {
    await expect(post('ValueSet/$expand', { name: 'valueSet', resource: { resourceType: 'ValueSet', status: 'perhaps' } })).rejects.toMatchObject({ code: 'invalid-resource' });
    await expect(post('ValueSet/$expand', { name: 'valueSet', resource: { resourceType: 'Patient' } })).rejects.toMatchObject({ code: 'wrong-resource-type' });
  });
});

describe('$validate-code', () => {
  const dog = { system: animals, code: 'dog' };
  it.each([
    [`ValueSet/$validate-code?url=${vs('pets')}&system=${animals}&code=dog`, true, 'Good dog'], [`ValueSet/$validate-code?url=${vs('pets')}&system=${animals}&code=whale`, false, undefined],
    [`ValueSet/pets/$validate-code?system=${animals}&code=dog&display=Dog`, true, 'Good dog'], [`ValueSet/pets/$validate-code?system=${animals}&code=dog&display=Wolf`, false, 'Good dog'],
    [`ValueSet/animals/$validate-code?system=${animals}&code=animal&abstract=false`, false, 'Animal'], [`ValueSet/animals/$validate-code?system=${animals}&code=animal`, true, 'Animal'],
    [`CodeSystem/$validate-code?url=${animals}&code=cat&displayLanguage=de`, true, 'Katze'], ['CodeSystem/animals/$validate-code?code=unicorn', false, undefined],
  ])('%s is %s', async (url, result, display) => {
    const body = await get(url);
    expect([valueOf(body, 'result'), valueOf(body, 'display')]).toEqual([result, display]);
    expect(valueOf(body, 'message') === undefined).toBe(result);
  });

  it('checks codings and concepts', async () => {
    const concept = { coding: [{ system: 'http://x', code: 'y' }, dog] };
    expect(valueOf(await post('ValueSet/pets/$validate-code', { name: 'coding', valueCoding: dog }), 'result')).toBe(true);
    expect(valueOf(await post('ValueSet/pets/$validate-code', { name: 'codeableConcept', valueCodeableConcept: concept }), 'result')).toBe(true);
    expect(valueOf(await post('CodeSystem/$validate-code', { name: 'coding', valueCoding: dog }), 'result')).toBe(true);
    expect(valueOf(await post('CodeSystem/animals/$validate-code', { name: 'coding', valueCoding: { system: 'http://x', code: 'dog' } }), 'result')).toBe(false);
  });

  it.each([
    [`ValueSet/$validate-code?url=${vs('none')}&system=${animals}&code=x`, 'terminology-unknown'], ['ValueSet/half-known/$validate-code?system=http://example.org/plants&code=oak', 'terminology-unknown'],
    ['CodeSystem/$validate-code?url=http://snomed.info/sct&code=1', 'terminology-unknown'], ['ValueSet/pets/$validate-code?code=dog', 'invalid-parameter'], ['ValueSet/pets/$validate-code?system=x', 'invalid-parameter'],
    ['CodeSystem/$validate-code?code=dog', 'invalid-parameter'], ['ValueSet/pets/$validate-code?coding=dog', 'invalid-parameter'],
  ])('%s is neither yes nor no: %s', async (url, code) => {
    await expect(get(url)).rejects.toMatchObject({ code });
  });
});

describe('CodeSystem/$lookup', () => {
  const propertiesOf = ({ parameter }: Body): Record<string, unknown>[] => parameter.filter(({ name }) => name === 'property').map(({ part = [] }) => Object.fromEntries(part.map(({ name, ...value }) => [name, Object.values(value)[0]])));

  it('gives name, display, designations, properties, parents and children', async () => {
    const body = await get(`CodeSystem/$lookup?system=${animals}&code=cat`);
    expect([valueOf(body, 'name'), valueOf(body, 'version'), valueOf(body, 'display')]).toEqual(['Animals', '2.0', 'Cat']);
    expect(body.parameter.filter(({ name }) => name === 'designation')).toHaveLength(2);
    expect(propertiesOf(body)).toEqual(expect.arrayContaining([{ code: 'parent', value: 'mammal', description: 'Mammal' }, { code: 'legs', value: 4 }, { code: 'food', value: 'fish' }, { code: 'inactive', value: false }]));
    expect(makeValidator()(body).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('gives the properties asked for only', async () => {
    const body = await get(`CodeSystem/$lookup?system=${animals}&code=mammal&property=child&property=definition`);
    expect(propertiesOf(body).map(({ code, value }) => `${String(code)}=${String(value)}`)).toEqual(['definition=Gives milk', 'child=cat', 'child=dog', 'child=whale', 'child=mammoth']);
    expect((await get(`CodeSystem/$lookup?system=${animals}&code=cat&property=lang.de`)).parameter.filter(({ name }) => name === 'designation')).toHaveLength(1);
  });

  it('takes a coding, and units by grammar', async () => {
    expect(valueOf(await post('CodeSystem/$lookup', { name: 'coding', valueCoding: { system: 'http://unitsofmeasure.org', code: 'm' } }), 'display')).toBe('meter');
  });

  it.each([[`CodeSystem/$lookup?system=${animals}&code=unicorn`, 'not-found'], ['CodeSystem/$lookup?code=cat', 'invalid-parameter'], [`CodeSystem/$lookup?system=${animals}`, 'invalid-parameter'], ['CodeSystem/$lookup?system=http://loinc.org&code=1-8', 'terminology-unknown']])('%s is refused: %s', async (url, code) => {
    await expect(get(url)).rejects.toMatchObject({ code });
  });
});

describe('CodeSystem/$subsumes', () => {
  it.each([['animal', 'cat', 'subsumes'], ['cat', 'mammal', 'subsumed-by'], ['cat', 'cat', 'equivalent'], ['cat', 'trout', 'not-subsumed']])('%s, %s: %s', async (codeA, codeB, outcome) => {
    expect(valueOf(await get(`CodeSystem/$subsumes?system=${animals}&codeA=${codeA}&codeB=${codeB}`), 'outcome')).toBe(outcome);
    expect(valueOf(await get(`CodeSystem/animals/$subsumes?codeA=${codeA}&codeB=${codeB}`), 'outcome')).toBe(outcome);
    const codings = ['A', 'B'].map((side, index) => ({ name: `coding${side}`, valueCoding: { system: animals, code: [codeA, codeB][index] } }));
    expect(valueOf(await post('CodeSystem/$subsumes', ...codings), 'outcome')).toBe(outcome);
  });

  it('refuses codes of different systems, of none, and unknown ones', async () => {
    await expect(post('CodeSystem/animals/$subsumes', { name: 'codeA', valueCode: 'cat' }, { name: 'codingB', valueCoding: { system: 'http://x', code: 'y' } })).rejects.toMatchObject({ code: 'invalid-parameter' });
    await expect(get('CodeSystem/$subsumes?codeA=a&codeB=b')).rejects.toMatchObject({ code: 'invalid-parameter' });
    await expect(get('CodeSystem/animals/$subsumes?codeA=cat')).rejects.toMatchObject({ code: 'invalid-parameter', message: expect.stringContaining('codeB') });
    await expect(get('CodeSystem/animals/$subsumes?codeA=cat&codeB=unicorn')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('ConceptMap/$translate', () => {
  const matches = ({ parameter }: Body): unknown[] => parameter.filter(({ name }) => name === 'match').map(({ part = [] }) => [part.find(({ name }) => name === 'equivalence')?.['valueCode'], (part.find(({ name }) => name === 'concept')?.['valueCoding'] as { code: string } | undefined)?.code]);

  it.each([
    [`ConceptMap/$translate?url=${animalMap.url ?? ''}&system=${animals}&code=dog`, true, [['equivalent', 'meat'], ['narrower', 'bone']]], [`ConceptMap/food/$translate?system=${animals}&code=cat`, true, [['wider', 'fish']]],
    [`ConceptMap/$translate?system=${animals}&code=cat&source=${vs('animals')}&target=${vs('food')}`, true, [['wider', 'fish']]], [`ConceptMap/$translate?system=${animals}&code=cat&target=${vs('other')}`, false, []],
    ['ConceptMap/food/$translate?system=http://example.org/food&code=meat&reverse=true', true, [['equivalent', 'dog']]], [`ConceptMap/food/$translate?system=${animals}&code=cat&targetsystem=http://other`, false, []],
  ])('%s', async (url, result, expected) => {
    const body = await get(url);
    expect([valueOf(body, 'result'), matches(body)]).toEqual([result, expected]);
    expect(makeValidator()(body).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('takes a map and a concept as sent', async () => {
    const body = await post('ConceptMap/$translate', { name: 'conceptMap', resource: animalMap }, { name: 'codeableConcept', valueCodeableConcept: { coding: [{ system: animals, code: 'cat' }] } });
    expect(matches(body)).toEqual([['wider', 'fish']]);
    await expect(get('ConceptMap/food/$translate?code=cat')).rejects.toMatchObject({ code: 'invalid-parameter' });
    await expect(get(`ConceptMap/$translate?url=http://none&system=${animals}&code=cat`)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('knows the maps of R4', async () => {
    const body = await get('ConceptMap/$translate?url=http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3&system=http://hl7.org/fhir/administrative-gender&code=male');
    expect(matches(body)).toEqual([['equal', 'M']]);
  });
});

describe('statements', () => {
  it('TerminologyCapabilities names the systems and is valid', async () => {
    const body = await get('metadata?mode=terminology');
    const systems = (body['codeSystem'] as { uri: string; version?: { code: string }[] }[]);
    expect(systems.find(({ uri }) => uri === animals)?.version).toEqual([{ code: '2.0' }]);
    expect(systems.map(({ uri }) => uri)).toEqual(expect.arrayContaining(['http://unitsofmeasure.org', 'http://hl7.org/fhir/administrative-gender']));
    expect(systems.some(({ uri }) => uri === 'http://snomed.info/sct')).toBe(false);
    expect(makeValidator()(body).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('CapabilityStatement names the operations with the definition for the type', async () => {
    const { rest } = (await get('metadata')) as unknown as { rest: { resource: { type: string; operation?: { name: string; definition: string }[] }[] }[] };
    const of = (type: string) => rest[0]?.resource.find((one) => one.type === type)?.operation;
    expect(of('ValueSet')?.map(({ name }) => name)).toEqual(['expand', 'validate-code']);
    expect(of('CodeSystem')).toContainEqual({ name: 'validate-code', definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code' });
  });

  it('a search may name a value set of this server by its id', async () => {
    await put({ resourceType: 'Basic', code: { coding: [{ system: animals, code: 'dog' }] } }, 'Basic', 'dog');
    const { entry } = (await get('Basic?code:in=ValueSet/pets')) as unknown as { entry: unknown[] };
    expect(entry).toHaveLength(1);
    await expect(get('Basic?code:in=ValueSet/none')).rejects.toMatchObject({ code: 'invalid-parameter' });
  });
});
