/** A search plan in words, and what would make it cheaper: of what was asked alone, never of what is stored. */
import type { Predicate, RangePredicate, SearchPlan } from '../store/plan.js';

/** Returns what the plan asks for: `Observation where code is http://loinc.org|8480-6, newest date first`. */
export const describePlan = ({ types, where, sort }: SearchPlan): string => {
  const order = (sort ?? []).map(({ param, descending }) => `${param}${descending ? ' descending' : ''}`);
  return `${listed(types)}${where === undefined ? ', all of them' : ` where ${inWords(where)}`}${order.length === 0 ? '' : `, in the order of ${order.join(', ')}`}`;
};

const listed = (types: readonly string[]): string => (types.length > 6 ? `${String(types.length)} types` : types.join(', '));
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
const inner = (where: Predicate): string => (where.op === 'and' || where.op === 'or' ? `(${inWords(where)})` : inWords(where));

const inWords = (where: Predicate): string => {
  switch (where.op) {
    case 'and':
    case 'or':
      return where.of.length > 12 ? `${where.of.slice(0, 12).map(inner).join(` ${where.op} `)} ${where.op} ${String(where.of.length - 12)} more` : where.of.map(inner).join(` ${where.op} `);
    case 'not':
      return `not ${inner(where.of)}`;
    case 'id':
      return `the id is ${where.ids.slice(0, 12).join(' or ')}${where.ids.length > 12 ? ` or ${String(where.ids.length - 12)} more` : ''}`;
    case 'type':
      return `it is a ${where.types.join(' or ')}`;
    case 'updated':
      return `it was last changed ${ends(where.low === undefined ? undefined : instant(where.low), where.high === undefined ? undefined : instant(where.high))}`;
    case 'missing':
      return `${where.param} is missing`;
    case 'refers':
      return `${where.param} refers to a ${where.type}`;
    case 'text':
      return `its ${where.part} has the words ${quoted(where.words)}`;
    case 'near':
      return `it is within ${String(Math.round(where.metres))} m of ${String(where.latitude)}, ${String(where.longitude)}`;
    case 'chain':
      return `${where.param} refers to a ${where.types.join(' or ')} where ${inner(where.where)}`;
    case 'contained':
      return `it contains a ${where.type}${where.where === undefined ? '' : ` where ${inner(where.where)}`}`;
    case 'has':
      return `a ${where.type}${where.where === undefined ? '' : ` where ${inner(where.where)}`} refers to it by ${where.param}`;
    default:
      return valueInWords(where);
  }
};

type Valued = Extract<Predicate, { readonly op: 'token' | 'string' | 'range' | 'reference' | 'uri' }>;

const valueInWords = (where: Valued): string => {
  const name = where.within === undefined ? where.param : `${where.param} (with ${quoted(where.within)})`;
  switch (where.op) {
    case 'token':
      return `${name} is ${where.system === undefined ? '' : `${where.system ?? ''}|`}${where.code ?? ''}`;
    case 'string':
      return `${name} ${{ prefix: 'begins with', exact: 'is exactly', contains: 'contains', equals: 'is', ends: 'ends with' }[where.match]} ${quoted(where.text)}`;
    case 'reference':
      return `${name} refers to ${where.targets.slice(0, 3).join(' or ')}${where.targets.length > 3 ? ` or ${String(where.targets.length - 3)} more` : ''}`;
    case 'uri':
      return `${name} is ${where.match === 'exact' ? '' : `${where.match} `}${where.uri}`;
    case 'range':
      return rangeInWords(name, where);
  }
};

/** Beyond this a number stands for an open end. */
const open = 8e15;
const instant = (time: number): string => new Date(time).toISOString();

const ends = (low: string | undefined, high: string | undefined): string => {
  if (low === undefined) return high === undefined ? 'at any time' : `up to ${high}`;
  return high === undefined ? `from ${low}` : `from ${low} to ${high}`;
};

const rangeInWords = (name: string, { kind, compare, low, high, unit }: RangePredicate): string => {
  const end = (value: number): string | undefined => (Math.abs(value) > open ? undefined : kind === 'date' ? instant(value) : String(value));
  const how = { within: 'lies within', overlaps: 'reaches into', after: 'begins after', before: 'ends before' }[compare];
  const limits = compare === 'after' ? end(high) : compare === 'before' ? end(low) : ends(end(low), end(high));
  return `${name} ${how} ${limits ?? 'any'}${unit === undefined || unit === '' ? '' : ` in ${unit.split('|').at(-1) ?? ''}`}`;
};

/** Returns what would make the search cheaper; none for one that an index leads and nothing else burdens. */
export const adviseOn = ({ types, where, sort }: SearchPlan, total: 'none' | 'estimate' | 'accurate' = 'none'): string[] => {
  const advice: string[] = [];
  if (!isLed(where)) advice.push(`No index leads: every ${types.length > 1 ? 'resource of the types' : types[0] ?? ''} has to be looked at. Add a parameter that selects few, such as a patient, a code, an identifier or a date.`);
  const parts = where === undefined ? [] : flat(where);
  if (parts.some((part) => part.op === 'string' && (part.match === 'contains' || part.match === 'ends'))) advice.push(':contains looks through every indexed text; without the modifier the index leads to the texts that begin with the value.');
  if (parts.some((part) => part.op === 'chain')) advice.push('A chain looks at what is referred to; where its id is known, ask for the reference itself, such as subject=Patient/1.');
  if (parts.some((part) => part.op === 'has')) advice.push('_has looks at what refers here; searching that type with _include finds the same pairs.');
  if (parts.some((part) => part.op === 'text')) advice.push('_text and _content read each resource that the other parameters leave; add a patient, a code or a date.');
  if (parts.some((part) => part.op === 'uri' && part.match === 'below')) advice.push(':below looks through every URL that begins so; the URL itself is one look-up.');
  if (types.length > 1) advice.push('Each type is searched by itself; name fewer with _type.');
  if (sort !== undefined && sort.length > 1) advice.push('Several sort keys keep more in hand; the first alone follows an index where it can.');
  if (total === 'accurate') advice.push('_total=accurate counts every match; leave it out or ask for _total=estimate.');
  return advice;
};

const flat = (where: Predicate): Predicate[] => {
  switch (where.op) {
    case 'and':
    case 'or':
      return where.of.flatMap(flat);
    case 'not':
      return flat(where.of);
    case 'contained':
      return where.where === undefined ? [] : flat(where.where);
    default:
      return [where];
  }
};

/** Whether an index can lead to what satisfies the predicate. */
const isLed = (where: Predicate | undefined): boolean => {
  if (where === undefined) return false;
  switch (where.op) {
    case 'and':
      return where.of.some(isLed);
    case 'or':
      return where.of.every(isLed);
    case 'not':
    case 'missing':
    case 'refers':
    case 'type':
    case 'text':
      return false;
    // Codes are indexed, and the codes of each system are listed.
    case 'token':
      return where.code !== undefined || (where.system !== undefined && where.system !== null);
    default:
      return true;
  }
};
