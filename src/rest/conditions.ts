/** Headers that make a request conditional or repeatable (https://hl7.org/fhir/R4/http.html#cond). */
import type { IncomingMessage } from 'node:http';
import { FhirError } from '../core/error.js';
import type { Conditions } from '../interaction/request.js';

const none: Conditions = {};

/** Returns the conditions of a request; throws `invalid-header` for one that is given twice. */
export const conditionsOf = (req: IncomingMessage): Conditions => {
  const { headers } = req;
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  const ifModifiedSince = headers['if-modified-since'];
  const ifNoneExist = headers['if-none-exist'];
  if (ifMatch === undefined && ifNoneMatch === undefined && ifModifiedSince === undefined && ifNoneExist === undefined) return none;
  return { ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist: ifNoneExist === undefined ? undefined : onlyOne(req, 'If-None-Exist') };
};

const keyForm = /^[\x21-\x7e]{1,255}$/;

/** Returns the Idempotency-Key, a token or a quoted string; throws `invalid-header`. */
export const idempotencyKeyOf = (req: IncomingMessage): string | undefined => {
  if (req.headers['idempotency-key'] === undefined) return undefined;
  const sent = onlyOne(req, 'Idempotency-Key').trim().replace(/^"(.*)"$/, '$1');
  if (keyForm.test(sent)) return sent;
  throw new FhirError('invalid-header', 'Idempotency-Key must be 1 to 255 visible ASCII characters.', { location: 'http.Idempotency-Key' });
};

/** Returns whether the request is to be tried only; undefined when it does not say. Throws `invalid-header`: what is meant to be tried is never stored. */
export const dryRunOf = (req: IncomingMessage): boolean | undefined => {
  if (req.headers['x-dry-run'] === undefined) return undefined;
  const sent = onlyOne(req, 'X-Dry-Run').trim().toLowerCase();
  if (sent === 'true' || sent === 'false') return sent === 'true';
  throw new FhirError('invalid-header', 'X-Dry-Run must be true or false.', { location: 'http.X-Dry-Run' });
};

/** Node joins repeated fields with a comma, which criteria may hold themselves. */
const onlyOne = ({ rawHeaders }: IncomingMessage, header: string): string => {
  const name = header.toLowerCase();
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  const [value] = values;
  if (value !== undefined && values.length === 1) return value;
  throw new FhirError('invalid-header', `${header} is given ${String(values.length)} times; give it once.`, { location: `http.${header}` });
};
