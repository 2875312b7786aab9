/** Search parameters of one's own answer only when every resource is indexed by them (https://hl7.org/fhir/R4/searchparameter.html). */
import { FhirError } from '../core/error.js';
import { shown } from './param/value-text.js';
import type { SearchParameter } from './search-parameter.js';

/** Throws `parameter-pending` with how far the index is; an answer before that would leave resources out. */
export const checkUsable = ({ code, pending }: SearchParameter, name: string): void => {
  if (pending === undefined) return;
  throw new FhirError('parameter-pending', `The search parameter ${shown(code)} cannot be used yet: ${pending.progress}.`, { location: `http.${shown(name)}`, retryAfter: 5 });
};
