/** Search on codes, identifiers and other exact values (https://hl7.org/fhir/R4/search.html#token). */
import { FhirError } from '../../core/error.js';
import { searchText } from '../../core/fold.js';
import { isPrimitive } from '../../fhir/definitions.js';
import type { Predicate } from '../../store/plan.js';
import { itemsOf, matcher, membersOf, textIn, valueOfExtension, type Asked, type Index, type Into, type ParamType } from './param-type.js';
import { anyOf } from '../predicate.js';
import { badValue, shown, splitAt, unescape } from './value-text.js';

const add = ({ entries, param }: Into, system: string | undefined, code: string | undefined): void => {
  entries.push({ kind: 'token', param, system, code });
};

const addText = ({ entries, param }: Into, value: unknown): void => {
  const text = textIn(value);
  if (text !== undefined) entries.push({ kind: 'string', param: `${param}:text`, text, folded: searchText(text) });
};

const indexCoding: Index = (value, into) => {
  const { system, code, display } = membersOf(value);
  const [systemText, codeText] = [textIn(system), textIn(code)];
  if (systemText !== undefined || codeText !== undefined || display !== undefined) add(into, systemText, codeText);
  addText(into, display);
};

const indexConcept: Index = (value, into) => {
  const { coding, text } = membersOf(value);
  const before = into.entries.length;
  for (const item of itemsOf(coding)) indexCoding(item, into);
  addText(into, text);
  if (into.entries.length === before + 1 && into.entries[before]?.kind === 'string') add(into, undefined, undefined);
};

const indexIdentifier: Index = (value, into) => {
  const { system, value: code, type } = membersOf(value);
  const [systemText, codeText] = [textIn(system), textIn(code)];
  if (systemText === undefined && codeText === undefined) return;
  add(into, systemText, codeText);
  if (type === undefined) return;
  const { coding, text } = membersOf(type);
  addText(into, text);
  for (const item of itemsOf(coding)) {
    const { system: typeSystem, code: typeCode } = membersOf(item);
    if (codeText === undefined || textIn(typeCode) === undefined) continue;
    into.entries.push({ kind: 'token', param: `${into.param}:of-type`, system: undefined, code: ofType(textIn(typeSystem) ?? '', String(typeCode), codeText) });
  }
};

const ofType = (system: string, code: string, value: string): string => `${system}|${code}|${value}`;

/** Also in lower case: "If the underlying data type is string then the search is not case sensitive." */
const indexString: Index = (value, into) => {
  const code = textIn(value);
  if (code === undefined) return;
  add(into, undefined, code);
  if (code !== code.toLowerCase()) add(into, undefined, code.toLowerCase());
};

/** Who searches for an e-mail address seldom knows how it was typed. */
const indexContactPoint: Index = (value, into) => { indexString(membersOf(value)['value'], into); };

/** A media type is found without its parameters too, by `:below`. */
const indexCode: Index = (value, into) => {
  indexPrimitive(value, into);
  const base = typeof value === 'string' ? baseOfMedia(value) : undefined;
  if (base !== undefined) into.entries.push({ kind: 'token', param: `${into.param}:below`, system: undefined, code: base });
};

const baseOfMedia = (text: string): string | undefined => /^([^\s;/]+\/[^\s;/]+)\s*;/.exec(text)?.[1]?.toLowerCase();

const indexPrimitive: Index = (value, into) => {
  if (typeof value === 'string' ? value !== '' : typeof value === 'boolean' || typeof value === 'number') add(into, undefined, String(value));
};

const indexMoney: Index = (value, into) => { indexPrimitive(membersOf(value)['currency'], into); };
const indexQuantity: Index = (value, into) => {
  const { system, code, unit } = membersOf(value);
  if (textIn(code) !== undefined || textIn(unit) !== undefined) add(into, textIn(system), textIn(code) ?? textIn(unit));
};
const indexReference: Index = (value, into) => {
  const { identifier, reference } = membersOf(value);
  if (textIn(reference) !== undefined) add(into, undefined, textIn(reference));
  indexIdentifier(identifier, into);
};

const indexes: Readonly<Record<string, Index>> = {
  Coding: indexCoding, CodeableConcept: indexConcept, Identifier: indexIdentifier, ContactPoint: indexContactPoint,
  code: indexCode, string: indexString, Money: indexMoney, Quantity: indexQuantity, Reference: indexReference,
};

const indexerOf = (type: string): Index | undefined => indexes[type] ?? (isPrimitive(type) ? indexPrimitive : undefined);

