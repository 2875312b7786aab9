/** Whose a Binary is: `securityContext` names the resource that it is to be shown with (https://hl7.org/fhir/R4/binary.html#security). */
import { isId } from '../core/id.js';
import { isResourceType } from '../fhir/definitions.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Predicate } from '../store/plan.js';
import type { ResourceKey } from '../store/resource.js';

/** No stored entry satisfies it: a search finds none, and the gate gives the mark to one whose context is seen. */
export const seenByContext: Predicate = { op: 'token', param: '_securityContext', code: 'seen' };

/** What a Binary whose context is seen is held to have. */
export const contextMark: IndexEntry = { kind: 'token', param: '_securityContext', code: 'seen' };

/** Returns what the context names: a current resource of this server that is no Binary itself; undefined for anything else. */
export const contextOf = (value: Readonly<Record<string, unknown>>, baseUrl: string): ResourceKey | undefined => {
  const reference = (value['securityContext'] as { reference?: unknown } | null | undefined)?.reference;
  if (typeof reference !== 'string') return undefined;
  const [type = '', id = '', more] = (reference.startsWith(`${baseUrl}/`) ? reference.slice(baseUrl.length + 1) : reference).split('/');
  return more === undefined && isResourceType(type) && type !== 'Binary' && isId(id) ? { type, id } : undefined;
};
