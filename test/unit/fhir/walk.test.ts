import { describe, expect, it } from '@jest/globals';
import { elementsOf, isResourceType, resourceTypes, summaryElements } from '../../../src/fhir/definitions.js';
import { makeWalker } from '../../../src/fhir/walk.js';

describe('definitions', () => {
  it('has the 146 concrete resource types of R4', () => {
    expect(resourceTypes).toHaveLength(146);
    expect(isResourceType('Patient')).toBe(true);
    expect(isResourceType('patient')).toBe(false);
    expect(isResourceType('DomainResource')).toBe(false);
  });

  it('names each type of a choice, backbones by path and content references by what they point to', () => {
    expect(elementsOf('Observation').get('valueQuantity')).toMatchObject({ name: 'value', choice: true, type: { code: 'Quantity' }, children: 'Quantity' });
    expect(elementsOf('Patient').get('contact')).toMatchObject({ children: 'Patient.contact', max: Infinity });
    expect(elementsOf('Bundle.entry').get('link')).toMatchObject({ children: 'Bundle.link' });
    expect(elementsOf('Patient').get('id')?.type?.code).toBe('id');
    expect(elementsOf('Nonsense').size).toBe(0);
    expect(summaryElements('Patient')).toEqual(expect.arrayContaining(['name', 'deceasedBoolean']));
  });
});

describe('makeWalker', () => {
  const found = (types: string[], resource: Record<string, unknown>): string[] => {
    const paths: string[] = [];
    makeWalker(new Set(types))(resource, ({ path, type }) => paths.push(`${type} ${path.join('.')}`));
    return paths;
  };

  it('finds references in elements, extensions, extensions of primitives and contained resources', () => {
    expect(found(['Reference'], {
      resourceType: 'Observation', subject: { reference: 'a' }, performer: [{ reference: 'b' }, { reference: 'c' }],
      extension: [{ url: 'u', valueReference: { reference: 'd' } }], _status: { extension: [{ url: 'u', valueReference: {} }] },
      component: [{ extension: [{ url: 'u', extension: [{ url: 'v', valueReference: {} }] }] }],
      contained: [{ resourceType: 'Patient', managingOrganization: { reference: 'e' } }],
    }).sort()).toEqual([
      'Reference _status.extension.0.valueReference', 'Reference component.0.extension.0.extension.0.valueReference', 'Reference contained.0.managingOrganization',
      'Reference extension.0.valueReference', 'Reference performer.0', 'Reference performer.1', 'Reference subject',
    ]);
  });

  it('tells uri from canonical and finds the narrative', () => {
    expect(found(['uri', 'xhtml'], { resourceType: 'Patient', text: { div: '<div/>' }, meta: { profile: ['p'] }, identifier: [{ system: 's' }] }))
      .toEqual(['xhtml text.div', 'uri identifier.0.system']);
  });

  it('passes over what is not shaped as defined', () => {
    expect(found(['Reference'], { resourceType: 'Observation', subject: 7, performer: { reference: 'x' }, contained: 'no', extension: [null, 3] })).toEqual(['Reference subject', 'Reference performer']);
    expect(found(['Reference'], { resourceType: 'Nope' })).toEqual([]);
  });
});
