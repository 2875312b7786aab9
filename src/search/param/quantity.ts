/** Search on quantities, with units compared through UCUM (https://hl7.org/fhir/R4/search.html#quantity). */
import type { QuantityEntry } from '../../store/index-entry.js';
import type { Predicate } from '../../store/plan.js';
import { canonicalUnit, ucumSystem, type CanonicalUnit } from '../ucum.js';
import { compareRange, inInterval, splitPrefix, type Interval } from './compare.js';
import { endOfNumbers, nearInterval, numberAbove, numberBelow, parseDecimal, type Decimal } from './decimal.js';
import { matcher, membersOf, textIn, valueOfExtension, type Asked, type Index, type Into, type ParamType } from './param-type.js';
import { badValue, splitAt, unescape } from './value-text.js';

const currencySystem = 'urn:iso:std:iso:4217';

interface Sent {
  readonly low: number;
  readonly high: number;
  readonly system: string | undefined;
  readonly code: string | undefined;
  readonly unit: string | undefined;
}

/**
 * Under the code of the parameter: as sent, for searches without a unit (`''`) and by unit alone (`|mg`). Under
 * `code:canonical`: in UCUM base units, or by `system|code` where there are none; that is what units and sorting use.
 */
const add = ({ entries, param }: Into, { low, high, system, code, unit }: Sent): void => {
  const push = (name: string, from: number, to: number, text: string): void => {
    entries.push({ kind: 'quantity', param: name, low: from, high: to, unit: text });
  };
  push(param, low, high, '');
  if (code !== undefined) push(param, low, high, `|${code}`);
  if (unit !== undefined && unit !== code) push(param, low, high, `|${unit}`);
  const canonical = system === ucumSystem && code !== undefined ? canonicalUnit(code) : undefined;
  if (canonical === undefined) {
    push(`${param}:canonical`, low, high, system === undefined ? `|${code ?? unit ?? ''}` : `${system}|${code ?? ''}`);
    return;
  }
  const ends = convert({ low, high }, canonical);
  push(`${param}:canonical`, ends.low, ends.high, `${ucumSystem}|${canonical.unit}`);
};

const convert = ({ low, high }: Interval, { toBase }: CanonicalUnit): Interval => {
  const end = (value: number): number => (Math.abs(value) >= endOfNumbers ? value : toBase(value));
  return { low: end(low), high: end(high) };
};

/** `<5` covers everything below 5. */
const intervalOf = (value: number, comparator: unknown): Interval => {
  switch (comparator) {
    case '<':
      return { low: -endOfNumbers, high: numberBelow(value) };
    case '<=':
      return { low: -endOfNumbers, high: value };
    case '>':
      return { low: numberAbove(value), high: endOfNumbers };
    case '>=':
      return { low: value, high: endOfNumbers };
    default:
      return { low: value, high: value };
  }
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const unitOf = (value: unknown): Pick<Sent, 'system' | 'code' | 'unit'> => {
  const { system, code, unit } = membersOf(value);
  return { system: textIn(system), code: textIn(code), unit: textIn(unit) };
};

const indexQuantity: Index = (quantity, into) => {
  const { value, comparator } = membersOf(quantity);
  if (isNumber(value)) add(into, { ...intervalOf(value, comparator), ...unitOf(quantity) });
};

const indexMoney: Index = (money, into) => {
  const { value, currency } = membersOf(money);
  if (isNumber(value)) add(into, { low: value, high: value, system: currencySystem, code: textIn(currency), unit: undefined });
};

const indexRange: Index = (range, into) => {
  const { low, high } = membersOf(range);
  const [from, to] = [membersOf(low)['value'], membersOf(high)['value']];
  if (!isNumber(from) && !isNumber(to)) return;
  add(into, { low: isNumber(from) ? from : -endOfNumbers, high: isNumber(to) ? to : endOfNumbers, ...unitOf(isNumber(from) ? low : high) });
};

const quantities = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration']);
const indexerOf = (type: string): Index | undefined => {
  if (quantities.has(type)) return indexQuantity;
  if (type === 'Money') return indexMoney;
  return type === 'Range' ? indexRange : undefined;
};

export const quantityType: ParamType = {
  kind: 'quantity',
  modifiers: [],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (text, asked) => {
    const [number = '', system, code, ...more] = splitAt(text, '|').map(unescape);
    const [prefix, rest] = splitPrefix(number, asked.name);
    const decimal = parseDecimal(rest);
    const complete = system === undefined || (code !== undefined && code !== '');
    if (decimal === undefined || !complete || more.length > 0) throw badValue(asked.name, text, 'it must be a number, number|system|code or number||unit, such as 5.4||mg');
    return compare(decimal, prefix, target(asked, system, code));
  },
  matches: matcher((entry, predicate) =>
    entry.kind === 'quantity' && predicate.op === 'range' && predicate.kind === 'quantity' && (predicate.unit ?? entry.unit) === entry.unit && inInterval(entry, predicate)),
};

interface Target {
  readonly base: { readonly kind: 'quantity'; readonly param: string; readonly within?: string | undefined; readonly unit: string };
  readonly canonical?: CanonicalUnit | undefined;
}

const target = ({ param, within }: Asked, system: string | undefined, code: string | undefined): Target => {
  if (code === undefined) return { base: { kind: 'quantity', param, within, unit: '' } };
  if (system === '') return { base: { kind: 'quantity', param, within, unit: `|${code}` } };
  const canonical = system === ucumSystem ? canonicalUnit(code) : undefined;
  return { base: { kind: 'quantity', param: `${param}:canonical`, within, unit: canonical === undefined ? `${system ?? ''}|${code}` : `${ucumSystem}|${canonical.unit}` }, canonical };
};

const compare = ({ value, from, to }: Decimal, prefix: Parameters<typeof compareRange>[0]['prefix'], { base, canonical }: Target): Predicate => {
  const convertOne = canonical?.toBase ?? ((number: number) => number);
  const near = nearInterval(value);
  const exact = convertOne(value);
  return compareRange({
    prefix, implied: { low: convertOne(from), high: numberBelow(convertOne(to)) }, exact: { low: exact, high: exact },
    near: { low: convertOne(near.low), high: convertOne(near.high) }, above: numberAbove, below: numberBelow, end: endOfNumbers, base,
  });
};

export type { QuantityEntry };
