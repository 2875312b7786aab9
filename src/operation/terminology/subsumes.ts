/** CodeSystem/$subsumes, https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import { FhirError } from '../../core/error.js';
import type { Operation } from '../../interaction/service.js';
import type { Coding } from '../../terminology/resource.js';
import { answerPart, parametersText, readParameters, type OperationParameters, type ParameterRules } from '../parameters.js';
import { codingOf, instanceOf, oneOf, type TerminologyOf } from './subject.js';

const rules: ParameterRules = {
  codeA: { kind: 'text' }, codeB: { kind: 'text' }, system: { kind: 'text' }, version: { kind: 'text' }, codingA: { kind: 'Coding' }, codingB: { kind: 'Coding' },
};

/** Returns the operation. */
export const makeSubsumes = (terminology: TerminologyOf): Operation => ({
  name: 'subsumes',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes',
  levels: ['type', 'instance'],
  types: ['CodeSystem'],
  affectsState: false,
  handle: async (context) => {
    const given = readParameters(context, rules);
    const instance = await instanceOf(context, 'CodeSystem');
    const [a, b] = [sideOf(given, 'A'), sideOf(given, 'B')];
    const systems = new Set([instance?.url, given.text('system'), a.system, b.system].filter((system) => system !== undefined));
    const [system, another] = systems;
    if (system === undefined) throw new FhirError('invalid-parameter', 'Say which code system: system, codings with a system, or the id of one in the URL.', { location: 'http.system' });
    if (another !== undefined) throw new FhirError('invalid-parameter', `The codes are of different systems: ${system} and ${another}.`, given.placeOf(given.has('system') ? 'system' : 'codingB'));
    const version = instance?.version ?? given.text('version') ?? a.version ?? b.version;
    const outcome = await terminology(context).subsumes({ system, version, codeA: a.code ?? '', codeB: b.code ?? '' });
    return { status: 200, body: parametersText(answerPart('outcome', 'valueCode', outcome)) };
  },
});

const sideOf = (given: OperationParameters, side: 'A' | 'B'): Coding => {
  const code = given.text(`code${side}`);
  return oneOf<Coding>(given, { [`code${side}`]: code === undefined ? undefined : { code }, [`coding${side}`]: codingOf(given, `coding${side}`) });
};
