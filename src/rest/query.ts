/** Query strings and forms: `application/x-www-form-urlencoded` in UTF-8 (https://hl7.org/fhir/R4/search.html). */
import { FhirError } from '../core/error.js';

export type Params = readonly (readonly [name: string, value: string])[];

const none: Params = [];

/**
 * Returns the decoded parameters in the order sent; a plus is a space, empty parts are skipped.
 * Throws `malformed-request` for what is no UTF-8 and `invalid-parameter` when there are more than `most`.
 */
export const parseQuery = (text: string, most: number): Params => {
  if (text === '') return none;
  const params: [string, string][] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    if (params.length >= most) throw new FhirError('invalid-parameter', `There are more than ${String(most)} parameters.`, { location: 'http.url' });
    const equals = part.indexOf('=');
    params.push(equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]);
  }
  return params;
};

const decode = (text: string): string => {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new FhirError('malformed-request', 'A parameter has a percent sign that begins no UTF-8 encoded character; write %25 for the sign itself.', { location: 'http.url' });
  }
};
