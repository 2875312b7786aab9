/** Large resources, valid or not, are judged in time that grows with their size alone. */
import { expect, it } from '@jest/globals';
import { makeValidator } from '../../../src/validation/validator.js';

const validate = makeValidator();
const many = <T>(make: (index: number) => T, count = 20_000): T[] => Array.from({ length: count }, (_, index) => make(index));
const errors = (resource: Readonly<Record<string, unknown>>): number => validate(resource).filter(({ severity }) => severity === 'error').length;

it.each<[string, Readonly<Record<string, unknown>>, number]>([
  ['elements that are compared with the first of them', { resourceType: 'StructureDefinition', url: 'http://a', name: 'A', status: 'draft', kind: 'resource', abstract: false, type: 'Patient', baseDefinition: 'http://a', derivation: 'constraint', differential: { element: many((index) => ({ id: `Patient.a${String(index)}`, path: `Patient.a${String(index)}` })) } }, 0],
  ['references to contained resources', { resourceType: 'Patient', contained: many((index) => ({ resourceType: 'Organization', id: `o${String(index)}`, name: 'a' })), generalPractitioner: many((index) => ({ reference: `#o${String(index)}` })) }, 0],
  ['broken references', { resourceType: 'Patient', contained: many((index) => ({ resourceType: 'Organization', id: `o${String(index)}`, name: 'a' })), generalPractitioner: many((index) => ({ reference: `#x${String(index)}` })) }, 40_000],
  ['ids that must differ', { resourceType: 'Questionnaire', status: 'draft', item: many((index) => ({ linkId: String(index), type: 'display', text: 'a' })) }, 0],
])('%s', (_, resource, expected) => { expect(errors(resource)).toBe(expected); });
