/** Makes the index anew of what is stored, part by part, while the server serves; a server that was stopped goes on where it was. */
import { systemViewer } from '../../access/viewer.js';
import { resourceTypes } from '../../fhir/definitions.js';
import type { Position, SearchPlan } from '../../store/plan.js';
import { find } from '../gate.js';
import { indexedAnew } from '../reindex.js';
import type { FhirRequest } from '../request.js';
import type { Context, Service } from '../service.js';
import { hasBody } from '../stream.js';
import type { IndexState } from './state.js';

export interface Indexing {
  readonly state: IndexState | undefined;
  readonly keep: (name: string, state: IndexState) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

export interface IndexWork {
  /** Under which its state is kept. */
  readonly name: string;
  /** Of what it is indexed by: another one begins anew. */
  readonly fingerprint: string;
  /** Types, and `containing(type)`. */
  readonly places: readonly string[];
  /** Told how many resources are done, and whether others were before the server was stopped. */
  readonly told: (done: number, isResumed: boolean) => void;
}

/** As whom search parameters are read and indexed. */
export const viewer = systemViewer('search-parameters');
const request: FhirRequest = { interaction: 'search-system', params: [], conditions: {}, prefer: {}, requestId: '' };
const pageSize = 200;

/** Resolves with how many resources were indexed; its state says then that it is done. */
export const indexPlaces = async (service: Service, { name, fingerprint, places, told }: IndexWork, { state, keep, signal }: Indexing): Promise<number> => {
  const left = state?.fingerprint === fingerprint && !state.done ? state : undefined;
  let done = 0;
  for (const type of left?.type === undefined ? places : places.slice(Math.max(0, places.indexOf(left.type)))) {
    let after: Position | undefined = type === left?.type ? left.after : undefined;
    do {
      signal?.throwIfAborted();
      const page = await indexPage({ service, viewer, request }, type, after);
      done += page.done;
      after = page.next;
      told(done, left !== undefined);
      await keep(name, { fingerprint, done: false, type, after });
    } while (after !== undefined);
  }
  await keep(name, { fingerprint, done: true });
  return done;
};

/** After the resources of a type come those that contain some: name of that part of the work. */
export const containing = (type: string): string => `#${type}`;

const planOf = (place: string): Omit<SearchPlan, 'count'> =>
  (place.startsWith('#') ? { types: resourceTypes, where: { op: 'contained', type: place.slice(1) } } : { types: [place] });

const indexPage = async (context: Context, place: string, after: Position | undefined): Promise<{ readonly done: number; readonly next: Position | undefined }> => {
  const { service } = context;
  const { matches, next } = await find(context, { ...planOf(place), count: pageSize, after });
  const entries = matches.filter(hasBody).map((match) => indexedAnew(service, match));
  if (entries.length > 0) await service.store.maintain({ task: 'reindex', entries });
  return { done: matches.length, next };
};

/** Resolves with how many resources of the types there are. */
export const countOf = async ({ store }: Service, types: readonly string[]): Promise<number> => {
  const { resources } = await store.statistics();
  return types.reduce((sum, type) => sum + (resources[type] ?? 0), 0);
};
