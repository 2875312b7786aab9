/** The compiled definitions against hl7.fhir.r4.core 4.0.1 as HL7 published it: nothing may differ. */
import { expect, it } from '@jest/globals';
import {
  baseOf, codesOf, compartmentParams, elementsOf, invariantsOf, isType, mandatoryElements, primitivePattern, resourceTypes, searchParameterDefs, summaryElements,
  type NamedElement,
} from '../../../src/fhir/definitions.js';
import { readPublished, type PublishedElement, type PublishedStructure, type PublishedType } from '../../fixture/r4-core.js';
import { describeWith } from '../../fixture/shared-data.js';

const last = (text: string, separator = '.'): string => text.slice(text.lastIndexOf(separator) + 1);
const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'));
const sorted = (texts: readonly string[] = []): string[] => [...texts].sort();

/** The FHIR type by the rule of the specification, written again here so that a fault in the compiler shows. */
const codeOf = ({ kind, type }: PublishedStructure, { path }: PublishedElement, choice: PublishedType): string => {
  if (!choice.code.startsWith('http:')) return choice.code;
  if (kind === 'resource' && path === `${type}.id`) return 'id';
  return choice.extension?.find((one) => one.url.endsWith('structuredefinition-fhir-type'))?.valueUrl ?? 'string';
};

const targetsOf = ({ targetProfile = [] }: PublishedType): string[] => {
  // Media.device names Device twice.
  const names = [...new Set(targetProfile.map((url) => last(url, '/')))];
  return names.includes('Resource') ? [] : names.sort();
};

const propertyNames = ({ path, type = [] }: PublishedElement): string[] => {
  const name = last(path);
  return name.endsWith('[x]') ? type.map(({ code }) => name.slice(0, -3) + code.slice(0, 1).toUpperCase() + code.slice(1)) : [name];
};

const publishedText = (structure: PublishedStructure, element: PublishedElement): string => JSON.stringify({
  min: element.min, max: element.max, summary: element.isSummary ?? false, modifier: element.isModifier ?? false, choice: element.path.endsWith('[x]'),
  binding: element.binding?.valueSet ? [element.binding.strength, element.binding.valueSet.split('|')[0]] : [],
  types: (element.type ?? []).map((one) => [codeOf(structure, element, one), targetsOf(one)]),
});

const compiledText = (def: NamedElement): string => JSON.stringify({
  min: def.min, max: def.max === Infinity ? '*' : String(def.max), summary: def.summary, modifier: def.modifier, choice: def.choice,
  binding: def.binding ? [def.binding.strength, def.binding.valueSet] : [],
  types: def.types.map((one) => [one.code, sorted(one.targets)]),
});

/** The elements of a type that have a place in its JSON: the value of a primitive is no member. */
const membersOf = ({ type, kind, snapshot: { element } }: PublishedStructure): PublishedElement[] =>
  element.filter(({ path }) => path.includes('.') && !(kind === 'primitive-type' && path === `${type}.value`));

/** Lists every element that is missing, superfluous, out of order or other than published. */
const differencesOf = (structure: PublishedStructure): string[] => {
  const members = membersOf(structure);
  return [...new Set(members.map(({ path }) => parentOf(path)))].flatMap((parent) => {
    const wanted = members.filter(({ path }) => parentOf(path) === parent);
    const compiled = elementsOf(parent);
    const names = [...compiled.keys()].filter((name) => structure.kind !== 'primitive-type' || name !== 'value').join();
    const order = wanted.flatMap(propertyNames).join() === names ? [] : [`${parent}: ${names}`];
    const isOther = (element: PublishedElement): boolean => propertyNames(element).some((name) => {
      const def = compiled.get(name);
      return def === undefined || compiledText(def) !== publishedText(structure, element);
    });
    return [...order, ...wanted.filter(isOther).map(({ id }) => id)];
  });
};

