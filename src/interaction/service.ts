/** What interactions need from the outside, given once at start. */
import type { Issue } from '../core/error.js';
import type { KeyedQueue } from '../core/keyed-queue.js';
import type { Clock } from '../core/clock.js';
import type { Ids } from '../core/id.js';
import type { Observe } from '../core/observe.js';
import type { Store } from '../store/store.js';
import type { Registry } from '../search/registry.js';

export interface InteractionOptions {
  /** Base of absolute URLs, `http://host/fhir`, no trailing slash. */
  readonly baseUrl: string;
  /** PUT to a new id creates. */
  readonly clientIds: boolean;
  /** Conditional delete of several matches deletes them all. */
  readonly conditionalDelete: 'single' | 'multiple';
  readonly referentialIntegrity: 'off' | 'warn' | 'enforce';
  /** Updates without If-Match are refused with 428. */
  readonly requireIfMatch: boolean;
  /** Handling when the request has no `Prefer: handling`. */
  readonly handling: 'strict' | 'lenient';
  readonly pageSize: number;
  readonly maxPageSize: number;
  readonly maxBundleEntries: number;
  readonly maxDepth: number;
  readonly idempotencyHours: number;
  /** Key of the MAC in page links. */
  readonly pageSecret: string;
  readonly version: string;
}

export interface Service {
  readonly store: Store;
  readonly registry: Registry;
  /** Findings of a resource about to be stored, as its plain value; an error among them refuses the write. */
  readonly validate: (resource: Readonly<Record<string, unknown>>) => readonly Issue[];
  /** Writes that contend for one resource or one condition wait here for each other instead of retrying. */
  readonly lanes: KeyedQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly observe: Observe;
  readonly options: InteractionOptions;
}
