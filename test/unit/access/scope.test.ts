/** Clinical scopes, https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, parseScope, parseScopes, type Scope } from '../../../src/access/scope.js';

const lettersOf = (scope: Scope | undefined): string | undefined => (scope === undefined ? undefined : ['c', 'r', 'u', 'd', 's'].filter((letter) => [...scope.permissions].join('').includes(letter)).join(''));
const must = (text: string): Scope => {
  const scope = parseScope(text);
  if (scope === undefined) throw new Error(`${text} is no scope`);
  return scope;
};

describe('parseScope', () => {
  it.each([
    ['patient/Observation.rs', 'rs'], ['patient/*.cruds', 'cruds'], ['user/Patient.r', 'r'], ['system/*.s', 's'], ['system/Group.cud', 'cud'],
  ])('version 2: %s gives %s', (text, letters) => expect(lettersOf(parseScope(text))).toBe(letters));

  it.each([
    ['patient/Observation.read', 'rs'], ['patient/Observation.write', 'cud'], ['patient/Observation.*', 'cruds'], ['user/*.*', 'cruds'], ['user/*.read', 'rs'],
  ])('B22 version 1: %s gives %s', (text, letters) => expect(lettersOf(parseScope(text))).toBe(letters));

  it('reads granular parameters, percent escapes once', () => {
    expect(parseScope('patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory')?.params).toEqual([['category', 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory']]);
    expect(parseScope('patient/Observation.rs?code=http%3A%2F%2Floinc.org%7C1&status=final')?.params).toEqual([['code', 'http://loinc.org|1'], ['status', 'final']]);
  });

  it.each([
    'patient/Observation.', 'patient/Observation', 'patient/Observation.sr', 'patient/Observation.rr', 'patient/Observation.rsX', 'patient/*.read*', 'patient/../*.rs', 'PATIENT/*.RS',
    'patient/observation.rs', 'patient/Nothing.rs', 'group/*.rs', 'patient/*.rs\u0000', ' patient/*.rs', 'patient/*.rs?category=x', 'patient/Observation.read?category=x',
    'launch/patient', 'openid', '', 'patient/Observation.rs?', 'patient/Observation.rs?category', 'patient/Observation.rs?category=', 'patient/Observation.rs?=x', 'patient/Observation.rs?code=%zz',
    `patient/Observation.rs?code=${'x'.repeat(20_000)}`,
  ])('A11 refuses %s', (text) => expect(parseScope(text)).toBeUndefined());

  it.each(['category:not=laboratory', 'subject.name=x', '_has:Observation:patient:code=x', '__proto__.x=1'])('A12 refuses a modifier or chain: %s', (query) =>
    expect(parseScope(`patient/Observation.rs?${query}`)).toBeUndefined());

  it('never throws, and gives only what is in the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `patient/Observation.${text}`), fc.string().map((text) => `patient/Observation.rs?${text}`)), (text) => {
      const scope = parseScope(text);
      if (scope !== undefined) expect(text.startsWith(`${scope.context}/${scope.type}.`)).toBe(true);
    }));
  });
});

describe('parseScopes', () => {
  it('leaves out what is no clinical scope, and repetitions', () => {
    expect(parseScopes('openid patient/*.rs launch patient/*.rs bogus').map(({ text }) => text)).toEqual(['patient/*.rs']);
  });
});

describe('covers', () => {
  it.each([
    ['patient/*.rs', 'patient/Observation.r', true], ['patient/*.read', 'patient/Observation.rs?category=x', true], ['patient/Observation.rs?category=x', 'patient/Observation.rs', false],
    ['patient/Observation.rs?category=x', 'patient/Observation.r?category=x&code=y', true], ['patient/*.rs', 'patient/*.cruds', false], ['patient/*.rs', 'user/*.rs', false],
    ['patient/Observation.rs', 'patient/*.rs', false], ['system/*.cruds', 'system/Patient.d', true],
  ])('%s over %s: %s', (wide, narrow, expected) => expect(covers(must(wide), must(narrow))).toBe(expected));
});
