/** The questions other modules ask of the definitions. */
import { describe, expect, it } from '@jest/globals';
import {
  baseOf, codesOf, compartmentParams, elementsOf, invariantsOf, isPrimitive, isResourceType, isType, mandatoryElements, primitivePattern,
  resourceTypes, searchParameterDefs, summaryElements,
} from '../../../src/fhir/definitions.js';

describe('elementsOf', () => {
  it('names elements by JSON property in the order of the specification', () => {
    const names = [...elementsOf('Patient').keys()];
    expect(names.slice(0, 11)).toEqual(['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension', 'identifier', 'active', 'name']);
    expect(elementsOf('Patient')).toBe(elementsOf('Patient'));
  });

  it('gives each form of a choice with its one type', () => {
    const quantity = elementsOf('Observation').get('valueQuantity');
    expect(quantity).toMatchObject({ name: 'value', path: 'Observation.value[x]', choice: true, type: { code: 'Quantity' }, children: 'Quantity', max: 1 });
    expect(quantity?.types.length).toBe(11);
    expect(elementsOf('Observation').get('valueString')).toMatchObject({ type: { code: 'string' } });
    expect(elementsOf('Observation').get('valueString')?.children).toBeUndefined();
    expect(elementsOf('Observation').has('value')).toBe(false);
  });

  it('follows content references', () => {
    expect(elementsOf('Observation.component').get('referenceRange')).toMatchObject({ path: 'Observation.component.referenceRange', children: 'Observation.referenceRange', max: Infinity });
    expect(elementsOf('Questionnaire.item').get('item')?.children).toBe('Questionnaire.item');
  });

  it('gives cardinality, targets, binding and flags', () => {
    expect(elementsOf('Observation').get('status')).toMatchObject({ min: 1, max: 1, modifier: true, summary: true, binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/observation-status' } });
    expect(elementsOf('Observation').get('encounter')?.type).toEqual({ code: 'Reference', targets: ['Encounter'] });
    expect(elementsOf('Provenance').get('target')?.type?.targets).toEqual([]);
  });

  it('types ids and urls by their FHIR type', () => {
    const codeOf = (type: string, name: string) => elementsOf(type).get(name)?.type?.code;
    expect([codeOf('Patient', 'id'), codeOf('HumanName', 'id'), codeOf('Patient.contact', 'id'), codeOf('Extension', 'url')]).toEqual(['id', 'string', 'string', 'uri']);
  });

  it('has nothing for a name that is no type', () => {
    expect(elementsOf('Pateint').size).toBe(0);
    expect(elementsOf('Patient.nonsense').size).toBe(0);
    expect([isType('constructor'), isType('Patient')]).toEqual([false, true]);
  });

  it('is free of what the package adds to 4.0.1', () => {
    expect(elementsOf('Meta').has('project')).toBe(false);
    expect(elementsOf('EvidenceVariable.characteristic').has('definitionByCombination')).toBe(false);
    expect(isType('SubscriptionStatus')).toBe(false);
    expect(searchParameterDefs().some((one) => one.url.endsWith('DetectedIssue-status'))).toBe(false);
  });
});

describe('types', () => {
  it('tells resources, primitives and others apart', () => {
    expect(resourceTypes).toContain('Patient');
    expect(['Patient', 'Bundle'].every(isResourceType)).toBe(true);
    expect(['Resource', 'DomainResource', 'HumanName', 'patient', 'toString'].some(isResourceType)).toBe(false);
    expect(['string', 'decimal', 'xhtml', 'base64Binary'].every(isPrimitive)).toBe(true);
    expect(['Quantity', 'Element', 'Patient'].some(isPrimitive)).toBe(false);
    expect([baseOf('Patient'), baseOf('Age'), baseOf('code'), baseOf('Resource')]).toEqual(['DomainResource', 'Quantity', 'string', '']);
  });

  it('gives the pattern of a primitive', () => {
    const pattern = new RegExp(`^(?:${primitivePattern('id') ?? ''})$`);
    expect(pattern.test('a-1.B')).toBe(true);
    expect(pattern.test('a_1')).toBe(false);
    expect(primitivePattern('HumanName')).toBeUndefined();
  });
});

describe('members of a resource', () => {
  it('are in the summary or mandatory as defined', () => {
    expect(summaryElements('Patient')).toEqual(['id', 'meta', 'implicitRules', 'identifier', 'active', 'name', 'telecom', 'gender', 'birthDate', 'deceasedBoolean', 'deceasedDateTime', 'address', 'managingOrganization', 'link']);
    expect(mandatoryElements('Observation')).toEqual(['status', 'code']);
    expect(mandatoryElements('Patient')).toEqual([]);
  });
});

describe('search parameters and compartments', () => {
  it('have expression, base and components', () => {
    const combo = searchParameterDefs().find((one) => one.url.endsWith('/Observation-code-value-quantity'));
    expect(combo).toMatchObject({ code: 'code-value-quantity', type: 'composite', base: ['Observation'], components: [{ expression: 'code' }, { expression: 'value.as(Quantity)' }] });
    expect(searchParameterDefs().find((one) => one.code === '_text')).not.toHaveProperty('expression');
  });

  it('put a type into a compartment by its parameters only', () => {
    expect(compartmentParams('Patient', 'Observation')).toEqual(['subject', 'performer']);
    expect(compartmentParams('Patient', 'Organization')).toEqual([]);
    expect(compartmentParams('Nothing', 'Observation')).toEqual([]);
  });
});

describe('codesOf', () => {
  it('has code and system|code, whatever version is asked', () => {
    const gender = codesOf('http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1');
    expect(gender).toEqual(new Set(['male', 'female', 'other', 'unknown'].flatMap((code) => [code, `http://hl7.org/fhir/administrative-gender|${code}`])));
    expect(codesOf('http://hl7.org/fhir/ValueSet/administrative-gender')).toBe(gender);
  });

  it('lists whole code systems', () => {
    // Resource and DomainResource are codes of resource-types too.
    expect(codesOf('http://hl7.org/fhir/ValueSet/resource-types')?.size).toBe(2 * (resourceTypes.length + 2));
  });

  it('says nothing of a set that cannot be enumerated', () => {
    expect(codesOf('http://hl7.org/fhir/ValueSet/mimetypes|4.0.1')).toBeUndefined();
    expect(codesOf('http://example.org/ValueSet/none')).toBeUndefined();
  });
});

describe('invariantsOf', () => {
  it('has those of the type and of its elements, those of the base at the base', () => {
    const rules = invariantsOf('Patient').filter(({ key }) => key !== 'ele-1' && key !== 'ext-1');
    expect(rules).toEqual([{
      key: 'pat-1', severity: 'error', path: 'Patient.contact',
      human: 'SHALL at least contain a contact\'s details or a reference to an organization',
      expression: 'name.exists() or telecom.exists() or address.exists() or organization.exists()',
    }]);
    expect(invariantsOf('Period').map(({ key, path }) => `${key} ${path}`)).toContain('per-1 Period');
    expect(invariantsOf('Nothing')).toEqual([]);
  });
});
