/** The Prefer header (RFC 7240, https://hl7.org/fhir/R4/http.html#ops): what is not known in it is ignored, as it must be. */
import type { Prefer } from '../interaction/request.js';
import { splitOutsideQuotes } from './media-type.js';

const nothing: Prefer = {};
const returns = new Map([['minimal', 'minimal'], ['representation', 'representation'], ['operationoutcome', 'OperationOutcome']] as const);
const handlings = new Map([['strict', 'strict'], ['lenient', 'lenient']] as const);
const find = <K extends string, V>(map: ReadonlyMap<K, V>, text: string): V | undefined => map.get(text as K);

/** Returns the preferences honoured here; the first of each name counts. */
export const parsePrefer = (text: string | undefined): Prefer => {
  if (text === undefined) return nothing;
  const found = new Map<string, string>();
  for (const part of splitOutsideQuotes(text, ',')) {
    const [preference = ''] = splitOutsideQuotes(part, ';');
    const equals = preference.indexOf('=');
    const name = (equals < 0 ? preference : preference.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : preference.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1').toLowerCase();
    if (!found.has(name)) found.set(name, value);
  }
  const explain = ['', 'true'].includes(found.get('explain') ?? 'no') ? true : undefined;
  return { return: find(returns, found.get('return') ?? ''), handling: find(handlings, found.get('handling') ?? ''), ...(explain === undefined ? {} : { explain }) };
};
