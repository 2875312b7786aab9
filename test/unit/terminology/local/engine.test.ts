import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Expansion } from '../../../../src/terminology/port.js';
import type { CodeSystem, ValueSet } from '../../../../src/terminology/resource.js';
import { makeCoreSource } from '../../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../../../src/terminology/local/memory-source.js';
import type { TerminologySource } from '../../../../src/terminology/local/source.js';
import { animalMap, animals, animalSets, animalSupplement, animalSystem, valueSet } from '../../../fixture/terminology.js';

const resources = [animalSystem, animalSupplement, ...animalSets, animalMap];
const here = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource(resources)] });
const vs = (name: string): string => `http://example.org/vs/${name}`;
const trying = async <T>(work: () => T): Promise<Awaited<T>> => await work();
const codes = async (set: string | ValueSet): Promise<string> => (await here.expand({ valueSet: set })).contains.map(({ code }) => code).join(' ');
const filtered = (property: string, op: string, value: string): ValueSet => valueSet('tried', { include: [{ system: animals, filter: [{ property, op, value }] }] });

describe('value set definitions', () => {
  it.each([
    ['animals', 'animal mammal cat dog whale mammoth swimmer trout'],
    ['mammals', 'mammal cat dog whale mammoth'],
    ['pets', 'dog cat'],
    ['wild', 'mammal whale mammoth'],
    ['swimmers', 'whale trout'],
    ['swimming-mammals', 'whale'],
    ['living', 'animal mammal cat dog whale swimmer trout'],
  ])('%s has its members', async (name, expected) => {
    expect(await codes(vs(name))).toBe(expected);
  });

  it.each([
    ['concept', 'is-a', 'swimmer', 'whale swimmer trout'],
    ['concept', 'descendent-of', 'swimmer', 'whale trout'],
    ['concept', 'is-not-a', 'mammal', 'animal swimmer trout'],
    ['concept', 'generalizes', 'whale', 'animal mammal whale swimmer'],
    ['concept', '=', 'cat', 'cat'],
    ['legs', '=', '4', 'cat dog mammoth'],
    ['code', 'in', 'cat,dog', 'cat dog'],
    ['legs', 'in', '0,4', 'cat dog whale mammoth trout'],
    ['food', 'not-in', 'fish,meat', 'animal mammal whale mammoth swimmer trout'],
    ['code', 'regex', '[a-d].*|trout', 'animal cat dog trout'],
    ['display', 'regex', '.*o.*', 'dog mammoth trout'],
    ['food', 'exists', 'true', 'cat dog'],
    ['food', 'exists', 'false', 'animal mammal whale mammoth swimmer trout'],
    ['inactive', '=', 'true', 'mammoth'],
    ['parent', '=', 'swimmer', 'whale trout'],
    ['child', '=', 'whale', 'mammal swimmer'],
    ['concept', 'is-a', 'unicorn', ''],
    ['concept', 'is-not-a', 'unicorn', 'animal mammal cat dog whale mammoth swimmer trout'],
    ['sound', '=', 'waf', 'dog'],
  ])('filter %s %s %s', async (property, op, value, expected) => {
    expect(await codes(filtered(property, op, value))).toBe(expected);
  });

  it.each([
    ['code', 'regex', '(?=a)b', /looks ahead/], ['code', 'regex', '(', /not closed/], ['legs', 'is-a', '4', /about the concept/],
    ['food', 'exists', 'maybe', /true or false/], ['food', 'resembles', 'x', /it takes =/],
  ])('filter %s %s %s is refused with its reason', async (property, op, value, message) => {
    await expect(trying(() => here.expand({ valueSet: filtered(property, op, value) }))).rejects.toThrow(expect.objectContaining({ code: 'invalid-value-set', message: expect.stringMatching(message) }));
  });

  it('a pattern that backtracks forever elsewhere is answered', async () => {
    expect(await codes(filtered('display', 'regex', '(([a-zA-Z ]+)+)+!'))).toBe('');
  });

  it('one that contains itself is refused, naming the circle', async () => {
    await expect(trying(() => here.expand({ valueSet: vs('circle') }))).rejects.toThrow(/circle -> .*circle-back -> .*circle/);
    expect(here.validateCode({ valueSet: vs('circle'), code: 'x' })).toMatchObject({ result: 'unknown', message: expect.stringContaining('defined by itself') });
  });

  it('whose code system is not loaded cannot be expanded, and says how to load it', async () => {
    await expect(trying(() => here.expand({ valueSet: vs('half-known') }))).rejects.toThrow(expect.objectContaining({ code: 'terminology-unknown', message: expect.stringMatching(/plants is not loaded \(store its CodeSystem/) }));
    await expect(trying(() => here.expand({ valueSet: 'http://snomed.info/sct?fhir_vs=isa/22298006' }))).rejects.toThrow(/concierge terminology import/);
  });

  it('by URL and version', async () => {
    expect(await codes(`${vs('pets')}|1`)).toBe('dog cat');
    await expect(trying(() => here.expand({ valueSet: `${vs('pets')}|7` }))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('kept as an expansion only has the members of that', async () => {
    const kept: ValueSet = { resourceType: 'ValueSet', url: vs('kept'), status: 'active', expansion: { contains: [{ system: animals, code: 'animal', abstract: true, contains: [{ system: animals, code: 'cat' }, { system: 'http://x', code: '1', display: 'One' }] }] } };
    expect((await here.expand({ valueSet: kept })).contains.map(({ system, code, display }) => [system, code, display])).toEqual([[animals, 'cat', 'Cat'], ['http://x', '1', 'One']]);
  });
});

describe('expand', () => {
  const expand = async (asked: Partial<Parameters<typeof here.expand>[0]>): Promise<Expansion> => here.expand({ valueSet: vs('animals'), ...asked });

  it('pages, with the total over all pages', async () => {
    const page = await expand({ offset: 2, count: 3 });
    expect([page.total, page.offset, page.contains.map(({ code }) => code)]).toEqual([8, 2, ['cat', 'dog', 'whale']]);
    expect(await expand({ count: 0 })).toMatchObject({ total: 8, contains: [] });
    expect(await expand({ offset: 100, count: 3 })).toMatchObject({ total: 8, contains: [] });
  });

  it.each([['blu', 'whale'], ['WHALE blue', 'whale'], ['katz', 'cat'], ['trout', 'trout'], ['hond', 'dog'], ['lue', ''], ['', 'animal mammal cat dog whale mammoth swimmer trout']])('filter "%s"', async (filter, expected) => {
    expect((await expand({ filter })).contains.map(({ code }) => code).join(' ')).toBe(expected);
  });

  it('leaves out what is inactive or only groups, when asked', async () => {
    expect((await expand({ activeOnly: true })).contains.map(({ code }) => code)).not.toContain('mammoth');
    expect((await expand({ excludeNotForUI: true })).contains.map(({ code }) => code)).not.toContain('animal');
    expect((await expand({})).contains.filter(({ inactive, abstract }) => inactive === true || abstract === true).map(({ code }) => code)).toEqual(['animal', 'mammoth']);
  });

  it('gives designations, and the display in a language', async () => {
    const [cat] = (await expand({ filter: 'cat', includeDesignations: true, displayLanguage: 'de-AT' })).contains;
    expect(cat).toEqual({ system: animals, version: '2.0', code: 'cat', display: 'Katze', designation: [{ language: 'de', value: 'Katze' }, { language: 'fr-CA', value: 'Chat' }] });
    const [french] = (await expand({ filter: 'cat', includeDesignations: true, designations: ['fr-CA'] })).contains;
    expect(french?.designation).toEqual([{ language: 'fr-CA', value: 'Chat' }]);
  });

  it('says which versions it used and obeys those asked for', async () => {
    expect((await expand({})).versions).toEqual([`${animals}|2.0`]);
    await expect(trying(() => here.expand({ valueSet: vs('animals'), forceSystemVersion: [`${animals}|9`] }))).rejects.toThrow(/version 9 is not loaded/);
    await expect(trying(() => here.expand({ valueSet: valueSet('old', { include: [{ system: animals, version: '1.0' }] }), checkSystemVersion: [`${animals}|2.0`] }))).rejects.toThrow(/check-system-version/);
    expect((await expand({ excludeSystem: [animals] })).total).toBe(0);
  });

  it('cannot list a grammar', async () => {
    await expect(trying(() => here.expand({ valueSet: 'http://hl7.org/fhir/ValueSet/ucum-units' }))).rejects.toThrow(expect.objectContaining({ code: 'too-costly' }));
  });
});

describe('validateCode', () => {
  it.each([
    [{ valueSet: vs('pets'), system: animals, code: 'dog' }, { result: 'in', display: 'Good dog' }],
    [{ valueSet: vs('pets'), code: 'dog' }, { result: 'in', system: animals }],
    [{ valueSet: vs('pets'), system: animals, code: 'dog', display: 'DOG' }, { result: 'in' }],
    [{ valueSet: vs('pets'), system: animals, code: 'dog', display: 'Wolf' }, { result: 'in', wrongDisplay: true, message: expect.stringContaining('it is "Good dog"') }],
    [{ valueSet: vs('pets'), system: animals, code: 'dig' }, { result: 'out', message: expect.stringContaining('Did you mean "dog"?') }],
    [{ valueSet: vs('pets'), system: 'http://x', code: 'dog' }, { result: 'out', message: expect.stringContaining(`has the system ${animals}`) }],
    [{ valueSet: vs('half-known'), system: animals, code: 'cat' }, { result: 'in' }],
    [{ valueSet: vs('half-known'), system: 'http://example.org/plants', code: 'oak' }, { result: 'unknown' }],
    [{ valueSet: vs('half-known'), code: 'oak' }, { result: 'unknown' }],
    [{ valueSet: vs('half-known'), system: animals, code: 'dog' }, { result: 'out' }],
    [{ valueSet: vs('animals'), system: animals, code: 'mammoth' }, { result: 'in', inactive: true }],
    [{ valueSet: vs('animals'), system: animals, code: 'animal', abstract: false }, { result: 'out' }],
    [{ valueSet: vs('none'), code: 'x' }, { result: 'unknown' }],
    [{ system: animals, code: 'cat' }, { result: 'in', display: 'Cat' }],
    [{ system: animals, code: 'cat', displayLanguage: 'fr' }, { result: 'in', display: 'Chat' }],
    [{ system: animals, code: 'Cat' }, { result: 'out' }],
    [{ system: animals, version: '1', code: 'cat' }, { result: 'unknown' }],
    [{ system: 'http://snomed.info/sct', code: '22298006' }, { result: 'unknown', message: expect.stringContaining('concierge terminology import') }],
    [{ system: 'urn:ietf:bcp:47', code: 'de-CH' }, { result: 'in', display: 'Swiss High German' }],
    [{ system: 'urn:ietf:bcp:47', code: 'ger man' }, { result: 'out' }],
    [{ system: 'urn:ietf:bcp:13', code: 'application/fhir+json; charset=utf-8' }, { result: 'in' }],
    [{ system: 'urn:ietf:bcp:13', code: 'pdf' }, { result: 'out' }],
    [{ system: 'urn:iso:std:iso:4217', code: 'EUR' }, { result: 'in', display: 'Euro' }],
    [{ system: 'urn:iso:std:iso:4217', code: 'DM' }, { result: 'out' }],
    [{ valueSet: 'http://hl7.org/fhir/ValueSet/iso3166-1-3', code: 'DEU' }, { result: 'in', display: 'Germany' }],
    [{ valueSet: 'http://hl7.org/fhir/ValueSet/iso3166-1-3', code: 'DE' }, { result: 'out' }],
    [{ code: 'x' }, { result: 'unknown' }],
  ])('%j is %j', async (asked, expected) => {
    expect(await here.validateCode(asked)).toMatchObject(expected);
  });

  it('agrees with expand on every value set and code', async () => {
    const names = animalSets.map(({ name = '' }) => name).filter((name) => !name.startsWith('circle') && name !== 'half-known');
    await fc.assert(fc.asyncProperty(fc.constantFrom(...names), fc.constantFrom('animal', 'mammal', 'cat', 'dog', 'whale', 'mammoth', 'swimmer', 'trout', 'unicorn'), async (name, code) => {
      const listed = (await here.expand({ valueSet: vs(name) })).contains.some((one) => one.code === code);
      expect((await here.validateCode({ valueSet: vs(name), system: animals, code })).result).toBe(listed ? 'in' : 'out');
    }));
  });

  it('agrees with expand on value sets made at random', async () => {
    const code = fc.constantFrom('animal', 'mammal', 'cat', 'dog', 'whale', 'mammoth', 'swimmer', 'trout');
    const part = fc.oneof(
      fc.uniqueArray(code, { maxLength: 3 }).map((list) => ({ system: animals, concept: list.map((each) => ({ code: each })) })),
      fc.tuple(fc.constantFrom('is-a', 'descendent-of', 'is-not-a', 'generalizes'), code).map(([op, value]) => ({ system: animals, filter: [{ property: 'concept', op, value }] })),
      fc.constantFrom('pets', 'wild', 'swimmers').map((name) => ({ valueSet: [vs(name)] })),
      fc.tuple(code, fc.constantFrom('pets', 'mammals')).map(([value, name]) => ({ system: animals, valueSet: [vs(name)], filter: [{ property: 'concept', op: 'is-a', value }] })),
    );
    await fc.assert(fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), fc.array(part, { maxLength: 2 }), async (include, exclude) => {
      const set = valueSet('random', { include, exclude });
      const listed = (await here.expand({ valueSet: set })).contains.map((one) => one.code);
      expect(new Set(listed).size).toBe(listed.length);
      for (const each of ['animal', 'mammal', 'cat', 'dog', 'whale', 'mammoth', 'swimmer', 'trout']) {
        expect((await here.validateCode({ valueSet: set, system: animals, code: each })).result).toBe(listed.includes(each) ? 'in' : 'out');
      }
    }), { numRuns: 300 });
  });
});

describe('lookup, subsumes, translate', () => {
  it('finds a concept with its place and what supplements add', async () => {
    expect(await here.lookup({ system: animals, code: 'dog' })).toMatchObject({
      name: 'Animals', version: '2.0', display: 'Dog', designation: [{ language: 'nl', value: 'Hond' }], parents: [{ code: 'mammal', display: 'Mammal' }], children: [], inactive: false,
      property: expect.arrayContaining([{ code: 'sound', valueString: 'waf' }]),
    });
    await expect(trying(() => here.lookup({ system: animals, code: 'unicorn' }))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(await here.lookup({ system: 'http://unitsofmeasure.org', code: 'mm[Hg]' })).toMatchObject({ name: 'UCUM' });
  });

  it.each([['animal', 'cat', 'subsumes'], ['cat', 'animal', 'subsumed-by'], ['cat', 'cat', 'equivalent'], ['cat', 'dog', 'not-subsumed'], ['swimmer', 'whale', 'subsumes']])('%s and %s: %s', async (codeA, codeB, expected) => {
    expect(await here.subsumes({ system: animals, codeA, codeB })).toBe(expected);
  });

  it('translates by element, by the rule for what is not mapped, and backwards', async () => {
    const by = { url: 'http://example.org/map/animal-to-food', system: animals };
    expect(await here.translate({ ...by, code: 'dog' })).toMatchObject([{ equivalence: 'equivalent', concept: { code: 'meat' } }, { equivalence: 'narrower', concept: { code: 'bone' } }]);
    expect(await here.translate({ ...by, code: 'whale' })).toMatchObject([{ equivalence: 'inexact', concept: { code: 'grass' } }]);
    expect(await here.translate({ system: 'http://example.org/food', code: 'fish', reverse: true, url: by.url })).toMatchObject([{ equivalence: 'narrower', concept: { system: animals, code: 'cat' } }]);
    expect(await here.translate({ system: animals, code: 'cat', source: vs('animals'), target: 'http://example.org/vs/food' })).toHaveLength(1);
    expect(await here.translate({ system: animals, code: 'cat', target: 'http://example.org/vs/other' })).toEqual([]);
    await expect(trying(() => here.translate({ ...by, url: 'http://example.org/map/none', code: 'dog' }))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('lists codes for search within a bound', async () => {
    expect(await here.codesFor(vs('pets'), 10)).toEqual([{ system: animals, code: 'dog' }, { system: animals, code: 'cat' }]);
    await expect(trying(() => here.codesFor(vs('animals'), 3))).rejects.toThrow(expect.objectContaining({ code: 'too-costly' }));
    expect(await here.related({ system: animals, code: 'swimmer' }, 'descendants', 10)).toHaveLength(3);
    expect(await here.related({ system: animals, code: 'cat' }, 'ancestors', 10)).toHaveLength(3);
    await expect(trying(() => here.related({ system: animals, code: 'animal' }, 'descendants', 3))).rejects.toThrow(expect.objectContaining({ code: 'too-costly' }));
  });
});

describe('sources that answer later', () => {
  const slow = (all: Parameters<typeof makeMemorySource>[0]): TerminologySource & { asked: string[] } => {
    const inner = makeMemorySource(all);
    const asked: string[] = [];
    return {
      asked,
      resources: async (type, url) => { asked.push(`${type} ${url}`); return inner.resources(type, url); },
      supplements: async (url) => inner.supplements(url), conceptMaps: async () => inner.conceptMaps(), codeSystems: async () => inner.codeSystems(),
    };
  };

  it('are waited for once; then answers come at once', async () => {
    const source = slow(resources);
    const engine = makeLocalTerminology({ sources: [makeCoreSource(), source] });
    const first = engine.validateCode({ valueSet: vs('wild'), system: animals, code: 'whale' });
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toMatchObject({ result: 'in' });
    expect(engine.validateCode({ valueSet: vs('wild'), system: animals, code: 'cat' })).toMatchObject({ result: 'out' });
    expect(new Set(source.asked).size).toBe(source.asked.length);
  });

  it('cannot redefine what R4 defines', async () => {
    const gender = { ...valueSet('x', { include: [{ system: animals }] }), url: 'http://hl7.org/fhir/ValueSet/administrative-gender' };
    const source = slow([gender, animalSystem]);
    const engine = makeLocalTerminology({ sources: [makeCoreSource(), source] });
    expect(await engine.validateCode({ valueSet: `${gender.url}|4.0.1`, code: 'female' })).toMatchObject({ result: 'in' });
    expect(engine.validateCode({ valueSet: gender.url, code: 'cat' })).toMatchObject({ result: 'out' });
    expect(source.asked).toEqual([]);
  });

  it('are asked again after forget', async () => {
    const list = [animalSystem, ...animalSets];
    const source = slow(list);
    const engine = makeLocalTerminology({ sources: [makeCoreSource(), source] });
    await engine.validateCode({ valueSet: vs('pets'), code: 'trout' });
    expect(engine.validateCode({ valueSet: vs('pets'), code: 'trout' })).toMatchObject({ result: 'out' });
    engine.forget();
    expect(engine.validateCode({ valueSet: vs('pets'), code: 'trout' })).toBeInstanceOf(Promise);
  });
});

describe('large code systems', () => {
  const url = 'http://example.org/large';
  const large: CodeSystem = {
    resourceType: 'CodeSystem', url, version: '3', status: 'active', content: 'complete', valueSet: 'http://example.org/vs/large',
    concept: Array.from({ length: 30_000 }, (_, index) => ({ code: `c${String(index)}`, display: `Concept ${'a'.repeat(20)} ${String(index)}` })),
  };
  const engine = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource([large])] });
  const of = (value: string, times = 1): ValueSet => valueSet('large-filtered', { include: Array.from({ length: times }, () => ({ system: url, filter: [{ property: 'display', op: 'regex', value }] })) });

  it('are looked through in steps', async () => {
    const found = engine.expand({ valueSet: of('.* 1[0-9]') });
    expect(found).toBeInstanceOf(Promise);
    expect((await found).total).toBe(10);
  });

  it('answer patterns that backtrack forever elsewhere', async () => {
    expect((await engine.expand({ valueSet: of('Concept ((a+)+)+!') })).total).toBe(0);
    expect(await engine.validateCode({ valueSet: of('(.*a)*b'), system: url, code: 'c1' })).toMatchObject({ result: 'out' });
  });

  it('are not looked through without end', async () => {
    await expect(trying(() => engine.expand({ valueSet: of('x', 500) }))).rejects.toMatchObject({ code: 'too-costly' });
    expect(await engine.validateCode({ valueSet: of('x', 500), system: url, code: 'c1' })).toMatchObject({ result: 'unknown' });
    await expect(trying(() => engine.expand({ valueSet: 'http://example.org/vs/large' }))).rejects.toMatchObject({ code: 'too-costly', message: expect.stringContaining('count') });
  });

  it('are as a whole the value set that they name', async () => {
    expect(await engine.expand({ valueSet: 'http://example.org/vs/large', count: 2, offset: 29_999 })).toMatchObject({ total: 30_000, contains: [{ code: 'c29999' }] });
    expect(await engine.validateCode({ valueSet: 'http://example.org/vs/large|3', system: url, code: 'c1' })).toMatchObject({ result: 'in' });
  });
});

describe('languages by their parts', () => {
  const tags = (...filter: [string, string][]): ValueSet => valueSet('tags', { include: [{ system: 'urn:ietf:bcp:47', filter: filter.map(([property, value]) => ({ property, op: 'exists', value })) }] });
  it.each([
    ['de', 'in'], ['de-CH', 'out'], ['zh-Hant', 'out'], ['de-1996', 'out'], ['x-secret', 'out'], ['no tag', 'out'],
  ])('%s is %s of the languages alone', async (code, result) => {
    const alone = tags(['language', 'true'], ['ext-lang', 'false'], ['script', 'false'], ['region', 'false'], ['variant', 'false'], ['extension', 'false'], ['private-use', 'false']);
    expect(await here.validateCode({ valueSet: alone, system: 'urn:ietf:bcp:47', code })).toMatchObject({ result });
  });

  it.each([['zh-yue-Hant-HK', 'ext-lang'], ['sr-Latn', 'script'], ['es-419', 'region'], ['sl-rozaj-biske', 'variant'], ['en-u-ca-buddhist', 'extension'], ['en-x-home', 'private-use']])('%s has a %s', async (code, part) => {
    expect(await here.validateCode({ valueSet: tags([part, 'true']), code })).toMatchObject({ result: 'in' });
    expect(await here.validateCode({ valueSet: tags([part, 'true']), code: 'en' })).toMatchObject({ result: 'out' });
  });

  it('other filters on a grammar leave the code unknown', async () => {
    const other = valueSet('units', { include: [{ system: 'http://unitsofmeasure.org', filter: [{ property: 'canonical', op: '=', value: 'm' }] }] });
    expect(await here.validateCode({ valueSet: other, code: 'cm' })).toMatchObject({ result: 'unknown' });
  });
});
