/** Search on numbers (https://hl7.org/fhir/R4/search.html#number). */
import { compareRange, inInterval, splitPrefix } from './compare.js';
import { endOfNumbers, impliedInterval, nearInterval, numberAbove, numberBelow, parseDecimal } from './decimal.js';
import { matcher, membersOf, valueOfExtension, type Index, type ParamType } from './param-type.js';
import { badValue, unescape } from './value-text.js';

const numeric = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);
const quantities = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'Money']);

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const indexNumber: Index = (value, { entries, param }) => {
  if (isNumber(value)) entries.push({ kind: 'number', param, low: value, high: value });
};

const indexRange: Index = (value, { entries, param }) => {
  const [low, high] = [membersOf(membersOf(value)['low'])['value'], membersOf(membersOf(value)['high'])['value']];
  if (isNumber(low) || isNumber(high)) entries.push({ kind: 'number', param, low: isNumber(low) ? low : -endOfNumbers, high: isNumber(high) ? high : endOfNumbers });
};

const indexerOf = (type: string): Index | undefined => {
  if (numeric.has(type)) return indexNumber;
  if (quantities.has(type)) return (value, into) => { indexNumber(membersOf(value)['value'], into); };
  return type === 'Range' ? indexRange : undefined;
};

export const numberType: ParamType = {
  kind: 'number',
  modifiers: [],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (text, { name, param, within }) => {
    const [prefix, rest] = splitPrefix(unescape(text), name);
    const decimal = parseDecimal(rest);
    if (decimal === undefined) throw badValue(name, text, 'it must be a number such as 100, 5.40 or le1e-3');
    const { value } = decimal;
    return compareRange({
      prefix, implied: impliedInterval(decimal), exact: { low: value, high: value }, near: nearInterval(value),
      above: numberAbove, below: numberBelow, end: endOfNumbers, base: { kind: 'number', param, within },
    });
  },
  matches: matcher((entry, predicate) => entry.kind === 'number' && predicate.op === 'range' && predicate.kind === 'number' && inInterval(entry, predicate)),
};
