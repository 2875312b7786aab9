/**
 * What the generated schema code calls (scripts/schemas/keywords.ts): values to booleans, as fast as can be. Messages
 * are made elsewhere, and only for what failed. JSON format: https://hl7.org/fhir/R4/json.html
 */
import { codesOf, isResourceType } from '../fhir/definitions.js';
import { primitives, type PrimitiveCheck } from './primitive.js';

export type JsonObject = Readonly<Record<string, unknown>>;
export type Check = (value: unknown) => boolean;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns whether it is an array of primitives, and right: `null` stands only where the sibling array has an element. */
export const list = (values: unknown, siblings: unknown, isGood: PrimitiveCheck): boolean => {
  if (!Array.isArray(values)) return false;
  const beside = Array.isArray(siblings) ? (siblings as readonly unknown[]) : undefined;
  if (siblings !== undefined && beside?.length !== values.length) return false;
  for (let index = 0; index < values.length; index += 1) {
    const value: unknown = values[index];
    if (value === null ? !isObject(beside?.[index]) : !isGood(value)) return false;
  }
  return true;
};

/** Returns whether a `_name` is an element; one with an id alone stands only beside a value (ele-1). */
export const makeBeside = (isElement: Check) => (sibling: unknown, value: unknown): boolean => isElement(sibling) && (value !== undefined || content(sibling));

/** Returns whether it is an array of `_name` that has elements, or `null` where the value stands alone. */
export const makeSiblings = (isElement: Check) => (siblings: unknown, values: unknown): boolean => {
  if (!Array.isArray(siblings)) return false;
  const beside = Array.isArray(values) ? (values as readonly unknown[]) : undefined;
  if (values !== undefined && beside?.length !== siblings.length) return false;
  let found = false;
  for (let index = 0; index < siblings.length; index += 1) {
    const sibling: unknown = siblings[index];
    if (sibling === null) {
      if (beside?.[index] === undefined || beside[index] === null) return false;
    } else {
      const hasValue = beside?.[index] !== undefined && beside[index] !== null;
      if (!isElement(sibling) || (!hasValue && !content(sibling))) return false;
      found = true;
    }
  }
  return found;
};

/** Returns whether an element has anything beside an id (ele-1). */
export const content = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  for (const key in value) if (key !== 'id') return true;
  return false;
};

/** Returns whether an extension has either a value or extensions (ext-1). */
export const extensionForm = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  let hasValue = false;
  for (const key in value) {
    if (key.startsWith('value') || key.startsWith('_value')) {
      hasValue = true;
      break;
    }
  }
  return hasValue !== (value['extension'] !== undefined);
};

const small = (code: number): boolean => code >= 97 && code <= 122;

/** Returns whether at most one type of `name[x]`, and at least `least`, is there. Other elements never begin like it. */
export const choice = (value: JsonObject, name: string, least: number): boolean => {
  let found = '';
  for (const key in value) {
    const bare = key.charCodeAt(0) === 95 ? key.slice(1) : key;
    if (!bare.startsWith(name) || bare.length === name.length || small(bare.charCodeAt(name.length))) continue;
    if (found !== '' && found !== bare) return false;
    found = bare;
  }
  return least === 0 || found !== '';
};

const restForm = /^(?:https?:\/\/.+\/)?([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/** Returns the type a reference names; undefined for a logical, contained or opaque one. */
export const namedType = ({ reference, type }: JsonObject): string | undefined => {
  const told = typeof reference === 'string' ? restForm.exec(reference)?.[1] : undefined;
  if (told !== undefined && isResourceType(told)) return told;
  return typeof type === 'string' && isResourceType(type) ? type : undefined;
};

/** Returns whether a Reference may point where it points. */
export const target = (value: unknown, targets: ReadonlySet<string>): boolean => {
  if (!isObject(value)) return false;
  const type = namedType(value);
  return type === undefined || targets.has(type);
};

const noCodes: ReadonlySet<string> = new Set();
export const codes = (valueSet: string): ReadonlySet<string> => codesOf(valueSet) ?? noCodes;

/** Returns whether a CodeableConcept has a coding of a required value set. */
export const concept = (value: unknown, allowed: ReadonlySet<string>): boolean => {
  const coding: unknown = isObject(value) ? value['coding'] : undefined;
  return Array.isArray(coding) && coding.some((one: unknown) => isObject(one) && allowed.has(`${String(one['system'])}|${String(one['code'])}`));
};

/** Returns the functions that are the same for every type. */
export const commonChecks = (): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(primitives).map(([name, check]) => [`is_${name}`, check])),
  list, content, extensionForm, choice, target, codes, concept,
  isCodeOf: (valueSet: string): PrimitiveCheck => {
    const allowed = codes(valueSet);
    return (value) => typeof value === 'string' && allowed.has(value);
  },
});
