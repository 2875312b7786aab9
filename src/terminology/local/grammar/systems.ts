/** Code systems that are a rule or a list of another standard (https://hl7.org/fhir/R4/terminologies-systems.html#external). */
import type { AnySystem, GrammarSystem } from '../concept-system.js';
import { makeMemorySystem } from '../memory-system.js';
import { countryCodes, currencyCodes } from './iso.js';
import { isUcum, ucumName } from './ucum.js';

const grammar = (system: Omit<GrammarSystem, 'kind' | 'version'>): (() => GrammarSystem) => () => ({ ...system, kind: 'grammar', version: undefined });

const displayNames = (type: 'language' | 'region' | 'currency', code: string, language = 'en'): string | undefined => {
  try {
    return new Intl.DisplayNames([language], { type, fallback: 'none' }).of(code);
  } catch (error) {
    // What the runtime cannot name has no display.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

const oldTags = new Set(['en-gb-oed', 'i-ami', 'i-bnn', 'i-default', 'i-enochian', 'i-hak', 'i-klingon', 'i-lux', 'i-mingo', 'i-navajo', 'i-pwn', 'i-tao', 'i-tay', 'i-tsu', 'sgn-be-fr', 'sgn-be-nl', 'sgn-ch-de']);
const tagForm = new RegExp([
  '^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})', '(?:-[a-z]{4})?', '(?:-(?:[a-z]{2}|\\d{3}))?', '(?:-(?:[a-z0-9]{5,8}|\\d[a-z0-9]{3}))*',
  '(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*', '(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)$'].join(''), 'i');
const longestTag = 100;

/** The parts of https://hl7.org/fhir/R4/valueset-languages.html#filters; each form once the parts before it are gone. */
const tagParts: readonly (readonly [name: string, form: RegExp])[] = [
  ['language', /^[a-z]{2,8}(?=-|$)/i], ['ext-lang', /^(?:-[a-z]{3}(?=-|$)){1,3}/i], ['script', /^-[a-z]{4}(?=-|$)/i], ['region', /^-(?:[a-z]{2}|\d{3})(?=-|$)/i],
  ['variant', /^(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3})(?=-|$))+/i], ['extension', /^(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+(?=-|$))+/i], ['private-use', /^-?x(?:-[a-z0-9]{1,8})+$/i],
];

const partsOf = (code: string): ReadonlySet<string> => {
  const found = new Set<string>();
  let rest = code;
  for (const [name, form] of tagParts) {
    const [text] = form.exec(rest) ?? [];
    if (text === undefined) continue;
    found.add(name);
    rest = rest.slice(text.length);
  }
  return found;
};

const languages = grammar({
  url: 'urn:ietf:bcp:47', name: 'BCP 47', form: 'a language tag such as "en" or "de-CH"',
  isValid: (code) => code.length <= longestTag && (tagForm.test(code) || oldTags.has(code.toLowerCase())),
  displayOf: (code, language) => displayNames('language', code, language),
  parts: { names: new Set(tagParts.map(([name]) => name)), of: partsOf },
});

const mediaTypes = grammar({
  url: 'urn:ietf:bcp:13', name: 'BCP 13', form: 'a media type such as "application/pdf"',
  isValid: (code) => code.length <= 255 && /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/(?:[A-Za-z0-9][\w!#$&^.+-]{0,126}|\*)(?:[ \t]*;[ \t]*[\w!#$&^.+-]+=(?:[\w!#$&^.+*'%-]+|"[^"\r\n]*"))*$/.test(code),
  displayOf: () => undefined,
});

const units = grammar({ url: 'http://unitsofmeasure.org', name: 'UCUM', form: 'a unit of UCUM such as "mg/dL"', isValid: isUcum, displayOf: ucumName });

const listed = (url: string, name: string, codes: readonly (readonly [code: string, display: string | undefined])[]): AnySystem =>
  makeMemorySystem({ resourceType: 'CodeSystem', url, name, content: 'complete', caseSensitive: true, concept: codes.map(([code, display]) => ({ code, display })) });

const countries = (): AnySystem => {
  const parts = countryCodes.map((row) => [row.slice(0, 2), row.slice(2, 5), row.slice(5)] as const);
  return listed('urn:iso:std:iso:3166', 'ISO 3166-1', [0, 1, 2].flatMap((at) => parts.map((part) => [part[at] ?? '', displayNames('region', part[0])] as const)));
};

const currencies = (): AnySystem => listed('urn:iso:std:iso:4217', 'ISO 4217', currencyCodes.map((code) => [code, displayNames('currency', code)]));

const makers: Readonly<Record<string, () => AnySystem>> = {
  'urn:ietf:bcp:47': languages, 'urn:ietf:bcp:13': mediaTypes, 'http://unitsofmeasure.org': units, 'urn:iso:std:iso:3166': countries, 'urn:iso:std:iso:4217': currencies,
};
const made = new Map<string, AnySystem>();

/** Returns the system when it is one of these, made when first asked for. */
export const builtInSystem = (url: string): AnySystem | undefined => {
  const known = made.get(url);
  if (known !== undefined) return known;
  const system = Object.hasOwn(makers, url) ? makers[url]?.() : undefined;
  if (system !== undefined) made.set(url, system);
  return system;
};

/** URLs of the systems that are known without being loaded. */
export const builtInUrls: readonly string[] = Object.keys(makers);
