/**
 * The values of primitive types (https://hl7.org/fhir/R4/datatypes.html#primitive). White space is that of ASCII, as
 * the formats mean it, not that of JavaScript's `\s`, which holds U+00A0 too.
 */
import { isWellFormedNarrative } from './narrative/check.js';

export type PrimitiveCheck = (value: unknown) => boolean;

const longestText = 1024 * 1024;
const mostInteger = 2147483647;

/** "Strings SHALL NOT contain Unicode character points below 32, except for u0009 (horizontal tab), u000D (carriage return) and u000A (line feed)"; XML has no way to write them. */
const control = /[^\P{Cc}\t\n\r\u007f-\u009f]/u;
const isText: PrimitiveCheck = (value) => typeof value === 'string' && value !== '' && value.length <= longestText && !control.test(value);
const noSpace = /^[^ \t\r\n\v\f]+$/;
const isUri: PrimitiveCheck = (value) => typeof value === 'string' && noSpace.test(value) && !control.test(value);
const fits = (form: RegExp): PrimitiveCheck => (value) => typeof value === 'string' && form.test(value);
const isInteger = (least: number): PrimitiveCheck => (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= mostInteger;

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** Returns whether a text that begins with YYYY-MM-DD names a day there is. */
const isDay = (text: string): boolean => Number(text.slice(8, 10)) <= daysIn(Number(text.slice(0, 4)), Number(text.slice(5, 7)));

const day = '(?!0000)\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const zone = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';
const partialForm = /^(?!0000)\d{4}(?:-(?:0[1-9]|1[0-2]))?$/;
const dayForm = new RegExp(`^${day}$`);
const momentForm = new RegExp(`^${day}T${clock}${zone}$`);

const isDate: PrimitiveCheck = (value) => typeof value === 'string' && (dayForm.test(value) ? isDay(value) : partialForm.test(value));
const isInstant: PrimitiveCheck = (value) => typeof value === 'string' && momentForm.test(value) && isDay(value);
const isDateTime: PrimitiveCheck = (value) => isInstant(value) || isDate(value);

const base64Form = /^[A-Za-z0-9+/]+={0,2}$/;
const isBase64: PrimitiveCheck = (value) => {
  if (typeof value !== 'string') return false;
  const packed = /[ \t\r\n]/.test(value) ? value.replace(/[ \t\r\n]+/g, '') : value;
  return packed.length % 4 === 0 && base64Form.test(packed);
};

const oldTags = new Set(['en-gb-oed', 'i-ami', 'i-bnn', 'i-default', 'i-enochian', 'i-hak', 'i-klingon', 'i-lux', 'i-mingo', 'i-navajo', 'i-pwn', 'i-tao', 'i-tay', 'i-tsu', 'sgn-be-fr', 'sgn-be-nl', 'sgn-ch-de']);
const tagForm = new RegExp([
  '^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})', '(?:-[a-z]{4})?', '(?:-(?:[a-z]{2}|\\d{3}))?', '(?:-(?:[a-z0-9]{5,8}|\\d[a-z0-9]{3}))*',
  '(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*', '(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)$'].join(''), 'i');
const longestTag = 100;
const isLanguage: PrimitiveCheck = (value) => typeof value === 'string' && value.length <= longestTag && (tagForm.test(value) || oldTags.has(value.toLowerCase()));

/** By the names the definitions use, and three codes whose code system is a grammar or a list kept elsewhere. */
export const primitives: Readonly<Record<string, PrimitiveCheck>> = {
  base64Binary: isBase64,
  boolean: (value) => value === true || value === false,
  canonical: isUri,
  code: fits(/^[^ \t\r\n\v\f]+(?:[ \t\r\n][^ \t\r\n\v\f]+)*$/),
  date: isDate,
  dateTime: isDateTime,
  decimal: (value) => Number.isFinite(value),
  id: fits(/^[A-Za-z0-9.-]{1,64}$/),
  instant: isInstant,
  integer: isInteger(-mostInteger - 1),
  markdown: isText,
  oid: fits(/^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/),
  positiveInt: isInteger(1),
  string: isText,
  time: fits(new RegExp(`^${clock}$`)),
  unsignedInt: isInteger(0),
  uri: isUri,
  url: isUri,
  uuid: fits(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  xhtml: isWellFormedNarrative,
  language: isLanguage,
  currency: fits(/^[A-Z]{3}$/),
  mimetype: fits(/^(?:[A-Za-z0-9][\w!#$&^.+-]*\/[^ \t\r\n,;]+(?:[ \t]*;[^\r\n]*)?|xml|json|ttl)$/),
};

/** What a value of each type must look like, in words for a message. */
export const primitiveForms: Readonly<Record<string, string>> = {
  base64Binary: 'base64: A-Z, a-z, 0-9, "+", "/", padded with "=" to a multiple of 4',
  boolean: 'true or false, without quotes',
  canonical: 'a canonical URL without white space',
  code: 'a code: no white space at its ends, none doubled',
  date: 'a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD',
  dateTime: 'a date of the calendar (YYYY, YYYY-MM, YYYY-MM-DD), or with time, seconds and zone: YYYY-MM-DDThh:mm:ss+zz:zz',
  decimal: 'a number, without quotes',
  id: '1 to 64 characters of A-Z, a-z, 0-9, "-" and "."',
  instant: 'a moment with seconds and zone: YYYY-MM-DDThh:mm:ss.sss+zz:zz',
  integer: 'a whole number of -2147483648 to 2147483647, without quotes',
  markdown: 'a text that is not empty, of at most 1,048,576 characters, no control character among them but tab and line ends',
  oid: 'an OID as a URI: urn:oid:1.2.3',
  positiveInt: 'a whole number of 1 to 2147483647, without quotes',
  string: 'a text that is not empty, of at most 1,048,576 characters, no control character among them but tab and line ends',
  time: 'a time of day: hh:mm:ss',
  unsignedInt: 'a whole number of 0 to 2147483647, without quotes',
  uri: 'a URI without white space',
  url: 'a URL without white space',
  uuid: 'a UUID as a URI, in lower case: urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
  xhtml: 'XHTML in a <div xmlns="http://www.w3.org/1999/xhtml">',
  language: 'a language tag of BCP 47: "en", "de-CH"',
  currency: 'a currency code of ISO 4217: "EUR"',
  mimetype: 'a media type: "application/pdf"',
};
