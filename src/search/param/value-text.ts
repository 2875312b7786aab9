/** Escapes and separators of search values (https://hl7.org/fhir/R4/search.html#escaping), and how wrong ones are refused. */
import { FhirError } from '../../core/error.js';

/** Returns the parts between unescaped separators, their escapes still in them. */
export const splitAt = (text: string, separator: ',' | '$' | '|'): string[] => {
  if (!text.includes('\\')) return text.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
};

/** Returns the text with `\,` `\|` `\$` `\\` read. */
export const unescape = (text: string): string => (text.includes('\\') ? text.replace(/\\([,|$\\])/g, '$1') : text);

/** Whether a backslash stands before what it does not escape: "the parameter value `xx\\xx` is illegal". */
export const hasStrayEscape = (text: string): boolean => text.includes('\\') && text.replace(/\\[,|$\\]/g, '').includes('\\');

/** Returns the name as it may be shown: what a client sends can be of any length. */
export const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

/** Returns the error for a value that cannot be read; `form` says what it should look like. */
export const badValue = (name: string, value: string, form: string): FhirError =>
  new FhirError('invalid-parameter', `"${shown(value)}" is not a value of the search parameter ${shown(name)}: ${form}${form.endsWith('?') ? '' : '.'}`, { location: `http.${shown(name)}` });