describeWith(readPublished(), 'definitions against hl7.fhir.r4.core 4.0.1', ({ structures, parameters, compartments }) => {
  const elements = structures.flatMap(membersOf);

  it('have every element of every resource and datatype as published, and no other', () => {
    expect(structures.length).toBe(209);
    expect(elements.length).toBeGreaterThan(7000);
    expect(structures.flatMap(differencesOf)).toEqual([]);
    expect(structures.filter(({ type, baseDefinition = '' }) => baseOf(type) !== last(baseDefinition, '/'))).toEqual([]);
  });

  it('have the concrete resource types and no other', () => {
    expect(resourceTypes).toEqual(sorted(structures.filter(({ kind, abstract }) => kind === 'resource' && !abstract).map(({ type }) => type)));
    expect(['SubscriptionStatus', 'Definition', 'MoneyQuantity'].filter(isType)).toEqual([]);
  });

  it('lead from each element to the elements of its children', () => {
    const parents = new Set(elements.map(({ path }) => parentOf(path)));
    const children = ({ path, contentReference }: PublishedElement): string | undefined => contentReference?.slice(1) ?? (parents.has(path) ? path : undefined);
    const lost = elements.filter((one) => children(one) !== undefined && elementsOf(parentOf(one.path)).get(last(one.path))?.children !== children(one));
    expect(lost.map(({ id }) => id)).toEqual([]);
  });

  it('have the summary and mandatory members of every resource type', () => {
    const names = ({ type, snapshot }: PublishedStructure, test: (one: PublishedElement) => boolean): string =>
      snapshot.element.filter((one) => parentOf(one.path) === type && test(one)).flatMap(propertyNames).join();
    const resources = structures.filter(({ kind }) => kind === 'resource');
    expect(resources.filter((one) => names(one, ({ isSummary }) => isSummary === true) !== summaryElements(one.type).join()).map(({ type }) => type)).toEqual([]);
    expect(resources.filter((one) => names(one, ({ min }) => min > 0) !== mandatoryElements(one.type).join()).map(({ type }) => type)).toEqual([]);
  });

  it('have the patterns of the primitives', () => {
    const patterns = structures.filter(({ kind }) => kind === 'primitive-type').map(({ type, snapshot }) => {
      const types = snapshot.element.find(({ path }) => path === `${type}.value`)?.type ?? [];
      return [type, types.flatMap(({ extension = [] }) => extension).find(({ url }) => url.endsWith('/regex'))?.valueString];
    });
    expect(patterns.length).toBeGreaterThan(18);
    expect(patterns.map(([type = '']) => [type, primitivePattern(type)])).toEqual(patterns);
  });

  it('have every search parameter with its expression, targets and components', () => {
    const byUrl = (a: { readonly url: string }, b: { readonly url: string }): number => (a.url < b.url ? -1 : 1);
    const expected = parameters.map(({ code, url, type, base, expression, target, component = [] }) => ({
      code, url, type, base: sorted(base), expression, target: sorted(target), components: component.map((one) => ({ definition: one.definition, expression: one.expression })),
    }));
    const compiled = searchParameterDefs().map((one) => ({ ...one, base: sorted(one.base), target: sorted(one.target) }));
    expect(compiled.sort(byUrl)).toEqual(expected.sort(byUrl));
    expect(compiled.length).toBe(1397);
  });

  it('have every compartment', () => {
    expect(sorted(compartments.map(({ code }) => code))).toEqual(['Device', 'Encounter', 'Patient', 'Practitioner', 'RelatedPerson']);
    for (const { code, resource } of compartments) {
      expect(resource.map((one) => [code, one.code, ...compartmentParams(code, one.code)])).toEqual(resource.map((one) => [code, one.code, ...(one.param ?? [])]));
    }
  });

  it('have every invariant of every type at its path, those of a base type at the base type', () => {
    const wrong = structures.filter(({ type, snapshot }) => {
      const own = snapshot.element.flatMap(({ path, constraint = [], type: types = [] }) => [
        ...constraint
          .filter(({ source }) => path !== type || source === undefined || last(source, '/') === type)
          .map(({ key, severity, human, expression }) => ({ key, severity, human, expression, path })),
        // The constraint of the profile SimpleQuantity stands at the elements that have it as their type.
        ...(types.some(({ profile = [] }) => profile.includes('http://hl7.org/fhir/StructureDefinition/SimpleQuantity')) ? [{ key: 'sqt-1', severity: 'error', human: 'The comparator is not used on a SimpleQuantity', expression: 'comparator.empty()', path }] : []),
      ]);
      return JSON.stringify(own) !== JSON.stringify(invariantsOf(type));
    });
    expect(wrong.map(({ type }) => type)).toEqual([]);
    expect(invariantsOf('DomainResource').map(({ key }) => key)).toEqual(expect.arrayContaining(['dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6']));
  });

  it('leave open only those required bindings whose codes no definition lists', () => {
    const required = elements.flatMap(({ binding }) => (binding?.strength === 'required' && binding.valueSet ? [binding.valueSet] : []));
    const open = new Set(required.filter((url) => codesOf(url) === undefined));
    expect(sorted([...open])).toEqual([
      'http://hl7.org/fhir/ValueSet/currencies|4.0.1', 'http://hl7.org/fhir/ValueSet/mimetypes|4.0.1', 'http://hl7.org/fhir/ValueSet/ucum-units|4.0.1', 'http://loinc.org/vs/LL379-9|4.0.1',
    ]);
  });
});
