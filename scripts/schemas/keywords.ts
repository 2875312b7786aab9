/**
 * The keywords by which a JSON schema says what FHIR's JSON format adds (https://hl7.org/fhir/R4/json.html). Each
 * compiles into a call of `checks`, a free name of the generated code: src/validation/checks.ts has what stands for it.
 */
import { _, Name, type Ajv, type Code, type KeywordCxt } from 'ajv';
import { getProperty, not, or, type CodeGen } from 'ajv/dist/compile/codegen/index.js';
import type { Choice } from './schema.js';

const checks = new Name('checks');
const call = (name: string): Code => _`${checks}${getProperty(name)}`;
const present = (data: Code, name: string): Code => _`${data}${getProperty(name)} !== undefined`;
const anyOf = (data: Code, names: readonly string[]): Code => or(...names.map((name) => present(data, name)));

/** Returns a name for a value that is made once, when the generated module is loaded. */
const constant = (gen: CodeGen, kind: string, key: string, code: Code): Name => gen.scopeValue('obj', { key: `${kind} ${key}`, ref: {}, code });

const itemCheck = (gen: CodeGen, schema: { fhirPrimitive?: string; fhirCode?: string }): Code => {
  if (schema.fhirCode === undefined) return call(`is_${schema.fhirPrimitive ?? ''}`);
  return constant(gen, 'isCode', schema.fhirCode, _`${call('isCodeOf')}(${schema.fhirCode})`);
};

type Emit = (cxt: KeywordCxt, value: never) => Code;

/** Each returns the condition under which the value is good. */
const conditions: Readonly<Record<string, Emit>> = {
  fhirPrimitive: ({ data }, type: string) => _`${call(`is_${type}`)}(${data})`,
  fhirCode: ({ gen, data }, valueSet: string) => _`${constant(gen, 'codes', valueSet, _`${call('codes')}(${valueSet})`)}.has(${data})`,
  fhirType: ({ data }, type: string) => _`${call(type)}(${data})`,
  fhirTargets: ({ gen, data }, targets: readonly string[]) =>
    _`${call('target')}(${data}, ${constant(gen, 'targets', targets.join(), _`new Set(${targets.join()}.split(","))`)})`,
  fhirConcept: ({ gen, data }, valueSet: string) => _`${call('concept')}(${data}, ${constant(gen, 'codes', valueSet, _`${call('codes')}(${valueSet})`)})`,
  fhirResource: ({ data }, kind: string) => _`${call(kind)}(${data})`,
  fhirList: ({ gen, data, it }, { beside, ...schema }: { beside: string; fhirPrimitive?: string; fhirCode?: string }) =>
    _`${call('list')}(${data}, ${it.parentData}${getProperty(beside)}, ${itemCheck(gen, schema)})`,
  fhirBeside: ({ data, it }, name: string) => _`${call('beside')}(${data}, ${it.parentData}${getProperty(name)})`,
  fhirSiblings: ({ data, it }, name: string) => _`${call('siblings')}(${data}, ${it.parentData}${getProperty(name)})`,
  fhirContent: ({ data }) => _`${call('content')}(${data})`,
  fhirExtension: ({ data }) => _`${call('extensionForm')}(${data})`,
};

const requireAll = ({ data }: KeywordCxt, groups: readonly (readonly string[])[]): Code =>
  not(or(...groups.map((names) => not(anyOf(data, names)))));

const fewTypes = 5;

const oneOf = (data: Name, { name, least, names }: Choice): Code => {
  if (names.length > fewTypes) return _`${call('choice')}(${data}, ${name}, ${least})`;
  const counted = names.map((each) => _`(${anyOf(data, each)} ? 1 : 0)`).reduce((sum, each) => _`${sum} + ${each}`);
  return least > 0 ? _`(${counted}) === 1` : _`(${counted}) <= 1`;
};

/** Teaches the keywords to an ajv. */
export const addKeywords = (ajv: Ajv): void => {
  const add = (keyword: string, emit: Emit, type?: 'object'): void => {
    ajv.addKeyword({ keyword, ...(type === undefined ? {} : { type }), code: (cxt: KeywordCxt) => { cxt.pass(emit(cxt, cxt.schema as never)); } });
  };
  for (const [keyword, emit] of Object.entries(conditions)) add(keyword, emit);
  add('fhirRequired', requireAll, 'object');
  add('fhirChoices', ((cxt: KeywordCxt, choices: readonly Choice[]) => not(or(...choices.map((choice) => not(oneOf(cxt.data, choice)))))), 'object');
};
