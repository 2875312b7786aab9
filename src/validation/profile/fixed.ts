/** fixed[x] and pattern[x] (https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_). */
import { sameJson } from '../../fhir/expression/compare.js';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns whether a value is exactly the fixed one. */
export const isFixed = sameJson;

/** Returns whether a value has everything a pattern has; items of an array in any order. */
export const meetsPattern = (value: unknown, pattern: unknown): boolean => {
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.every((part) => value.some((item) => meetsPattern(item, part)));
  if (isObject(pattern)) return isObject(value) && Object.entries(pattern).every(([name, part]) => meetsPattern(value[name], part));
  return value === pattern;
};

/** Returns the values at a path of names inside of a fixed value or pattern. */
export const partsOf = (value: unknown, names: readonly string[]): readonly unknown[] => {
  const [name, ...rest] = names;
  if (Array.isArray(value)) return value.flatMap((item) => partsOf(item, names));
  if (name === undefined) return value === undefined ? [] : [value];
  return isObject(value) ? partsOf(value[name], rest) : [];
};
