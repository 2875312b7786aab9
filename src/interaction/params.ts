/** Parameters of the URL that an interaction takes; others are refused by name unless handling is lenient. */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import type { Context } from './context.js';

/** Returns whether unknown parameters are refused for this request (https://hl7.org/fhir/R4/search.html#errors). */
export const handlingOf = ({ request, service }: Context): 'strict' | 'lenient' => request.prefer.handling ?? service.options.handling;

/** Throws `unknown-parameter` for a parameter outside of `allowed`, naming it and the one that was probably meant. */
export const checkParams = (context: Context, allowed: readonly string[]): void => {
  if (handlingOf(context) === 'lenient') return;
  for (const [name] of context.request.params) {
    if (allowed.includes(name)) continue;
    const near = nearName(name, allowed);
    const known = allowed.length === 0 ? 'it takes none' : `it takes ${allowed.join(', ')}`;
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    throw new FhirError('unknown-parameter', `"${name.slice(0, 60)}" is not a parameter of this interaction; ${known}.${hint}`, { location: `http.${name.slice(0, 60)}` });
  }
};

/** Returns the value of a parameter that may be given once; throws `invalid-parameter` when it is repeated. */
export const singleParam = (context: Context, name: string): string | undefined => {
  const values = context.request.params.filter(([key]) => key === name).map(([, value]) => value);
  if (values.length <= 1) return values[0];
  throw new FhirError('invalid-parameter', `${name} is given ${String(values.length)} times; give it once.`, { location: `http.${name}` });
};
