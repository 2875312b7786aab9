/** CodeSystem/$lookup, https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { FhirError } from '../../core/error.js';
import type { Operation } from '../../interaction/service.js';
import type { FoundConcept } from '../../terminology/port.js';
import type { Coding, Designation } from '../../terminology/resource.js';
import { answerPart, parametersText, readParameters, type AnswerPart, type ParameterRules } from '../parameters.js';
import { codingOf, oneOf, type TerminologyOf } from './subject.js';

const rules: ParameterRules = {
  code: { kind: 'text' }, system: { kind: 'text' }, version: { kind: 'text' }, coding: { kind: 'Coding' }, displayLanguage: { kind: 'text' }, property: { kind: 'text', many: true },
  date: { kind: 'dateTime', refused: 'concepts are looked up as of now; ask for a version instead' },
};

/** Returns the operation; all properties are given unless some are asked for. */
export const makeLookup = (terminology: TerminologyOf): Operation => ({
  name: 'lookup',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  levels: ['type'],
  types: ['CodeSystem'],
  affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const code = given.text('code');
    const { system, version, code: wanted = '' } = oneOf<Coding>(given, {
      code: code === undefined ? undefined : { system: given.text('system'), version: given.text('version'), code },
      coding: codingOf(given, 'coding'),
    });
    if (system === undefined) throw new FhirError('invalid-parameter', 'The code needs the system it is of.', { location: 'http.system' });
    const found = await terminology(context).lookup({ system, version, code: wanted, displayLanguage: given.text('displayLanguage') });
    return { status: 200, body: parametersText(partsOf(found, new Set(given.texts('property')))) };
  },
});

const partsOf = (found: FoundConcept, asked: ReadonlySet<string>): AnswerPart[] => {
  const isAsked = (name: string): boolean => asked.size === 0 || asked.has(name) || asked.has('*');
  return [
    ...answerPart('name', 'valueString', found.name), ...answerPart('version', 'valueString', found.version), ...answerPart('display', 'valueString', found.display ?? found.code),
    ...(isAsked('designation') ? found.designation.map(designationPart) : found.designation.filter(({ language }) => asked.has(`lang.${language ?? ''}`)).map(designationPart)),
    ...(isAsked('definition') && found.definition !== undefined ? [propertyPart('definition', 'valueString', found.definition)] : []),
    ...(isAsked('inactive') ? [propertyPart('inactive', 'valueBoolean', found.inactive)] : []),
    ...(isAsked('abstract') && found.abstract ? [propertyPart('abstract', 'valueBoolean', true)] : []),
    ...(isAsked('parent') ? found.parents.map((one) => relativePart('parent', one)) : []),
    ...(isAsked('child') ? found.children.map((one) => relativePart('child', one)) : []),
    ...found.property.filter(({ code }) => isAsked(code) && code !== 'inactive' && code !== 'parent' && code !== 'child').flatMap(({ code, ...value }) => {
      const [member, content] = Object.entries(value).find(([name]) => name.startsWith('value')) ?? [];
      return member === undefined ? [] : [propertyPart(code, member, content)];
    }),
  ];
};

const propertyPart = (code: string, member: string, value: unknown): AnswerPart =>
  ({ name: 'property', part: [...answerPart('code', 'valueCode', code), ...answerPart('value', member, value)] });

const relativePart = (code: string, { code: other, display }: Coding): AnswerPart =>
  ({ name: 'property', part: [...answerPart('code', 'valueCode', code), ...answerPart('value', 'valueCode', other), ...answerPart('description', 'valueString', display)] });

const designationPart = ({ language, use, value }: Designation): AnswerPart =>
  ({ name: 'designation', part: [...answerPart('language', 'valueCode', language), ...answerPart('use', 'valueCoding', use), ...answerPart('value', 'valueString', value)] });
