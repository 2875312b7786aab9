/** ConceptMap/$translate, https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import { FhirError } from '../../core/error.js';
import type { Operation } from '../../interaction/service.js';
import type { Terminology, Translation } from '../../terminology/port.js';
import type { Coding, ConceptMap } from '../../terminology/resource.js';
import { answerPart, parametersText, readParameters, type AnswerPart, type OperationParameters, type ParameterRules } from '../parameters.js';
import { codingOf, conceptOf, oneOf, subjectOf, type TerminologyOf } from './subject.js';

const rules: ParameterRules = {
  url: { kind: 'text' }, conceptMap: { kind: 'resource' }, conceptMapVersion: { kind: 'text' }, code: { kind: 'text' }, system: { kind: 'text' }, version: { kind: 'text' },
  source: { kind: 'text' }, coding: { kind: 'Coding' }, codeableConcept: { kind: 'CodeableConcept' }, target: { kind: 'text' }, targetsystem: { kind: 'text' }, reverse: { kind: 'boolean' },
  dependency: { kind: 'text', refused: 'what a mapping depends on is told with each match' },
};

/** Returns the operation. */
export const makeTranslate = (terminology: TerminologyOf): Operation => ({
  name: 'translate',
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate',
  levels: ['type', 'instance'],
  types: ['ConceptMap'],
  affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const url = await subjectOf(context, given, { type: 'ConceptMap', names: { resource: 'conceptMap', url: 'url', version: 'conceptMapVersion' } });
    const found = await Promise.all(codingsOf(given).map((coding) => translationsOf(coding, { url, given, terminology: terminology(context) })));
    return { status: 200, body: parametersText(partsOf(found.flat())) };
  },
});

interface Asked {
  readonly url: string | ConceptMap | undefined;
  readonly given: OperationParameters;
  readonly terminology: Terminology;
}

const codingsOf = (given: OperationParameters): readonly Coding[] => {
  const coding = codingOf(given, 'coding');
  const code = given.text('code');
  return oneOf<readonly Coding[]>(given, {
    code: code === undefined ? undefined : [{ system: given.text('system'), version: given.text('version'), code }],
    coding: coding === undefined ? undefined : [coding],
    codeableConcept: conceptOf(given, 'codeableConcept'),
  });
};

const translationsOf = async ({ system, version, code = '' }: Coding, { url, given, terminology }: Asked): Promise<readonly Translation[]> => {
  if (system === undefined) throw new FhirError('invalid-parameter', 'The code needs the system it is of.', { location: 'http.system' });
  return terminology.translate({
    url, source: given.text('source'), target: given.text('target'), targetSystem: given.text('targetsystem'), system, version, code, reverse: given.flag('reverse'),
  });
};

/** Mappings that say there is no match. */
const negative = new Set(['unmatched', 'disjoint']);

const partsOf = (translations: readonly Translation[]): AnswerPart[] => {
  const result = translations.some(({ equivalence }) => !negative.has(equivalence));
  return [
    ...answerPart('result', 'valueBoolean', result),
    ...answerPart('message', 'valueString', result ? undefined : 'No concept map that is known here maps the code.'),
    ...translations.map(matchPart),
  ];
};

const matchPart = ({ equivalence, concept, source, product = [] }: Translation): AnswerPart => ({
  name: 'match',
  part: [
    ...answerPart('equivalence', 'valueCode', equivalence),
    ...answerPart('concept', 'valueCoding', concept.code === undefined ? undefined : concept),
    ...product.map(({ property, system, value, display }) => ({ name: 'product', part: [...answerPart('element', 'valueUri', property), ...answerPart('concept', 'valueCoding', { system, code: value, display })] })),
    ...answerPart('source', 'valueUri', source === '' ? undefined : source),
  ],
});
