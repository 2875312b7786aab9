/**
 * The input of an operation, however it came: in the URL, as a Parameters resource, or as the one resource it is about
 * (https://hl7.org/fhir/R4/operations.html#executing).
 */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import { isResourceType } from '../fhir/definitions.js';
import { parseResourceText } from '../fhir/json-text.js';
import type { Context } from '../interaction/context.js';
import { handlingOf } from '../interaction/params.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `text` is any of string, uri, canonical, url, code, id and markdown: clients mix them up, and nothing is lost by reading all. */
export type ParameterKind = 'text' | 'dateTime' | 'boolean' | 'integer' | 'decimal' | 'Coding' | 'CodeableConcept' | 'Meta' | 'Period' | 'resource';

export interface ParameterRule {
  readonly kind: ParameterKind;
  /** May be given more than once. */
  readonly many?: true;
  /** Why the operation defines it, yet this server does not take it. */
  readonly refused?: string;
  /** A body that is no Parameters is this one. */
  readonly body?: true;
}

export type ParameterRules = Readonly<Record<string, ParameterRule>>;

/** Values as given, undefined for what was not; each method is for parameters of its kind. */
export interface OperationParameters {
  has(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean | undefined;
  /** A whole number of 0 or more. */
  count(name: string): number | undefined;
  /** A decimal of 0 or more. */
  decimal(name: string): number | undefined;
  /** A Coding, CodeableConcept, Meta, Period or resource. */
  object(name: string): JsonObject | undefined;
  objects(name: string): readonly JsonObject[];
  /** What the message about a parameter names as its place. */
  placeOf(name: string): { readonly location: string } | { readonly expression: string };
}

interface Given {
  readonly name: string;
  readonly value: unknown;
  readonly place: { readonly location: string } | { readonly expression: string };
}

const shown = (text: string): string => text.slice(0, 60);

/** Returns the parameters; throws for unknown, refused, repeated and unreadable ones, naming each. */
export const readParameters = (context: Context, rules: ParameterRules): OperationParameters => {
  const given = [...fromUrl(context, rules), ...fromBody(context, rules)];
  const byName = new Map<string, Given[]>();
  for (const one of given) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  for (const [name, values] of byName) {
    const again = values[1];
    if (again !== undefined && rules[name]?.many !== true) throw new FhirError('invalid-parameter', `${name} is given ${String(values.length)} times; give it once.`, again.place);
  }
  const first = (name: string): unknown => byName.get(name)?.[0]?.value;
  return {
    has: (name) => byName.has(name),
    text: (name) => first(name) as string | undefined,
    texts: (name) => (byName.get(name) ?? []).map(({ value }) => value as string),
    flag: (name) => first(name) as boolean | undefined,
    count: (name) => first(name) as number | undefined,
    decimal: (name) => first(name) as number | undefined,
    object: (name) => first(name) as JsonObject | undefined,
    objects: (name) => (byName.get(name) ?? []).map(({ value }) => value as JsonObject),
    placeOf: (name) => byName.get(name)?.[0]?.place ?? { location: `http.${name}` },
  };
};

const ruleOf = (name: string, rules: ParameterRules, { context, place }: { readonly context: Context; readonly place: Given['place'] }): ParameterRule | undefined => {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule?.refused !== undefined) throw new FhirError('invalid-parameter', `${name} is not supported here: ${rule.refused}.`, place);
  if (rule !== undefined || handlingOf(context) === 'lenient') return rule;
  const known = Object.keys(rules).filter((each) => rules[each]?.refused === undefined);
  const near = nearName(name, known);
  throw new FhirError('unknown-parameter', `"${shown(name)}" is not a parameter of $${context.request.operation ?? ''}; it takes ${known.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`, place);
};

const fromUrl = (context: Context, rules: ParameterRules): Given[] =>
  context.request.params.flatMap(([name, text]): Given[] => {
    const place = { location: `http.${shown(name)}` };
    const rule = ruleOf(name, rules, { context, place });
    return rule === undefined ? [] : [{ name, place, value: textValue(name, text, { rule, place }) }];
  });

interface About {
  readonly rule: ParameterRule;
  readonly place: Given['place'];
}

/** Returns the value of a parameter of the URL. */
const textValue = (name: string, text: string, { rule: { kind }, place }: About): unknown => {
  switch (kind) {
    case 'text':
    case 'dateTime':
      if (text === '') throw new FhirError('invalid-parameter', `${name} is empty.`, place);
      return text;
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new FhirError('invalid-parameter', `${name} must be true or false.`, place);
      return text === 'true';
    case 'integer':
      if (!/^\d{1,9}$/.test(text)) throw new FhirError('invalid-parameter', `${name} must be a whole number of 0 or more.`, place);
      return Number(text);
    case 'decimal':
      if (!/^\d{1,9}(\.\d{1,9})?$/.test(text)) throw new FhirError('invalid-parameter', `${name} must be a number of 0 or more.`, place);
      return Number(text);
    default:
      throw new FhirError('invalid-parameter', `${name} is a ${kind}, which a URL cannot carry; POST a Parameters resource.`, place);
  }
};

