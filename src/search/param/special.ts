/**
 * Parameters with rules of their own (https://hl7.org/fhir/R4/search.html#special): `_id` and `_lastUpdated`, which the
 * store knows without an index, `_list`, those that look into texts, `near`, and those that are refused.
 */
import { FhirError } from '../../core/error.js';
import { isId } from '../../core/id.js';
import type { Predicate } from '../../store/plan.js';
import { compareDate } from './date.js';
import type { Asked } from './param-type.js';
import { compileNear } from './near.js';
import { compileText } from './text-query.js';
import { badValue, shown, unescape } from './value-text.js';

type Compile = (text: string, asked: Asked) => Predicate;

/** A resource has one `lastUpdated`: intervals become one open or closed stretch of time. */
const toUpdated = (predicate: Predicate): Predicate => {
  if (predicate.op === 'or') return { op: 'or', of: predicate.of.map(toUpdated) };
  if (predicate.op !== 'range') return predicate;
  switch (predicate.compare) {
    case 'after':
      return { op: 'updated', low: predicate.high + 1 };
    case 'before':
      return { op: 'updated', high: predicate.low - 1 };
    default:
      return { op: 'updated', low: Math.abs(predicate.low) >= 8.64e15 ? undefined : predicate.low, high: Math.abs(predicate.high) >= 8.64e15 ? undefined : predicate.high };
  }
};

const compileUpdated: Compile = (text, asked) => {
  const predicate = toUpdated(compareDate(text, asked));
  const starts = /^(ge|le)/.exec(text)?.[1];
  if (predicate.op !== 'or' || starts === undefined) return predicate;
  // The two halves of ge and le meet for an instant.
  const bounds = predicate.of.flatMap((part) => (part.op === 'updated' ? [part] : []));
  const [lows, highs] = [bounds.map(({ low }) => low).filter((low) => low !== undefined), bounds.map(({ high }) => high).filter((high) => high !== undefined)];
  return starts === 'ge' ? { op: 'updated', low: Math.min(...lows) } : { op: 'updated', high: Math.max(...highs) };
};

const compileId: Compile = (text, { name }) => {
  const id = unescape(text);
  if (!isId(id)) throw badValue(name, text, 'it must be an id: 1 to 64 of A-Z a-z 0-9 - and dot');
  return { op: 'id', ids: [id] };
};

/** `_list=42`: what the List with that id names. */
const compileList: Compile = (text, asked) => {
  const id = unescape(text);
  if (!isId(id)) throw badValue(asked.name, text, 'it must be the id of a List; functional lists such as $current-problems are not supported');
  return { op: 'has', type: 'List', param: 'item', where: { op: 'id', ids: [id] } };
};

const compilers: Readonly<Record<string, Compile>> = {
  _id: compileId, _lastUpdated: compileUpdated, _list: compileList, near: compileNear,
  _text: (text, { name }) => compileText(unescape(text), name, 'narrative'),
  _content: (text, { name }) => compileText(unescape(text), name, 'content'),
};

/** Returns how a parameter with rules of its own is compiled; undefined for all others. */
export const specialCompiler = (code: string): Compile | undefined => (Object.hasOwn(compilers, code) ? compilers[code] : undefined);

const refused: Readonly<Record<string, string>> = {
  _query: 'this server has no named queries',
};

/** Returns the error for a parameter that R4 defines and this server does not search. */
export const refuseSpecial = (code: string, name: string): FhirError =>
  new FhirError('unknown-parameter', `${shown(name)} cannot be searched here: ${refused[code] ?? 'its definition has no expression that this server can index'}.`, { location: `http.${shown(name)}` });
