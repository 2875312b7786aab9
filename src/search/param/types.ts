/** The search parameter types by name; composite and special ones are put together from these. */
import { dateType } from './date.js';
import { numberType } from './number.js';
import type { ParamType } from './param-type.js';
import { quantityType } from './quantity.js';
import { referenceType } from './reference.js';
import { stringType } from './string.js';
import { tokenType } from './token.js';
import { uriType } from './uri.js';

const simpleTypes: ReadonlyMap<string, ParamType> = new Map([
  ['number', numberType], ['date', dateType], ['string', stringType], ['token', tokenType],
  ['reference', referenceType], ['quantity', quantityType], ['uri', uriType],
]);

/** Returns the type; undefined for `composite` and `special`. */
export const simpleType = (name: string): ParamType | undefined => simpleTypes.get(name);