const fromBody = (context: Context, rules: ParameterRules): Given[] => {
  const { payload } = context.request;
  if (payload === undefined || payload.text.trim() === '') return [];
  const { value } = parseResourceText(payload.text, { maxDepth: context.service.options.maxDepth });
  const body = objectOf(value) ?? {};
  const type = body['resourceType'];
  if (type === 'Parameters') return partsOf(body).flatMap((part, index) => fromPart(part, index, { context, rules }));
  const name = Object.keys(rules).find((each) => rules[each]?.body === true);
  if (name !== undefined && typeof type === 'string' && isResourceType(type)) return [{ name, value: body, place: { expression: type } }];
  throw new FhirError('wrong-resource-type', `The body of $${context.request.operation ?? ''} must be a Parameters resource${name === undefined ? '' : ' or the resource itself'}.`, { expression: 'resourceType' });
};

const objectOf = (value: unknown): JsonObject | undefined => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined);

const partsOf = ({ parameter = [] }: JsonObject): readonly unknown[] => {
  if (Array.isArray(parameter)) return parameter;
  throw new FhirError('invalid-structure', 'parameter must be an array.', { expression: 'Parameters.parameter' });
};

interface Reading {
  readonly context: Context;
  readonly rules: ParameterRules;
}

const fromPart = (value: unknown, index: number, { context, rules }: Reading): Given[] => {
  const expression = `Parameters.parameter[${String(index)}]`;
  const part = objectOf(value);
  const name = part?.['name'];
  if (part === undefined || typeof name !== 'string') throw new FhirError('invalid-structure', 'A parameter must be an object with a name.', { expression });
  const rule = ruleOf(name, rules, { context, place: { expression } });
  return rule === undefined ? [] : [{ name, place: { expression }, value: partValue(part, { rule, place: { expression } }) }];
};

const allowed: Readonly<Record<ParameterKind, readonly string[]>> = {
  text: ['valueString', 'valueUri', 'valueCanonical', 'valueUrl', 'valueCode', 'valueId', 'valueMarkdown'],
  dateTime: ['valueDateTime', 'valueDate', 'valueInstant'],
  boolean: ['valueBoolean'],
  integer: ['valueInteger', 'valueUnsignedInt', 'valuePositiveInt'],
  decimal: ['valueDecimal', 'valueInteger'],
  Coding: ['valueCoding'],
  CodeableConcept: ['valueCodeableConcept'],
  Meta: ['valueMeta'],
  Period: ['valuePeriod'],
  resource: ['resource'],
};

/** Returns the value of a parameter of a Parameters resource. */
const partValue = (part: JsonObject, { rule: { kind }, place }: About): unknown => {
  const name = String(part['name']);
  const member = Object.keys(part).find((key) => key === 'resource' || key === 'part' || key.startsWith('value'));
  if (member === undefined || !allowed[kind].includes(member)) {
    throw new FhirError('invalid-parameter', `${name} must have ${kind === 'text' ? 'valueString, valueUri, valueCanonical or valueCode' : allowed[kind].join(' or ')}${member === undefined ? '' : `, not ${member}`}.`, place);
  }
  const value = part[member];
  const fits = kind === 'boolean' ? typeof value === 'boolean' : kind === 'integer' ? Number.isInteger(value) && (value as number) >= 0 : kind === 'decimal' ? typeof value === 'number' && value >= 0 : kind === 'text' || kind === 'dateTime' ? typeof value === 'string' && value !== '' : objectOf(value) !== undefined;
  if (!fits) throw new FhirError('invalid-parameter', `${member} of ${name} is not a ${kind === 'text' ? 'text' : kind}${kind === 'integer' || kind === 'decimal' ? ' of 0 or more' : ''}.`, place);
  return value;
};

/** One parameter of an answer: its value under the name of its type (`valueString`), a resource, or parts. */
export type AnswerPart = { readonly name: string } & JsonObject;

/** Returns the part; undefined values leave it out. */
export const answerPart = (name: string, member: string, value: unknown): AnswerPart[] => (value === undefined ? [] : [{ name, [member]: value }]);

/** Returns the text of the Parameters resource that answers. */
export const parametersText = (parameter: readonly AnswerPart[]): string => JSON.stringify({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) });
