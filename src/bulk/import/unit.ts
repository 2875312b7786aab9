/** What is sent at once: a Bundle as it came, or a group of resources, in one transaction or batch. */
import type { RawEntry } from '../../interaction/request.js';

/** Where something stands in its source. */
export interface Place {
  /** Of NDJSON, from 1. */
  readonly line?: number | undefined;
  /** Of a Bundle, from 0. */
  readonly entry?: number | undefined;
}

export interface Unit {
  /** A `group` is a transaction of which the rest is stored when some of it is refused. */
  readonly kind: 'transaction' | 'batch' | 'group';
  readonly entries: readonly RawEntry[];
  /** Of each entry. */
  readonly places: readonly Place[];
  /** Characters of its resources: what it costs to have in memory. */
  readonly weight: number;
}

/** Something that cannot be sent. */
export interface Unsent {
  readonly code: 'malformed-json' | 'duplicate-key' | 'forbidden-key' | 'too-deep' | 'invalid-structure' | 'invalid-bundle' | 'wrong-resource-type';
  readonly text: string;
  readonly place: Place;
}

interface EntryRequest {
  readonly method?: unknown;
  readonly url?: unknown;
}

/** Returns method, type and name (`Type/id`) of what an entry asks for, as far as they are there. */
export const aimOf = ({ request }: RawEntry): { method: string; type: string; name: string | undefined } => {
  const { method, url } = (typeof request === 'object' && request !== null ? request : {}) as EntryRequest;
  const [path = '', query] = (typeof url === 'string' ? url : '').split('?', 2);
  const [type = '', id] = path.replace(/^\//, '').split('/');
  return { method: typeof method === 'string' ? method : '', type, name: id === undefined || query !== undefined ? undefined : `${type}/${id}` };
};

/** Returns what must not be changed beside this unit: the names it writes; undefined when they cannot be known before. */
export const claimsOf = ({ entries }: Unit): ReadonlySet<string> | undefined => {
  const names = new Set<string>();
  for (const entry of entries) {
    const { method, name } = aimOf(entry);
    if (method === 'POST') continue;
    if (name === undefined) return undefined;
    names.add(name);
  }
  return names;
};
