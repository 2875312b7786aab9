/** Search on dates, times and periods (https://hl7.org/fhir/R4/search.html#date). */
import { dateRange, endOfTime, type TimeRange } from '../../fhir/partial-date.js';
import { compareRange, inInterval, splitPrefix, type Interval } from './compare.js';
import { itemsOf, matcher, membersOf, valueOfExtension, type Asked, type Index, type ParamType } from './param-type.js';
import { badValue, unescape } from './value-text.js';

const rangeOf = (value: unknown): TimeRange | undefined => (typeof value === 'string' ? dateRange(value) : undefined);

const indexDate: Index = (value, { entries, param }) => {
  const range = rangeOf(value);
  if (range !== undefined) entries.push({ kind: 'date', param, low: range.low, high: range.high });
};

const periodOf = (value: unknown): TimeRange | undefined => {
  const { start, end } = membersOf(value);
  const [from, to] = [rangeOf(start), rangeOf(end)];
  if (from === undefined && to === undefined) return undefined;
  return { low: from?.low ?? -endOfTime, high: to?.high ?? endOfTime };
};

const add = (range: TimeRange | undefined, { entries, param }: Parameters<Index>[1]): void => {
  if (range !== undefined) entries.push({ kind: 'date', param, low: range.low, high: range.high });
};

/** Only the outer limits of a schedule count, not what happens between them. */
const timingOf = (value: unknown): TimeRange | undefined => {
  const { event, repeat } = membersOf(value);
  const ranges = [...itemsOf(event).map(rangeOf), periodOf(membersOf(repeat)['boundsPeriod'])].filter((range) => range !== undefined);
  if (ranges.length === 0) return undefined;
  return { low: ranges.reduce((least, { low }) => Math.min(least, low), endOfTime), high: ranges.reduce((most, { high }) => Math.max(most, high), -endOfTime) };
};

const indexerOf = (type: string): Index | undefined => {
  switch (type) {
    case 'date':
    case 'dateTime':
    case 'instant':
      return indexDate;
    case 'Period':
      return (value, into) => { add(periodOf(value), into); };
    case 'Timing':
      return (value, into) => { add(timingOf(value), into); };
    default:
      return undefined;
  }
};

/** A `+` in a query that was not escaped has become a blank. */
const readRange = (text: string): TimeRange | undefined => dateRange(text.replace(/ (?=\d\d:\d\d$)/, '+'));

/** Ten percent of the distance from today, as the specification recommends, and not less than the precision of the value. */
const nearOf = ({ low, high }: TimeRange, now: number | undefined): Interval => {
  const today = now === undefined ? undefined : now - (now % 86_400_000);
  const distance = today === undefined || (low <= today && today <= high) ? 0 : Math.min(Math.abs(today - low), Math.abs(today - high));
  const slack = Math.max(high - low + 1, Math.round(distance * 0.1));
  return { low: low - slack, high: high + slack };
};

/** Returns the parsed value of a date search: prefix and interval. Throws a FhirError. */
export const parseDateValue = (text: string, name: string): readonly [ReturnType<typeof splitPrefix>[0], TimeRange] => {
  const [prefix, rest] = splitPrefix(unescape(text), name);
  const range = readRange(rest);
  if (range === undefined) throw badValue(name, text, 'it must be a date such as 2026, 2026-01, 2026-01-31 or ge2026-01-31T10:00:00Z');
  return [prefix, range];
};

/** Returns the comparison of a date search for any base predicate. */
export const compareDate = (text: string, { name, param, within, now }: Pick<Asked, 'name' | 'param' | 'within' | 'now'>): ReturnType<ParamType['compile']> => {
  const [prefix, range] = parseDateValue(text, name);
  return compareRange({
    prefix, implied: range, exact: range, near: nearOf(range, now), above: (value) => value + 1, below: (value) => value - 1,
    end: endOfTime, base: { kind: 'date', param, within },
  });
};

export const dateType: ParamType = {
  kind: 'date',
  modifiers: [],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: compareDate,
  matches: matcher((entry, predicate) => entry.kind === 'date' && predicate.op === 'range' && predicate.kind === 'date' && inInterval(entry, predicate)),
};
