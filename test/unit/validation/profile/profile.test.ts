/** Profiles made for the purpose: each way to constrain, met and broken (https://hl7.org/fhir/R4/profiling.html). */
import { describe, expect, it } from '@jest/globals';
import type { Issue } from '../../../../src/core/error.js';
import type { Profile } from '../../../../src/fhir/profile/definition.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { slimProfile } from '../../../../src/fhir/profile/slim.js';
import type { CodeCheck, MaybePromise } from '../../../../src/terminology/port.js';
import { makeProfileValidator, type ProfileWish } from '../../../../src/validation/profile/validator.js';

type JsonObject = Readonly<Record<string, unknown>>;

const at = 'http://example.org/StructureDefinition/';
const profile = (name: string, type: string, element: readonly JsonObject[], more: JsonObject = {}): Profile => {
  const made = slimProfile({ resourceType: 'StructureDefinition', url: `${at}${name}`, name, type, kind: 'resource', derivation: 'constraint', baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`, differential: { element }, ...more });
  if (made === undefined) throw new Error(`${name} is no profile`);
  return made;
};
const slicing = (type: string, path: string, more: JsonObject = {}): JsonObject => ({ discriminator: [{ type, path }], rules: 'open', ...more });

interface Given {
  readonly profiles: readonly Profile[];
  readonly check?: (code: string, valueSet: unknown) => MaybePromise<CodeCheck>;
  readonly unknownModifiers?: 'report' | 'refuse';
}

const validate = async ({ profiles, check, unknownModifiers = 'report' }: Given, resource: JsonObject, wish: ProfileWish = {}): Promise<Issue[]> => {
  const terminology = check === undefined ? undefined : { validateCode: ({ code, valueSet }: { code: string; valueSet?: unknown }) => check(code, valueSet) };
  const [first] = profiles;
  return makeProfileValidator({ library: makeProfileLibrary(profiles), terminology, unknownModifiers })(resource, { profiles: first === undefined ? [] : [first.url], ...wish });
};
const errors = async (given: Given, resource: JsonObject): Promise<string[]> =>
  (await validate(given, resource)).filter(({ severity }) => severity === 'error').map(({ diagnostics }) => diagnostics.replace(/ \[http.*$/, ''));

const patient = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Patient', ...more });
const observation = (more: JsonObject = {}): JsonObject => ({ resourceType: 'Observation', status: 'final', code: { text: 'a' }, ...more });

describe('an element of a profile', () => {
  it.each<[string, JsonObject, JsonObject, JsonObject, string]>([
    ['must be there', { id: 'Patient.birthDate', path: 'Patient.birthDate', min: 1 }, { birthDate: '2000' }, {}, 'Patient.birthDate: is missing; at least 1 must be there'],
    ['must not be there', { id: 'Patient.photo', path: 'Patient.photo', max: '0' }, {}, { photo: [{ url: 'http://x' }] }, 'Patient.photo: must not be there'],
    ['may be there once', { id: 'Patient.name', path: 'Patient.name', max: '1' }, { name: [{ text: 'a' }] }, { name: [{ text: 'a' }, { text: 'b' }] }, 'Patient.name: is there 2 times, at most 1 is allowed'],
    ['is fixed', { id: 'Patient.gender', path: 'Patient.gender', fixedCode: 'female' }, { gender: 'female' }, { gender: 'male' }, 'Patient.gender: must be exactly "female", not "male"'],
    ['has a pattern', { id: 'Patient.maritalStatus', path: 'Patient.maritalStatus', patternCodeableConcept: { coding: [{ code: 'M' }] } }, { maritalStatus: { text: 'x', coding: [{ code: 'X' }, { system: 's', code: 'M' }] } }, { maritalStatus: { text: 'x' } }, 'Patient.maritalStatus: must have {"coding":[{"code":"M"}]}; it is {"text":"x"}'],
    ['has one of its types', { id: 'Patient.deceased[x]', path: 'Patient.deceased[x]', type: [{ code: 'boolean' }] }, { deceasedBoolean: false }, { deceasedDateTime: '2000' }, 'Patient.deceased: must not be of type dateTime; allowed: boolean'],
    ['has a longest text', { id: 'Patient.name.family', path: 'Patient.name.family', maxLength: 3 }, { name: [{ family: 'abc' }] }, { name: [{ family: 'abcd' }] }, 'Patient.name[0].family: has 4 characters, at most 3 are allowed'],
    ['has a least value', { id: 'Patient.birthDate', path: 'Patient.birthDate', minValueDate: '1900-01-01' }, { birthDate: '1950-01-01' }, { birthDate: '1850-01-01' }, 'Patient.birthDate: "1850-01-01" is less than "1900-01-01"'],
    ['keeps a constraint', { id: 'Patient.name', path: 'Patient.name', constraint: [{ key: 'x-1', severity: 'error', human: 'Family or text', expression: 'family.exists() or text.exists()' }] }, { name: [{ text: 'a' }] }, { name: [{ given: ['a'] }] }, 'Patient.name[0]: Family or text (x-1)'],
    ['refers to a type', { id: 'Patient.generalPractitioner', path: 'Patient.generalPractitioner', type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'] }] }, { generalPractitioner: [{ reference: 'Practitioner/1' }] }, { generalPractitioner: [{ reference: 'Organization/1' }] }, 'Patient.generalPractitioner[0]: may not refer to Organization; allowed: Practitioner'],
    ['is an element of a datatype', { id: 'Patient.contact.name.family', path: 'Patient.contact.name.family', min: 1 }, { contact: [{ name: { family: 'a' } }, { telecom: [{ value: 'x' }] }] }, { contact: [{ name: { text: 'a' } }] }, 'Patient.contact[0].name.family: is missing; at least 1 must be there'],
  ])('%s', async (_what, element, good, bad, message) => {
    const given = { profiles: [profile('p', 'Patient', [element])] };
    expect(await errors(given, patient(good))).toEqual([]);
    expect(await errors(given, patient(bad))).toEqual([message]);
  });

  it('is reported as one to support, where asked', async () => {
    const given = { profiles: [profile('p', 'Patient', [{ id: 'Patient.birthDate', path: 'Patient.birthDate', mustSupport: true }])] };
    expect(await validate(given, patient(), { mustSupport: true })).toMatchObject([{ severity: 'information', expression: 'Patient.birthDate' }]);
    expect(await validate(given, patient())).toEqual([]);
    expect(await validate(given, patient({ birthDate: '2000' }), { mustSupport: true })).toEqual([]);
  });
});

const slice = (name: string, more: JsonObject): JsonObject => ({ id: `Patient.identifier:${name}`, path: 'Patient.identifier', sliceName: name, ...more });
const inSlice = (name: string, child: string, more: JsonObject): JsonObject => ({ id: `Patient.identifier:${name}.${child}`, path: `Patient.identifier.${child}`, ...more });
const bySystem = (more: JsonObject = {}): JsonObject[] => [
  { id: 'Patient.identifier', path: 'Patient.identifier', slicing: slicing('value', 'system', more) },
  slice('a', { min: 1, max: '1' }), inSlice('a', 'system', { fixedUri: 'http://a' }), inSlice('a', 'value', { min: 1 }),
  slice('b', { min: 0, max: '1' }), inSlice('b', 'system', { fixedUri: 'http://b' }),
];
const ids = (...systems: string[]): JsonObject => patient({ identifier: systems.map((system) => ({ system: `http://${system}`, value: '1' })) });

describe('slices', () => {
  it('by value, open: counted and checked, what is in none is free', async () => {
    const given = { profiles: [profile('p', 'Patient', bySystem())] };
    expect(await errors(given, ids('a', 'c', 'b'))).toEqual([]);
    expect(await errors(given, ids('b'))).toEqual(['Patient.identifier: the slice a is missing; at least 1 must be there']);
    expect(await errors(given, ids('a', 'a'))).toEqual(['Patient.identifier: the slice a is there 2 times, at most 1 is allowed']);
    expect(await errors(given, patient({ identifier: [{ system: 'http://c' }, { system: 'http://a' }] }))).toEqual(['Patient.identifier[1].value: is missing; at least 1 must be there']);
  });

  it('closed, open at the end and ordered', async () => {
    expect(await errors({ profiles: [profile('p', 'Patient', bySystem({ rules: 'closed' }))] }, ids('a', 'c'))).toEqual(['Patient.identifier[1]: belongs to none of the slices a, b, and no other is allowed']);
    const atEnd = { profiles: [profile('p', 'Patient', bySystem({ rules: 'openAtEnd' }))] };
    expect(await errors(atEnd, ids('a', 'c'))).toEqual([]);
    expect(await errors(atEnd, ids('c', 'a'))).toEqual(['Patient.identifier[1]: belongs to the slice a, which must stand before what is in no slice']);
    const ordered = { profiles: [profile('p', 'Patient', bySystem({ ordered: true }))] };
    expect(await errors(ordered, ids('a', 'b'))).toEqual([]);
    expect(await errors(ordered, ids('b', 'a'))).toEqual(['Patient.identifier[1]: belongs to the slice a, which stands too late; the order is a, b']);
  });

  it('by pattern', async () => {
    const given = { profiles: [profile('p', 'Observation', [
      { id: 'Observation.component', path: 'Observation.component', slicing: slicing('pattern', 'code') },
      { id: 'Observation.component:x', path: 'Observation.component', sliceName: 'x', min: 1 },
      { id: 'Observation.component:x.code', path: 'Observation.component.code', patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] } },
      { id: 'Observation.component:x.valueQuantity', path: 'Observation.component.valueQuantity', min: 1 }])] };
    const code = { coding: [{ system: 'http://loinc.org', code: '8480-6', display: 'x' }] };
    expect(await errors(given, observation({ component: [{ code, valueQuantity: { value: 1 } }, { code: { text: 'other' } }] }))).toEqual([]);
    expect(await errors(given, observation({ component: [{ code, valueString: 'x' }] }))).toEqual(['Observation.component[0].value: must not be of type string; allowed: Quantity', 'Observation.component[0].value: the slice valueQuantity is missing; at least 1 must be there']);
    expect(await errors(given, observation({ component: [{ code: { text: 'other' } }] }))).toEqual(['Observation.component: the slice x is missing; at least 1 must be there']);
  });

  it('by type', async () => {
    const given = { profiles: [profile('p', 'Observation', [
      { id: 'Observation.value[x]', path: 'Observation.value[x]', slicing: slicing('type', '$this', { rules: 'closed' }) },
      { id: 'Observation.value[x]:valueQuantity', path: 'Observation.value[x]', sliceName: 'valueQuantity', type: [{ code: 'Quantity' }] },
      { id: 'Observation.value[x]:valueQuantity.unit', path: 'Observation.value[x].unit', min: 1 }])] };
    expect(await errors(given, observation({ valueQuantity: { value: 1, unit: 'kg' } }))).toEqual([]);
    expect(await errors(given, observation({ valueQuantity: { value: 1 } }))).toEqual(['Observation.value.unit: is missing; at least 1 must be there']);
    expect(await errors(given, observation({ valueString: 'x' }))).toEqual(['Observation.value: belongs to none of the slices valueQuantity, and no other is allowed']);
  });

  it('by existence', async () => {
    const given = { profiles: [profile('p', 'Patient', [
      { id: 'Patient.name', path: 'Patient.name', slicing: slicing('exists', 'period') },
      { id: 'Patient.name:past', path: 'Patient.name', sliceName: 'past', max: '1' }, { id: 'Patient.name:past.period', path: 'Patient.name.period', min: 1 },
      { id: 'Patient.name:now', path: 'Patient.name', sliceName: 'now', min: 1 }, { id: 'Patient.name:now.period', path: 'Patient.name.period', max: '0' }])] };
    const past = { text: 'a', period: { end: '2000' } };
    expect(await errors(given, patient({ name: [past, { text: 'b' }] }))).toEqual([]);
    expect(await errors(given, patient({ name: [past, past] }))).toEqual(['Patient.name: the slice past is there 2 times, at most 1 is allowed', 'Patient.name: the slice now is missing; at least 1 must be there']);
  });

  it('by position', async () => {
    const given = { profiles: [profile('p', 'Patient', [
      { id: 'Patient.name', path: 'Patient.name', slicing: slicing('position', '$this') },
      { id: 'Patient.name:first', path: 'Patient.name', sliceName: 'first' }, { id: 'Patient.name:first.use', path: 'Patient.name.use', fixedCode: 'official', min: 1 }])] };
    expect(await errors(given, patient({ name: [{ use: 'official', text: 'a' }, { use: 'nickname', text: 'b' }] }))).toEqual([]);
    expect(await errors(given, patient({ name: [{ use: 'nickname', text: 'b' }] }))).toEqual(['Patient.name[0].use: must be exactly "official", not "nickname"']);
  });

  it('by profile of what a reference resolves to', async () => {
    const org = profile('org', 'Organization', [{ id: 'Organization.active', path: 'Organization.active', min: 1, fixedBoolean: true }]);
    const given = { profiles: [profile('p', 'Patient', [
      { id: 'Patient.generalPractitioner', path: 'Patient.generalPractitioner', slicing: slicing('profile', 'resolve()') },
      { id: 'Patient.generalPractitioner:org', path: 'Patient.generalPractitioner', sliceName: 'org', min: 1, type: [{ code: 'Reference', targetProfile: [`${at}org`] }] }]), org] };
    const withOrg = (active: boolean): JsonObject => patient({ contained: [{ resourceType: 'Organization', id: 'o', active }], generalPractitioner: [{ reference: '#o' }] });
    expect(await errors(given, withOrg(true))).toEqual([]);
    expect(await errors(given, withOrg(false))).toEqual(['Patient.generalPractitioner: the slice org is missing; at least 1 must be there']);
  });

  it('of slices', async () => {
    const given = { profiles: [profile('p', 'Patient', [
      { id: 'Patient.identifier', path: 'Patient.identifier', slicing: slicing('value', 'system') },
      slice('a', {}), inSlice('a', 'system', { fixedUri: 'http://a' }),
      { ...slice('a', {}), slicing: slicing('value', 'use', { rules: 'closed' }) },
      slice('a/x', { min: 1 }), inSlice('a/x', 'use', { fixedCode: 'official', min: 1 })])] };
    expect(await errors(given, patient({ identifier: [{ system: 'http://a', use: 'official' }, { system: 'http://b' }] }))).toEqual([]);
    expect(await errors(given, patient({ identifier: [{ system: 'http://a', use: 'temp' }] }))).toEqual(['Patient.identifier[0]: belongs to none of the slices a/x, and no other is allowed', 'Patient.identifier: the slice a/x is missing; at least 1 must be there']);
  });
});

describe('bindings', () => {
  const bound = (strength: string): Given['profiles'] => [profile('p', 'Patient', [{ id: 'Patient.maritalStatus', path: 'Patient.maritalStatus', binding: { strength, valueSet: 'http://example.org/ValueSet/v' } }])];
  const married = patient({ maritalStatus: { coding: [{ system: 's', code: 'M' }] } });

  it.each([
    ['required', 'out', 'error'], ['required', 'unknown', 'warning'], ['extensible', 'out', 'warning'], ['preferred', 'out', 'information'], ['example', 'out', undefined],
    ['required', 'in', undefined], ['extensible', 'unknown', undefined],
  ] as const)('%s, a code that is %s: %s', async (strength, result, severity) => {
    const of = (_code: string, valueSet: unknown): CodeCheck => ({ result: valueSet === 'http://example.org/ValueSet/v' ? result : 'in' });
    for (const answer of [of, async (code: string, valueSet: unknown): Promise<CodeCheck> => of(code, valueSet)]) {
      const found = await validate({ profiles: bound(strength), check: answer }, married);
      expect(found.map((issue) => issue.severity)).toEqual(severity === undefined ? [] : [severity]);
    }
  });

  it('a required one wants a code, and without a terminology nothing passes silently', async () => {
    expect(await errors({ profiles: bound('required'), check: () => ({ result: 'in' }) }, patient({ maritalStatus: { text: 'x' } }))).toEqual(['Patient.maritalStatus: has no code, but needs one of http://example.org/ValueSet/v']);
    expect(await validate({ profiles: bound('required') }, married)).toMatchObject([{ severity: 'warning', code: 'not-supported' }]);
  });
});

describe('extensions and what is not known', () => {
  const race = profile('race', 'Extension', [
    { id: 'Extension.extension', path: 'Extension.extension', max: '0' }, { id: 'Extension.url', path: 'Extension.url', fixedUri: `${at}race` }, { id: 'Extension.value[x]', path: 'Extension.value[x]', min: 1, type: [{ code: 'string' }] },
  ], { kind: 'complex-type', context: [{ type: 'element', expression: 'Patient' }] });

  it('a known one is held against its definition, wherever it stands', async () => {
    const withRace = (value: JsonObject, type = 'Patient'): JsonObject => ({ resourceType: type, extension: [{ url: `${at}race`, ...value }] });
    const library = { profiles: [race] };
    expect((await validate(library, withRace({ valueString: 'x' }), { profiles: [] }))).toEqual([]);
    expect((await validate(library, withRace({ valueCode: 'x' }), { profiles: [] })).map(({ severity, expression }) => [severity, expression])).toEqual([['error', 'Patient.extension[0].value']]);
    expect((await validate(library, withRace({ valueString: 'x' }, 'Group'), { profiles: [] })).map(({ severity, code }) => [severity, code])).toEqual([['warning', 'extension']]);
  });

  it('an unknown one is told; one that changes the meaning refuses where so set', async () => {
    const unknown = (name: string): JsonObject => patient({ [name]: [{ url: 'http://x/y', valueString: 'x' }] });
    expect(await validate({ profiles: [] }, unknown('extension'))).toMatchObject([{ severity: 'information', code: 'extension', expression: 'Patient.extension[0]' }]);
    expect(await validate({ profiles: [] }, unknown('modifierExtension'))).toMatchObject([{ severity: 'warning' }]);
    expect(await validate({ profiles: [], unknownModifiers: 'refuse' }, unknown('modifierExtension'))).toMatchObject([{ severity: 'error' }]);
  });

  it('a profile that is claimed and not known, or cannot be made, is told', async () => {
    const claiming = (url: string): JsonObject => patient({ meta: { profile: [url] } });
    expect(await validate({ profiles: [] }, claiming('http://x'))).toMatchObject([{ severity: 'warning', code: 'not-found', expression: 'Patient.meta.profile' }]);
    const orphan = profile('orphan', 'Patient', [], { baseDefinition: 'http://nowhere' });
    expect((await validate({ profiles: [] as Profile[] }, patient())).length).toBe(0);
    const [issue] = await makeProfileValidator({ library: makeProfileLibrary([orphan]), unknownModifiers: 'report' })(claiming(orphan.url));
    expect(issue?.diagnostics).toContain('http://nowhere, which');
  });

  it('resources inside of a Bundle and of another are held against the profiles they claim', async () => {
    const strict = profile('p', 'Patient', [{ id: 'Patient.birthDate', path: 'Patient.birthDate', min: 1 }]);
    const inner = patient({ id: 'x', meta: { profile: [strict.url] } });
    const given = { profiles: [strict] };
    expect((await validate(given, { resourceType: 'Bundle', type: 'collection', entry: [{ resource: inner }] }, { profiles: [] })).map(({ expression }) => expression)).toEqual(['Bundle.entry[0].resource.birthDate']);
    expect((await validate(given, { resourceType: 'List', contained: [inner] }, { profiles: [] })).map(({ expression }) => expression)).toEqual(['List.contained[0].birthDate']);
  });
});
