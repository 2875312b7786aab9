/** Reads the JSON a client sent; what is wrong with it is said by line, column and path (https://hl7.org/fhir/R4/json.html). */
import type { ErrorCode } from '../core/error-table.js';
import { FhirError } from '../core/error.js';
import { JsonTextError, type JsonReason } from '../core/json/error.js';
import { parseJson, type ParsedJson } from '../core/json/parse.js';

const codes: Readonly<Record<JsonReason, ErrorCode>> = {
  'syntax': 'malformed-json', 'duplicate-key': 'duplicate-key', 'too-deep': 'too-deep', 'forbidden-key': 'forbidden-key', 'lone-surrogate': 'malformed-json',
};

/** Returns the same error as one for the client; anything else unchanged. */
export const toJsonError = (error: unknown): unknown => {
  if (!(error instanceof JsonTextError)) return error;
  const { line, column, what, path } = error;
  const place = `line ${String(line)}, column ${String(column)}`;
  const inside = path === '' ? '' : ` (in ${path})`;
  return new FhirError(codes[error.reason], `Line ${String(line)}, column ${String(column)}${inside}: ${what}.`, { location: place, cause: error });
};

/** Returns the exact compact text and the plain value; throws `malformed-json`, `duplicate-key`, `too-deep` or `forbidden-key`. */
export const parseResourceText = (text: string, { maxDepth }: { readonly maxDepth: number }): ParsedJson => {
  try {
    return parseJson(text, { depth: maxDepth });
  } catch (error) {
    throw toJsonError(error);
  }
};
