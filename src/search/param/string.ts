/** Search on text, case- and accent-insensitive (https://hl7.org/fhir/R4/search.html#string). */
import { searchText } from '../../core/fold.js';
import { isPrimitive } from '../../fhir/definitions.js';
import type { IndexEntry } from '../../store/index-entry.js';
import type { StringMatch } from '../../store/plan.js';
import { itemsOf, matcher, membersOf, textIn, valueOfExtension, type Index, type ParamType } from './param-type.js';
import { badValue, unescape } from './value-text.js';

const indexText: Index = (value, { entries, param }) => {
  const text = textIn(value);
  if (text !== undefined) entries.push({ kind: 'string', param, text, folded: searchText(text) });
};

/** Each part is an entry of its own: a search for a family name must not have to begin with the prefix. */
const indexParts = (parts: readonly string[]): Index => (value, into) => {
  const members = membersOf(value);
  for (const part of parts) {
    const inner = members[part];
    if (inner === undefined) continue;
    if (Array.isArray(inner)) for (const item of inner as unknown[]) indexText(item, into);
    else indexText(inner, into);
  }
};

const indexConcept: Index = (value, into) => {
  const { text, coding } = membersOf(value);
  indexText(text, into);
  for (const item of itemsOf(coding)) indexText(membersOf(item)['display'], into);
};

const parts: Readonly<Record<string, Index>> = {
  HumanName: indexParts(['text', 'family', 'given', 'prefix', 'suffix']),
  Address: indexParts(['text', 'line', 'city', 'district', 'state', 'postalCode', 'country']),
  ContactPoint: indexParts(['value']),
  Coding: indexParts(['display']),
  CodeableConcept: indexConcept,
  Annotation: indexParts(['text']),
};

const indexerOf = (type: string): Index | undefined => parts[type] ?? (isPrimitive(type) ? indexText : undefined);

export const stringType: ParamType = {
  kind: 'string',
  modifiers: ['exact', 'contains'],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (value, { name, param, within, modifier }) => {
    const text = unescape(value);
    if (modifier === 'exact') return { op: 'string', param, within, match: 'exact', text };
    const folded = searchText(text);
    if (folded === '') throw badValue(name, value, 'it must have at least one character that is not a blank');
    return { op: 'string', param, within, match: modifier === 'contains' ? 'contains' : 'prefix', text: folded };
  },
  matches: matcher((entry, predicate) => entry.kind === 'string' && predicate.op === 'string' && isTextMatch(entry, predicate.match, predicate.text)),
};

const isTextMatch = (entry: Extract<IndexEntry, { kind: 'string' }>, match: StringMatch, text: string): boolean => {
  switch (match) {
    case 'exact':
      return entry.text === text;
    case 'prefix':
      return entry.folded.startsWith(text);
    case 'contains':
      return entry.folded.includes(text);
    case 'equals':
      return entry.folded === text;
    case 'ends':
      return entry.folded.endsWith(text);
  }
};
