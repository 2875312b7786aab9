/** Makes a JSON schema of each type out of its elements; keywords.ts says what the `fhir...` keywords mean. */
import { elementsOf, type NamedElement } from '../../src/fhir/definitions.js';
import { grammarOf, isAttribute, isBare, requiredSet } from '../../src/validation/binding.js';

export type Schema = Readonly<Record<string, unknown>>;

const primitiveSchema = (element: NamedElement): Schema => {
  const code = element.type?.code ?? '';
  const grammar = grammarOf(element);
  if (grammar !== undefined) return { fhirPrimitive: grammar };
  const set = code === 'code' ? requiredSet(element) : undefined;
  return set === undefined ? { fhirPrimitive: code } : { fhirCode: set };
};

const complexSchema = (element: NamedElement): Schema => {
  const { type, children, path } = element;
  if (type?.code === 'Resource') return { fhirResource: path.endsWith('.contained') ? 'contained' : 'entry' };
  if (type?.code === 'Reference' && type.targets.length > 0) return { fhirType: children, fhirTargets: type.targets };
  const set = type?.code === 'CodeableConcept' ? requiredSet(element) : undefined;
  return set === undefined ? { fhirType: children } : { fhirType: children, fhirConcept: set };
};

const properties = (name: string, element: NamedElement): [string, Schema][] => {
  const isList = element.max > 1;
  const limits = { minItems: Math.max(1, element.min), ...(Number.isFinite(element.max) ? { maxItems: element.max } : {}) };
  if (!isBare(element)) {
    const schema = complexSchema(element);
    return [[name, isList ? { type: 'array', ...limits, items: schema } : schema]];
  }
  const schema = primitiveSchema(element);
  if (isAttribute(element)) return [[name, schema]];
  if (!isList) return [[name, schema], [`_${name}`, { fhirBeside: name }]];
  return [[name, { type: 'array', ...limits, fhirList: { ...schema, beside: `_${name}` } }], [`_${name}`, { type: 'array', minItems: 1, fhirSiblings: name }]];
};

/** The JSON names by which an element can be there; `_name` among them. */
const namesOf = (name: string, element: NamedElement): string[] => (isBare(element) && !isAttribute(element) ? [name, `_${name}`] : [name]);

export interface Choice {
  readonly name: string;
  readonly least: number;
  /** One list of names for each type. */
  readonly names: readonly (readonly string[])[];
}

const choicesOf = (all: ReadonlyMap<string, NamedElement>): Choice[] => {
  const choices = [...all].filter(([, { choice }]) => choice);
  return [...new Set(choices.map(([, { name }]) => name))].map((name) => {
    const group = choices.filter(([, element]) => element.name === name);
    return { name, least: group[0]?.[1].min ?? 0, names: group.map(([key, element]) => namesOf(key, element)) };
  });
};

/** Returns the schema of a resource, datatype or backbone. */
export const schemaOf = (type: string): Schema => {
  const all = elementsOf(type);
  const isResource = !type.includes('.') && all.has('implicitRules');
  const known = [...all].filter(([, { max }]) => max > 0);
  const required = known.filter(([, { min, choice }]) => min > 0 && !choice).map(([name, element]) => namesOf(name, element));
  const choices = choicesOf(all);
  // Beside a value an Element may have an id alone: `fhirBeside` and `fhirSiblings` look at both.
  const mayBeEmpty = isResource || type === 'Element' || required.length > 0 || choices.some(({ least }) => least > 0);
  return {
    type: 'object',
    properties: { ...(isResource ? { resourceType: {} } : {}), ...Object.fromEntries(known.flatMap(([name, element]) => properties(name, element))) },
    additionalProperties: false,
    ...(required.length > 0 ? { fhirRequired: required } : {}),
    ...(choices.length > 0 ? { fhirChoices: choices } : {}),
    ...(mayBeEmpty ? {} : { fhirContent: true }),
    ...(type === 'Extension' ? { fhirExtension: true } : {}),
  };
};

/** Returns the type and the backbones inside of it. */
export const withBackbones = (type: string): string[] => {
  const inside = [...elementsOf(type).values()].flatMap(({ children, path }) => (children === path ? [path] : []));
  return [type, ...new Set(inside.flatMap(withBackbones))];
};