export const tokenType: ParamType = {
  kind: 'token',
  modifiers: ['not', 'text', 'of-type', 'in', 'not-in', 'above', 'below'],
  indexer: ({ type }) => (type === 'Extension' ? valueOfExtension(indexerOf) : indexerOf(type)),
  compile: (text, asked) => {
    const { param, name, within, modifier } = asked;
    if (modifier === 'below' && asked.traits?.has('media-type') === true) return compileMedia(text, asked);
    if (modifier === 'in' || modifier === 'below' || modifier === 'above') return compileCodes(text, modifier, asked);
    if (modifier === 'text') {
      const folded = searchText(unescape(text));
      if (folded === '') throw badValue(name, text, 'it must have at least one character that is not a blank');
      return { op: 'string', param: `${param}:text`, within, match: 'prefix', text: folded };
    }
    if (modifier === 'of-type') return compileOfType(text, asked);
    return compileToken(text, asked);
  },
  matches: matcher((entry, predicate) => {
    if (predicate.op === 'string') return entry.kind === 'string' && entry.folded.startsWith(predicate.text);
    if (entry.kind !== 'token' || predicate.op !== 'token') return false;
    const sameSystem = predicate.system === undefined || (predicate.system === null ? entry.system === undefined : entry.system === predicate.system);
    return sameSystem && (predicate.code === undefined || predicate.code === entry.code);
  }),
};

/** Returns system (null: none, undefined: any) and code of a token value; throws for one that names neither. */
export const parseToken = (text: string, name: string): { readonly system: string | null | undefined; readonly code: string | undefined } => {
  const [first = '', second, ...more] = splitAt(text, '|').map(unescape);
  if (second === undefined) {
    if (first === '') throw badValue(name, text, 'it must be code, system|code, |code or system|');
    return { system: undefined, code: first };
  }
  // A bar inside of a code should have been escaped; what is meant is still plain.
  const code = [second, ...more].join('|');
  if (first === '' && code === '') throw badValue(name, text, 'it must be code, system|code, |code or system|');
  return { system: first === '' ? null : first, code: code === '' ? undefined : code };
};

const compileToken = (text: string, asked: Asked): Predicate => {
  const token = parseToken(text, asked.name);
  const lower = token.code?.toLowerCase();
  if (asked.traits?.has('caseless') !== true || lower === token.code) return tokenOf(token, asked);
  return anyOf([tokenOf(token, asked), tokenOf({ ...token, code: lower }, asked)]);
};

/** A media type, whatever parameters it has. */
const compileMedia = (text: string, asked: Asked): Predicate => {
  const { system, code } = parseToken(text, asked.name);
  if (code === undefined) throw badValue(asked.name, text, ':below takes a media type, such as text/xml');
  const { param, within } = asked;
  return anyOf([tokenOf({ system, code }, asked), { op: 'token', param: `${param}:below`, within, system: undefined, code: code.toLowerCase() }]);
};

const tokenOf = ({ system, code }: ReturnType<typeof parseToken>, { param, within, systems }: Asked): Predicate => {
  const exact: Predicate = { op: 'token', param, within, system, code };
  if (typeof system !== 'string' || !systems.has(system)) return exact;
  // Elements of type code and boolean have no system of their own: the binding implies it.
  return { op: 'or', of: [exact, { op: 'token', param, within, system: null, code }] };
};

/** Each code of the set is an alternative. */
const compileCodes = (text: string, modifier: 'in' | 'below' | 'above', asked: Asked): Predicate => {
  const { name, codes } = asked;
  if (codes === undefined) throw new FhirError('unsupported-modifier', `:${modifier} cannot be used here: ${shown(name)} must say which codes it means.`, { location: `http.${shown(name)}` });
  if (modifier === 'in') return anyOf(codes({ kind: 'in', valueSet: unescape(text) }, name).map((one) => tokenOf(one, asked)));
  const { system = onlyOf(asked.systems), code } = parseToken(text, name);
  if (typeof system !== 'string' || code === undefined) throw badValue(name, text, `:${modifier} takes system|code: codes have their place in the hierarchy of one system`);
  return anyOf(codes({ kind: modifier, system, code }, name).map((one) => tokenOf(one, asked)));
};

const onlyOf = (systems: ReadonlySet<string>): string | undefined => (systems.size === 1 ? [...systems][0] : undefined);

const compileOfType = (text: string, { param, name, within }: Asked): Predicate => {
  const [system = '', code = '', value = '', ...more] = splitAt(text, '|').map(unescape);
  if (system === '' || code === '' || value === '' || more.length > 0) throw badValue(name, text, ':of-type takes system|code|value: the type of the identifier and its value');
  return { op: 'token', param: `${param}:of-type`, within, system: undefined, code: ofType(system, code, value) };
};
