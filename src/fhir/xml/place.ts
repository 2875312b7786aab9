/** Where something stands in an XML text, and the errors that say so. */
import type { ErrorCode } from '../../core/error-table.js';
import { FhirError } from '../../core/error.js';

/** Returns `line 3, column 7`, both from 1, columns in UTF-16 units. */
const placeOf = (text: string, offset: number): string => {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${String(line)}, column ${String(offset - before.lastIndexOf('\n'))}`;
};

export interface XmlFault {
  readonly code: ErrorCode;
  /** What is wrong, without the place. */
  readonly what: string;
  readonly offset: number;
  /** FHIRPath of the element; empty before the first. */
  readonly path: string;
}

/** Returns the error for the client. */
export const xmlError = (text: string, { code, what, offset, path }: XmlFault): FhirError => {
  const place = placeOf(text, offset);
  const inside = path === '' ? '' : ` (in ${path.slice(0, 200)})`;
  return new FhirError(code, `${place.charAt(0).toUpperCase()}${place.slice(1)}${inside}: ${what}.`, { location: place, expression: path === '' ? undefined : path.slice(0, 400) });
};
