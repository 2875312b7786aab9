/** Current resources one after the other, however many there are: for export, reindex and whatever else reads everything. */
import { makeBreather } from '../core/breathe.js';
import { resourceTypes } from '../fhir/definitions.js';
import type { Viewer } from '../access/viewer.js';
import type { Position } from '../store/plan.js';
import type { Version } from '../store/resource.js';
import { find } from './gate.js';
import type { FhirRequest } from './request.js';
import type { Service } from './service.js';

/** A current, not deleted version. */
export type CurrentVersion = Version & { readonly body: string };

/** Returns whether the version is not a delete. */
export const hasBody = (version: Version): version is CurrentVersion => version.body !== undefined;

export interface StreamOptions {
  /** Every type when absent. */
  readonly types?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

const pageSize = 200;
/** What is yielded is what a search of the whole system would find. */
const request: FhirRequest = { interaction: 'search-system', params: [], conditions: {}, prefer: {}, requestId: '' };

/**
 * Yields pages of the current resources the viewer may see, type after type, in the order first stored. What is stored while it runs
 * may or may not be among them; nothing that stays as it is is left out. Throws the reason of the signal.
 */
export async function* streamCurrent(service: Service, viewer: Viewer, { types = resourceTypes, signal }: StreamOptions = {}): AsyncGenerator<readonly CurrentVersion[], void, undefined> {
  const breathe = makeBreather();
  for (const type of types) {
    let after: Position | undefined;
    do {
      signal?.throwIfAborted();
      const { matches, next } = await find({ service, viewer, request }, { types: [type], count: pageSize, after }, { signal });
      if (matches.length > 0) yield matches.filter(hasBody);
      after = next;
      await breathe();
    } while (after !== undefined);
  }
}
