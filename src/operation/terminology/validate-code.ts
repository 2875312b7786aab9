/**
 * $validate-code of ValueSet (https://hl7.org/fhir/R4/valueset-operation-validate-code.html) and CodeSystem
 * (https://hl7.org/fhir/R4/codesystem-operation-validate-code.html).
 */
import { FhirError } from '../../core/error.js';
import type { Context } from '../../interaction/context.js';
import type { FhirResponse } from '../../interaction/request.js';
import type { Operation } from '../../interaction/service.js';
import type { CodeAsked, CodeCheck, Terminology } from '../../terminology/port.js';
import type { Coding } from '../../terminology/resource.js';
import { answerPart, parametersText, readParameters, type OperationParameters, type ParameterRules } from '../parameters.js';
import { codingOf, conceptOf, instanceOf, oneOf, subjectOf, type TerminologyOf } from './subject.js';

const common: ParameterRules = {
  url: { kind: 'text' }, code: { kind: 'text' }, display: { kind: 'text' }, coding: { kind: 'Coding' }, codeableConcept: { kind: 'CodeableConcept' },
  date: { kind: 'dateTime', refused: 'codes are checked as of now; ask for a version instead' }, abstract: { kind: 'boolean' }, displayLanguage: { kind: 'text' },
};
const valueSetRules: ParameterRules = {
  ...common, valueSet: { kind: 'resource' }, valueSetVersion: { kind: 'text' }, system: { kind: 'text' }, systemVersion: { kind: 'text' },
  context: { kind: 'text', refused: 'this server keeps no contexts that imply a value set; name it by url' },
};
const codeSystemRules: ParameterRules = {
  ...common, version: { kind: 'text' }, codeSystem: { kind: 'resource', refused: 'store the CodeSystem and name it by url' },
};

/** Returns the operation. What cannot be checked is `terminology-unknown`, neither a yes nor a no. */
export const makeValidateCode = (terminology: TerminologyOf): Operation => ({
  name: 'validate-code',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code',
  definitions: { CodeSystem: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code' },
  levels: ['type', 'instance'],
  types: ['ValueSet', 'CodeSystem'],
  affectsState: false,
  handle: async (context) => (context.request.type === 'CodeSystem' ? inCodeSystem(context, terminology(context)) : inValueSet(context, terminology(context))),
});

const inValueSet = async (context: Context, terminology: Terminology): Promise<FhirResponse> => {
  const given = readParameters(context, valueSetRules);
  const valueSet = await subjectOf(context, given, { type: 'ValueSet', names: { resource: 'valueSet', url: 'url', version: 'valueSetVersion' } });
  if (valueSet === undefined) throw new FhirError('invalid-parameter', 'Say which value set: url, valueSet, or the id of one in the URL.', { location: 'http.url' });
  const codings = codingsOf(given, () => {
    const system = given.text('system');
    if (system === undefined) throw new FhirError('invalid-parameter', 'code needs the system it is of.', { location: 'http.system' });
    return { system, version: given.text('systemVersion') };
  });
  return answer(await Promise.all(codings.map(async (coding) => terminology.validateCode({ ...asked(coding, given), valueSet }))), given);
};

const inCodeSystem = async (context: Context, terminology: Terminology): Promise<FhirResponse> => {
  const given = readParameters(context, codeSystemRules);
  const instance = await instanceOf(context, 'CodeSystem');
  if (instance !== undefined && instance.url === undefined) throw new FhirError('invalid-value-set', 'This CodeSystem has no url, so no code can be said to be of it.', { expression: 'CodeSystem.url' });
  const url = instance?.url ?? given.text('url');
  const version = instance?.version ?? given.text('version');
  const codings = codingsOf(given, () => {
    if (url === undefined) throw new FhirError('invalid-parameter', 'Say which code system: url, or the id of one in the URL.', { location: 'http.url' });
    return { system: url, version };
  });
  return answer(await Promise.all(codings.map((coding) => checkOf(coding, { url, version, given, terminology }))), given);
};

interface SystemAsked {
  readonly url: string | undefined;
  readonly version: string | undefined;
  readonly given: OperationParameters;
  readonly terminology: Terminology;
}

const checkOf = async (coding: Coding, { url, version, given, terminology }: SystemAsked): Promise<CodeCheck> => {
  const system = coding.system ?? url;
  if (system === undefined) throw new FhirError('invalid-parameter', 'Say which code system: url, a coding with a system, or the id of one in the URL.', { location: 'http.url' });
  if (url !== undefined && system !== url) return { result: 'out', message: `The coding is of ${system}, not of ${url}.` };
  return terminology.validateCode({ ...asked(coding, given), system, version: coding.version ?? version });
};

const asked = ({ system, version, code = '', display }: Coding, given: OperationParameters): CodeAsked =>
  ({ system, version, code, display: display ?? given.text('display'), displayLanguage: given.text('displayLanguage'), abstract: given.flag('abstract') });

const codingsOf = (given: OperationParameters, ofCode: () => Coding): readonly Coding[] => {
  const coding = codingOf(given, 'coding');
  const code = given.text('code');
  return oneOf<() => readonly Coding[]>(given, {
    code: code === undefined ? undefined : () => [{ ...ofCode(), code }],
    coding: coding === undefined ? undefined : () => [coding],
    codeableConcept: given.has('codeableConcept') ? () => conceptOf(given, 'codeableConcept') ?? [] : undefined,
  })();
};

/** One coding that fits is enough for a concept; a wrong display makes the answer false, as the code is not what its sender took it for. */
const answer = (checks: readonly CodeCheck[], given: OperationParameters): FhirResponse => {
  const good = checks.find(({ result, wrongDisplay }) => result === 'in' && wrongDisplay !== true);
  const best = good ?? checks.find(({ result }) => result === 'in') ?? checks.find(({ result }) => result === 'unknown') ?? checks[0];
  if (best?.result === 'unknown') throw new FhirError('terminology-unknown', best.message ?? 'The code cannot be checked here.', { location: given.has('url') ? 'http.url' : undefined });
  const body = parametersText([...answerPart('result', 'valueBoolean', good !== undefined), ...answerPart('message', 'valueString', best?.message), ...answerPart('display', 'valueString', best?.display)]);
  return { status: 200, body };
};
