/** Reduces a StructureDefinition to a Profile (https://hl7.org/fhir/R4/structuredefinition.html). Pure: JSON in, JSON out; misshapen parts are left out. */
import type { Discriminator, Profile, ProfileConstraint, ProfileElement, ProfileType, Slicing } from './definition.js';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Held by the structure of every element, so of no use here. */
const everywhere = new Set(['ele-1', 'ext-1', 'dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6']);
const typeExtension = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

const typeOf = (type: JsonObject): ProfileType => {
  const [profiles, targets] = [textsOf(type['profile']), textsOf(type['targetProfile'])];
  const code = textOf(type['code']);
  const told = code.startsWith('http://hl7.org/fhirpath/') ? textOf(listOf(type['extension']).find(({ url }) => url === typeExtension)?.['valueUrl']) || 'string' : code;
  return { code: told, ...(profiles.length > 0 ? { profiles } : {}), ...(targets.length > 0 ? { targets } : {}) };
};

const kinds = new Set<string>(['value', 'pattern', 'exists', 'type', 'profile', 'position']);

const slicingOf = (slicing: JsonObject): Slicing => ({
  discriminators: listOf(slicing['discriminator']).filter(({ type }) => kinds.has(textOf(type))).map(({ type, path }) => ({ type: type as Discriminator['type'], path: textOf(path) || '$this' })),
  rules: slicing['rules'] === 'closed' || slicing['rules'] === 'openAtEnd' ? slicing['rules'] : 'open',
  ordered: slicing['ordered'] === true,
});

const constraintOf = ({ key, severity, human, expression }: JsonObject): ProfileConstraint =>
  ({ key: textOf(key), severity: severity === 'warning' ? 'warning' : 'error', human: textOf(human), expression: textOf(expression) });

/** Returns the member `fixed[x]`, whatever its type. */
const choiceOf = (element: JsonObject, name: string): unknown => Object.entries(element).find(([key]) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)))?.[1];

const given = (members: JsonObject): JsonObject => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)));

const bindingOf = (binding: unknown): ProfileElement['binding'] =>
  isObject(binding) && typeof binding['valueSet'] === 'string' ? { strength: textOf(binding['strength']), valueSet: binding['valueSet'] } : undefined;

const elementOf = (element: JsonObject): ProfileElement => {
  const path = textOf(element['path']);
  const max = element['max'];
  const constraints = listOf(element['constraint']).filter(({ key, expression }) => typeof expression === 'string' && !everywhere.has(textOf(key))).map(constraintOf);
  return given({
    id: textOf(element['id']) || path, path, sliceName: element['sliceName'], min: element['min'],
    max: typeof max === 'string' ? (max === '*' ? -1 : Number(max)) : undefined,
    types: listOf(element['type']).map(typeOf), content: typeof element['contentReference'] === 'string' ? element['contentReference'].replace(/^[^#]*#/, '') : undefined,
    binding: bindingOf(element['binding']), fixed: choiceOf(element, 'fixed'), pattern: choiceOf(element, 'pattern'),
    slicing: isObject(element['slicing']) ? slicingOf(element['slicing']) : undefined, constraints,
    mustSupport: element['mustSupport'] === true ? true : undefined, maxLength: element['maxLength'],
    least: choiceOf(element, 'minValue'), most: choiceOf(element, 'maxValue'),
  }) as unknown as ProfileElement;
};

/** Returns the profile a StructureDefinition makes; undefined for one that is no constraint on a type. */
export const slimProfile = (source: JsonObject, guide?: string): Profile | undefined => {
  const { url, type, derivation, kind } = source;
  if (typeof url !== 'string' || typeof type !== 'string' || derivation !== 'constraint' || kind === 'logical') return undefined;
  const snapshot = isObject(source['snapshot']) ? listOf(source['snapshot']['element']) : [];
  const differential = isObject(source['differential']) ? listOf(source['differential']['element']) : [];
  const elements = (snapshot.length > 0 ? snapshot : differential).map(elementOf);
  return given({
    url, version: source['version'], status: source['status'] === 'active' ? undefined : source['status'], name: textOf(source['title']) || textOf(source['name']), type, base: textOf(source['baseDefinition']),
    contexts: listOf(source['context']).map((one) => `${textOf(one['type'])} ${textOf(one['expression'])}`),
    modifier: type === 'Extension' && snapshot[0]?.['isModifier'] === true ? true : undefined,
    elements, isSnapshot: snapshot.length > 0, guide,
  }) as unknown as Profile;
};
